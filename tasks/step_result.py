"""What a step leaves behind: a file or folder that is known by its content, and a typed report."""

from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from edgeline.digest import digest_of, folder_digests, sha256_file

Report = TypeVar("Report", covariant=True)


@dataclass(frozen=True)
class StepResult(Generic[Report]):
    """A file or folder, its digest, what it was made from, and the report of the step that made it.

    A step that reads no report of its input takes a `StepResult[object]`.
    """

    step: str
    path: Path
    digest: str
    parents: tuple[str, ...]
    """Digests of the results that it was made from: its lineage, one step back."""
    report: Report
    seconds: float
    reused: bool


def identity(path: Path) -> str:
    """Digest of a file, or of a folder: by its manifest or card if it has one, else by its files."""
    if path.is_file():
        return sha256_file(path)
    lists = [path / name for name in ("manifest.json", "card.json") if (path / name).is_file()]
    return sha256_file(lists[0]) if lists else digest_of(dict(folder_digests(path)))
