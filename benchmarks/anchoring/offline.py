"""What verifying a large file takes beyond reading it: a receipt with its storage proof, no network.

python -m benchmarks.anchoring.offline
"""

import hashlib
import json
import os
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.anchoring.ganache import ENOUGH_GAS, Chain, anchor_many, digest, new_chain
from benchmarks.anchoring.goals import Spent, at_most, middle, spent, told
from edgeline.anchoring.flush import flush
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.receipts import receipt_of
from edgeline.anchoring.subject import Named
from edgeline.auditing.verdict import verify_offline
from edgeline.digest import sha256_file
from edgeline.provenance.receipt import Receipt, read_receipt, receipt_path, write_receipt
from edgeline.provenance.statement import Statement, Subject

MIB = 2**20
SIZE = 128 * MIB
REPEATS = 31
NUM_ROUNDS = 12
NUM_OTHERS = 1_000
"""Other records of the contract: they make the proof as deep as it is in use."""


def measure() -> dict[str, object]:
    """Pairs of hashing and verifying one after the other, the file in the page cache; medians."""
    told(f"offline: a file of {SIZE // MIB} MiB")
    with TemporaryDirectory() as folder:
        file = Path(folder) / "model.bin"
        _write(file)
        receipt = _anchored(file)
        # From here on no node runs.
        pairs = [_pair(file, verify_first=bool(n % 2)) for n in range(REPEATS)]
        found = receipt.statement.subject
        check = middle([1000 * spent(_check, file, found).wall for _ in range(REPEATS)])
        size = receipt_path(file).stat().st_size
    return {
        "goals": [
            at_most("verify offline / hash alone, wall", _ratio(pairs, "wall"), 1.1),
            at_most("verify offline / hash alone, CPU", _ratio(pairs, "cpu"), 1.1),
            at_most("verify offline, all but the hashing, ms", check, 5),
        ],
        "figures": {
            "file, MiB": SIZE // MIB,
            "receipt, bytes": size,
            "statements in its lineage": len(receipt.lineage),
            "hash, wall ms": middle([1000 * alone.wall for alone, _ in pairs]),
            "verify, wall ms": middle([1000 * whole.wall for _, whole in pairs]),
            "verify - hash, wall ms": _difference_ms(pairs, "wall"),
            "verify - hash, CPU ms": _difference_ms(pairs, "cpu"),
        },
    }


def _pair(file: Path, *, verify_first: bool) -> tuple[Spent, Spent]:
    """Hashing alone, and verifying; whichever comes second finds the memory warmer."""
    if verify_first:
        whole = spent(_verify, file)
        return spent(_hash, file), whole
    return spent(_hash, file), spent(_verify, file)


def _hash(file: Path) -> str:
    """As plainly as the standard library does it: this project's own way is in what is measured."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _verify(file: Path) -> None:
    _check(file, sha256_file(file))


def _check(file: Path, found: str) -> None:
    """What `edgeline verify --offline` does once it knows the file's digest."""
    verdict = verify_offline(Named("file", found, file), read_receipt(receipt_path(file)))
    assert verdict.level == 2, verdict


def _write(file: Path) -> None:
    with file.open("wb") as content:
        for _ in range(SIZE // MIB):
            content.write(os.urandom(MIB))


def _anchored(file: Path) -> Receipt:
    """The file's receipt, beside it: its history is that of a model after some rounds."""
    limit = f"--miner.blockGasLimit={hex(ENOUGH_GAS)}"
    with new_chain(limit) as chain, Outbox(chain.folder / "outbox.db") as outbox:
        others = [digest("other", n) for n in range(NUM_OTHERS)]
        for start in range(0, NUM_OTHERS, 250):
            anchor_many(chain, [(one, one) for one in others[start : start + 250]], 1)
        line = _line(file)
        outbox.add(*line)
        return _receipt(chain, outbox, line[-1], file)


def _receipt(chain: Chain, outbox: Outbox, youngest: Statement, file: Path) -> Receipt:
    done = flush(outbox, chain.ours, chain.signer)
    assert done.pending == 0, done
    receipt = receipt_of(outbox, chain.ours, youngest.digest)
    write_receipt(receipt, receipt_path(file))
    return receipt


def _line(file: Path) -> list[Statement]:
    """Data, a pretrained and a tuned model, the rounds, and the file: each made from the one before."""
    kinds = ["data", "pretrained", "tuned", *["round"] * NUM_ROUNDS, "artifact"]
    line: list[Statement] = []
    for place, kind in enumerate(kinds):
        is_file = kind == "artifact"
        sha256 = _hash(file) if is_file else digest(place).hex()
        subject = Subject(file.name if is_file else f"{kind}.bin", sha256)
        parents = (line[-1].digest,) if line else ()
        line.append(Statement((subject,), kind, parents, {"recipe": "digits", "place": place}))
    return line


def _ratio(pairs: list[tuple[Spent, Spent]], clock: str) -> float:
    return round(median(getattr(b, clock) / getattr(a, clock) for a, b in pairs), 3)


def _difference_ms(pairs: list[tuple[Spent, Spent]], clock: str) -> float:
    return round(1000 * median(getattr(b, clock) - getattr(a, clock) for a, b in pairs), 2)


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))
