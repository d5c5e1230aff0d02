"""What a person names: a file, a folder, a digest or a data revision; and the digest that stands for it.

Whatever is on disk is hashed to the last byte. What DVC calls a revision is a note in statements, so it
leads to digests only where a statement that carries it is at hand.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edgeline.artifact import open_artifact
from edgeline.digest import folder_root, sha256_file
from edgeline.errors import EdgelineError, NotAnchored, RecipeError, Tampered
from edgeline.manifest import MANIFEST, Manifest
from edgeline.provenance.receipt import RECEIPT_NAME, read_receipt, receipt_path
from edgeline.provenance.statement import Statement

CARD = "card.json"
# How the files begin, or nearly so, that make a folder an artifact or a dataset.
ARTIFACT_MARK, DATASET_MARK = b'"schema":"edgeline.artifact/', b"edgeline data card"
MAX_MARKED_BYTES = 2**20

DIGEST, REVISION = re.compile(r"(0x)?([0-9a-f]{64})"), re.compile(r"[0-9a-f]{32}")

CheckDataset = Callable[[Path], object]
"""Compares every file with the card; raises Tampered."""
OfRevision = Callable[[str], list[Statement]]


@dataclass(frozen=True)
class Named:
    """One thing, and its identity."""

    what: str
    """file, artifact, dataset, folder, version (of a model registry) or digest."""
    digest: str
    path: Path | None = None
    manifest: Manifest | None = None
    """Of an artifact, or of the one that a version was registered from."""

    @property
    def receipt(self) -> Path | None:
        """Where its receipt lies, if there is one; a digest has none."""
        return receipt_path(self.path) if self.path else None

    def __str__(self) -> str:
        return str(self.path or self.digest)


def name(text: str, of_revision: OfRevision, check_dataset: CheckDataset) -> Named:
    """What `text` stands for.

    Raises:
        RecipeError: nothing that could be named so is there.
        Tampered: an artifact or a dataset is not what its manifest or its card says.
        NotAnchored: no statement at hand carries this data revision.
    """
    path = Path(text)
    try:
        if text and path.exists():
            # `verify .` must work: it is the folder's name that an artifact is compared with
            return of_path(path.resolve(), check_dataset)
    except OSError as error:
        raise _unclear(f"{text}: {error.strerror}") from error
    if digest := DIGEST.fullmatch(text.lower()):
        return Named("digest", digest[2])
    if REVISION.fullmatch(text.lower()):
        return _of_revision(text.lower(), of_revision)
    raise _unclear(text)


def of_path(path: Path, check_dataset: CheckDataset) -> Named:
    """A file, an artifact, a dataset or any other folder."""
    if path.is_file():
        return Named("file", sha256_file(path), path)
    if not path.is_dir():
        raise _unclear(f"{path}, which is neither a file nor a folder")
    if DIGEST.fullmatch(path.name) or _is_marked(path / MANIFEST, ARTIFACT_MARK):
        artifact = open_artifact(path)
        return Named("artifact", artifact.digest, path, artifact.manifest)
    if _is_marked(path / CARD, DATASET_MARK):
        check_dataset(path)
        return Named("dataset", sha256_file(path / CARD), path)
    receipts = [one.relative_to(path).as_posix() for one in _receipts(path)]
    return Named("folder", folder_root(path, without=receipts), path)


def _receipts(folder: Path) -> Iterator[Path]:
    """The receipt of the folder, and those of files in it: not whatever has a name like theirs.

    Raises:
        Tampered: the folder's own is none.
    """
    if read_receipt(folder / RECEIPT_NAME):
        yield folder / RECEIPT_NAME
    for path in folder.rglob(f"*.{RECEIPT_NAME}"):
        file = path.with_name(path.name.removesuffix(f".{RECEIPT_NAME}"))
        with suppress(Tampered):
            if (
                file.is_file()
                and (receipt := read_receipt(path))
                and receipt.is_about(sha256_file(file))
            ):
                yield path


def _is_marked(path: Path, mark: bytes) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return mark in file.read(MAX_MARKED_BYTES)


def _of_revision(revision: str, of_revision: OfRevision) -> Named:
    subjects = sorted({statement.subject for statement in of_revision(revision)})
    if len(subjects) > 1:
        raise _unclear(f"{revision}, which stands for {' and '.join(subjects)}")
    if not subjects:
        raise NotAnchored(
            expected=f"a statement about data of revision {revision}",
            found="none at hand; DVC's name alone proves nothing",
            remedy="name the folder of the data, or the digest of its card",
        )
    return Named("digest", subjects[0])


def _unclear(found: str) -> EdgelineError:
    return RecipeError(
        expected="a file, a folder, a digest (64 hexadecimal characters), a data revision (32), "
        "models:/NAME/NUMBER or models:/NAME@ALIAS",
        found=found,
        remedy="`edgeline audit log` lists what the chain knows",
    )
