"""A line of models from data to the second round, and a tree of files, on real chains.

`audit` and what goes with it is shared by the tests of a file, which only ask; whoever writes to the chain takes `own`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from edgeline.anchoring.deployment import Chain
from edgeline.anchoring.outbox import Outbox
from edgeline.auditing.audit import Audit
from edgeline.digest import sha256_bytes
from edgeline.provenance.statement import Statement, Subject
from tests.chain.company import Company, digest_of, project_at
from tests.chain.conftest import deployed

RECIPE = {"recipe": "digits"}
DETAIL = sha256_bytes(b"why")


def stated(name: str, kind: str, *parents: Statement, **about: str | int) -> Statement:
    above = tuple(parent.digest for parent in parents)
    return Statement((Subject(name, digest_of(name)),), kind, above, {**RECIPE, **about})


DATA = stated("data", "data", revision=32 * "a")
PRETRAINED = stated("pretrained", "pretrained")
TUNED = stated("tuned", "tuned", DATA, PRETRAINED)
SMALL = stated("small", "small", DATA, TUNED)
UPDATES = digest_of("updates")
FIRST = stated("round 1", "round", DATA, SMALL, number=1, clients=10, updates=UPDATES)
SECOND = stated("round 2", "round", DATA, FIRST, number=2, clients=9)
ROUNDS = [FIRST, SECOND]
OTHER = stated("other", "small", DATA)
FILES = [stated(f"file {number}", "data") for number in range(5)]


@dataclass(frozen=True)
class Audited:
    """A contract, and the questions to it."""

    company: Company
    audit: Audit


@contextmanager
def anchored(chain: Chain, folder: Path) -> Iterator[Audited]:
    """A line of models from data to the second round, and a tree of five files, in a contract of its own."""
    company = Company(deployed(chain.url, folder), folder)
    with company.outbox:
        company.anchor(DATA, PRETRAINED, TUNED, SMALL, *ROUNDS)
        company.outbox.add_tree(FILES)
        company.anchor(OTHER)
        with company.session() as session:
            yield Audited(company, session.audit())


@pytest.fixture(scope="module")
def shared(chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audited]:
    """To be asked only."""
    with anchored(chain, tmp_path_factory.mktemp("shared")) as made:
        yield made


@pytest.fixture
def company(shared: Audited) -> Company:
    return shared.company


@pytest.fixture
def audit(shared: Audited) -> Audit:
    return shared.audit


@pytest.fixture
def own(chain: Chain, tmp_path: Path) -> Iterator[Audited]:
    """The same, to be written to."""
    with anchored(chain, tmp_path) as made:
        yield made


@pytest.fixture
def nothing() -> Iterator[Outbox]:
    """No statement is at hand."""
    with Outbox(None) as empty:
        yield empty


@pytest.fixture
def project(company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder is a project whose chain is the real one, with its outbox."""
    return project_of(company, tmp_path, monkeypatch)


def project_of(company: Company, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = project_at(folder / "project", company.chain, monkeypatch)
    (root / ".edgeline" / "anchoring").mkdir()
    (root / ".edgeline" / "anchoring" / "local").symlink_to(company.folder)
    return root


def subjects(entries: object) -> list[str]:
    return [entry.subject for entry in entries]  # type: ignore[attr-defined]
