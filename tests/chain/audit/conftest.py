"""A line of models from data to the second round, and a tree of files, on real chains."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edgeline.anchoring.deployment import Chain
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
TASK, UPDATES = digest_of("task"), digest_of("updates")
FIRST = stated("round 1", "round", DATA, SMALL, task=TASK, number=1, clients=10, updates=UPDATES)
ROUNDS = [FIRST, stated("round 2", "round", DATA, FIRST, task=TASK, number=2, clients=9)]
OTHER = stated("other", "small", DATA)
FILES = [stated(f"file {number}", "data") for number in range(5)]


@pytest.fixture
def company(chain: Chain, tmp_path: Path) -> Iterator[Company]:
    made = Company(deployed(chain.url, tmp_path), tmp_path)
    with made.outbox:
        yield made


@pytest.fixture
def audit(company: Company) -> Iterator[Audit]:
    """A line of models from data to the second round, and a tree of five files."""
    company.anchor(DATA, PRETRAINED, TUNED, SMALL)
    company.outbox.add_task(TASK, SMALL.digest, [])
    company.outbox.add_round(ROUNDS[0], TASK, 1, UPDATES, 10)
    company.outbox.add_round(ROUNDS[1], TASK, 2, digest_of("more updates"), 9)
    company.outbox.add_tree(FILES)
    company.anchor(OTHER)
    with company.live() as live:
        yield live.audit()


@pytest.fixture
def project(
    audit: Audit, company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The current folder is a project whose chain is the real one, with its outbox."""
    root = project_at(tmp_path / "project", company.chain, monkeypatch)
    (root / ".edgeline" / "anchoring").mkdir()
    (root / ".edgeline" / "anchoring" / "local").symlink_to(company.folder)
    return root


def subjects(entries: object) -> list[str]:
    return [entry.subject for entry in entries]  # type: ignore[attr-defined]
