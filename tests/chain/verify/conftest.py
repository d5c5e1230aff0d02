"""A sealed artifact, and files in a tree, anchored on a real chain with their receipts."""

from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from edgeline.anchoring.deployment import Chain
from edgeline.anchoring.receipts import receipt_of
from edgeline.anchoring.subject import of_path
from edgeline.artifact import Artifact, Description, seal
from edgeline.auditing.verdict import Verdict, verify
from edgeline.datasets import card
from edgeline.digest import sha256_bytes, sha256_file
from edgeline.manifest import Ancestor, Net, TensorSpec
from edgeline.preprocess import Preprocessing
from edgeline.provenance.receipt import Receipt, read_receipt, receipt_path, write_receipt
from edgeline.provenance.statement import Statement, Subject
from tests.chain.company import Company, project_at
from tests.chain.conftest import deployed

NO_DETAIL = 64 * "0"


def digest_of(name: str) -> str:
    return sha256_bytes(name.encode())


def stated(name: str, kind: str, *parents: Statement) -> Statement:
    above = tuple(parent.digest for parent in parents)
    return Statement((Subject(name, digest_of(name)),), kind, above, {"recipe": "tiny"})


DATA = stated("data", "data")


TUNED = stated("tuned", "tuned", DATA)


@pytest.fixture
def chain(request: pytest.FixtureRequest, tmp_path: Path) -> Chain:
    """A contract on Ganache that no other test writes to; what verifies does not depend on the node."""
    return deployed(request.getfixturevalue("url"), tmp_path)


@pytest.fixture
def company(chain: Chain, tmp_path: Path) -> Iterator[Company]:
    made = Company(chain, tmp_path)
    with made.outbox:
        yield made


@pytest.fixture
def artifact(tmp_path: Path) -> Artifact:
    """A sealed artifact, from data and a net that was tuned on them."""
    staging = tmp_path / "staging"
    (staging / "golden").mkdir(parents=True)
    (staging / "model.onnx").write_bytes(b"weights")
    np.save(staging / "golden" / "inputs.npy", np.zeros((1, 2, 2), np.uint8))
    np.save(staging / "golden" / "outputs.npy", np.zeros((1, 2), np.float32))
    model = Net(
        "model.onnx",
        (TensorSpec("image", "float32", ("N", 1, 2, 2)),),
        (TensorSpec("logits", "float32", ("N", 2)),),
    )
    description = Description(
        recipe="tiny",
        classes=("no", "yes"),
        preprocessing=Preprocessing("image", (2, 2, 1), (0.5,), (0.5,)),
        model=model,
        parts=(),
        checkpoint=TUNED.subject,
        parents={"data": DATA.subject, "checkpoint": TUNED.subject},
        lineage=(
            Ancestor(DATA.subject, "data", ()),
            Ancestor(TUNED.subject, "tuned", (DATA.subject,)),
        ),
    )
    return seal(staging, description, tmp_path / "artifacts")


def statement_of(artifact: Artifact, *parents: Statement) -> Statement:
    files = (Subject(name, entry.sha256) for name, entry in artifact.manifest.files.items())
    subjects = (Subject("manifest.json", artifact.digest), *files)
    return Statement(subjects, "artifact", tuple(one.digest for one in parents), {"recipe": "tiny"})


@pytest.fixture
def receipt(artifact: Artifact, company: Company) -> Receipt:
    """The artifact is anchored with its history, and its receipt lies in the folder."""
    itself = statement_of(artifact, DATA, TUNED)
    company.anchor(DATA, TUNED, itself)
    made = receipt_of(company.outbox, company.contract, itself.digest)
    write_receipt(made, receipt_path(artifact.folder))
    return made


@pytest.fixture
def files(company: Company, tmp_path: Path) -> list[Path]:
    """Three files that were anchored by one tree, each with its receipt beside it."""
    paths = [tmp_path / "files" / f"{number}.txt" for number in range(3)]
    paths[0].parent.mkdir()
    for path in paths:
        path.write_text(path.name)
    stated = [Statement((Subject(path.name, sha256_file(path)),), "data") for path in paths]
    company.outbox.add_tree(stated)
    company.flush()
    for path, statement in zip(paths, stated, strict=True):
        made = receipt_of(company.outbox, company.contract, statement.digest)
        write_receipt(made, receipt_path(path))
    return paths


@pytest.fixture
def project(company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder is a project whose chain is the real one."""
    return project_at(tmp_path / "project", company.chain, monkeypatch)


def no_chain() -> NoReturn:
    raise AssertionError("no chain is needed for that")


def checked(company: Company, path: Path) -> Verdict:
    """What is said of a file or folder with its receipt, if there is one."""
    named = of_path(path, card.check)
    assert named.receipt is not None
    with company.session() as session:
        return verify(named, read_receipt(named.receipt), lambda: session)
