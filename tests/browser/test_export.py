"""A page of a real contract: anchored through the outbox on Ganache, read by the index, checked by Chromium."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from edgeline.anchoring.contract import deploy, open_contract, transact
from edgeline.anchoring.deployment import write_chain
from edgeline.anchoring.flush import flush
from edgeline.anchoring.keys import load_signer
from edgeline.anchoring.node import Node
from edgeline.anchoring.outbox import Outbox
from edgeline.auditing.audit import Audit
from edgeline.auditing.index import Index
from edgeline.auditing.page import gather_exhibits
from edgeline.cli import app
from edgeline.digest import sha256_bytes
from edgeline.errors import EnvironmentUnfit
from edgeline.provenance.statement import Statement, Subject
from tests.nodes import running_ganache

DATA_WITHDRAWN = 3


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A fresh chain in memory."""
    with running_ganache() as chain:
        yield chain.url


def stated(kind: str, name: str, parents: list[Statement], **about: Any) -> Statement:
    subject = Subject(name, sha256_bytes(f"{kind} {about}".encode()))
    return Statement((subject,), kind, tuple(one.digest for one in parents), about)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As much of a project as a chain needs."""
    root = tmp_path_factory.mktemp("project")
    (root / "recipes").mkdir()
    (root / "dvc.yaml").touch()
    return root


@pytest.fixture(scope="module")
def audit(url: str, project: Path) -> Iterator[Audit]:
    """A line of four statements, a tree of five, and one piece of data that was withdrawn."""
    folder = project / ".edgeline" / "anchoring" / "test"
    known = deploy(url, "node", name="test", locks=folder)
    write_chain(known, project / "deployments" / "test.json")
    registry = open_contract(url, known.deployment)
    who = load_signer("node", registry.node, folder)
    data = stated("data", "card.json", [], recipe="digits", revision="0" * 32)
    pretrained = stated("pretrained", "checkpoint.safetensors", [], recipe="digits")
    tuned = stated("tuned", "checkpoint.safetensors", [data, pretrained], recipe="digits")
    artifact = stated("artifact", "manifest.json", [data, tuned], recipe="digits")
    letters = stated("data", "card.json", [], recipe="letters", revision="1" * 32)
    parts = [stated("part", f"parts/{at}.onnx", [], index=at, of=5) for at in range(5)]
    with Outbox(folder / "outbox.db") as outbox:
        for statement in (data, pretrained, tuned, artifact, letters):
            outbox.add(statement)
        outbox.add_tree(parts)
        flush(outbox, registry, who)
        transact(registry, who, "revoke", letters.digest, DATA_WITHDRAWN, "00" * 32)
        with Index(None, Node(url), known.deployment) as index:
            index.refresh()
            yield Audit(index, outbox)


def test_the_page_of_a_real_contract_holds(audit: Audit, open_page: Any) -> None:
    tab = open_page(gather_exhibits(audit))
    # five alone, a tree, and the five in it
    assert "11 of 11 are as they were anchored. 1 is revoked, or made from what is." in tab.verdict
    assert tab.alarm == ""
    assert tab.search("revoked") == ["data letters 111111111111"]
    tab.page.locator("details:not([hidden]) summary").click()
    assert "revoked (data withdrawn)" in tab.page.inner_text("details[open] .fate")


def test_a_thing_is_linked_by_its_own_digest(audit: Audit, open_page: Any) -> None:
    exhibits = gather_exhibits(audit)
    artifact = next(one.entry for one in exhibits if one.entry.kind == "artifact")
    tab = open_page(exhibits, f"#{artifact.subject}")
    assert artifact.statement in tab.page.inner_text("details[open]")


def test_a_statement_in_a_tree_comes_with_its_tree(audit: Audit, open_page: Any) -> None:
    exhibits = gather_exhibits(audit)
    (members,) = (one.members for one in exhibits if one.size)
    assert len(members) == 5
    assert open_page(exhibits).check(members[3], "inclusion") == "pass"


def test_without_documents_the_chain_alone_still_gives_the_lineage(
    audit: Audit, open_page: Any, tmp_path: Path
) -> None:
    with Outbox(tmp_path / "empty.db") as nothing:
        exhibits = gather_exhibits(Audit(audit.index, nothing))
    tab = open_page(exhibits)
    # the tree's root and size can be checked without any document
    assert "1 of 6 are as they were anchored, 5 without a document to check" in tab.verdict
    assert tab.page.locator("svg.lineage a").count() == 4


def test_the_command_line_writes_the_page_and_says_its_digest(
    audit: Audit, project: Path, open_file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    command = ["audit", "export", "page.html", "--chain", "test", "--json"]
    done = CliRunner().invoke(app, command, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    facts, content = json.loads(done.stdout), (project / "page.html").read_bytes()
    assert facts["sha256"] == sha256_bytes(content)
    assert (facts["statements"], facts["bytes"]) == (10, len(content))
    assert "11 of 11 are as they were anchored." in open_file(content).verdict


def test_a_place_that_cannot_be_written_is_named(
    audit: Audit, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    with pytest.raises(EnvironmentUnfit, match=r"dvc\.yaml/page\.html"):
        CliRunner().invoke(
            app,
            ["audit", "export", "dvc.yaml/page.html", "--chain", "test"],
            catch_exceptions=False,
        )
