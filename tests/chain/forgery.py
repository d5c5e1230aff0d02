"""What tampering is made of: the golden files, and what is done to them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edgeline.errors import EdgelineError
from edgeline.provenance.receipt import read_receipt

GOLDEN = Path(__file__).parents[1] / "golden"
RECEIPTS = {"2": GOLDEN / "receipts", "3": GOLDEN / "receipts" / "3"}
TAMPERED, REVOKED = 4, 7


@dataclass(frozen=True)
class Forgery:
    """What is done to a golden thing, and the exit code with which it must end."""

    name: str
    exit_code: int
    apply: Callable[[Path], object]
    """On the folder of the artifact, or the file of the receipt."""
    receipt: str = ""
    """Of a receipt: schema and name, such as 3/leaf."""

    def __str__(self) -> str:
        return f"{self.receipt} {self.name}".strip()


def golden_artifact() -> Path:
    receipt = read_receipt(RECEIPTS["2"] / "artifact.receipt.json")
    assert receipt
    return GOLDEN / "artifacts" / receipt.statement.subject


def flipped(bit: int) -> Callable[[Path], object]:
    def apply(path: Path) -> object:
        data = bytearray(path.read_bytes())
        data[bit // 8 % len(data)] ^= 1 << bit % 8
        return path.write_bytes(data)

    return apply


def exit_code_of(check: Callable[[], object]) -> int:
    try:
        check()
    except EdgelineError as error:
        return error.exit_code
    return 0
