"""`edgeline audit`: one object or plain lines, whole digests, times in UTC, one line for every mistake."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edgeline.anchoring.deployment import Chain
from edgeline.anchoring.receipts import receipt_of
from edgeline.errors import EnvironmentUnfit, NotAnchored, RecipeError
from edgeline.provenance.receipt import receipt_path, write_receipt
from tests.chain.audit.conftest import (
    DATA,
    DETAIL,
    FILES,
    OTHER,
    PRETRAINED,
    ROUNDS,
    TUNED,
    Audited,
    anchored,
    project_of,
    stated,
)
from tests.chain.company import Company, edgeline
from tests.nodes import ROOT

COMMANDS: dict[str, tuple[str, ...]] = {
    "log": (),
    "who": (TUNED.subject,),
    "when": (f"0x{TUNED.subject.upper()}",),
    "what": (TUNED.digest,),
    "lineage": (TUNED.subject,),
    "since": ("2020-01-01",),
    "round": (ROUNDS[0].subject,),
    "revoked": (),
    "diff": (TUNED.subject, OTHER.subject),
}


@pytest.fixture(scope="module")
def revoked(chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """The same line of models on another contract, where its tuned network was revoked."""
    with anchored(chain, tmp_path_factory.mktemp("revoked")) as made:
        made.company.tell("revoke", TUNED.digest, 1, DETAIL)
        yield made.company


@pytest.mark.parametrize("command", COMMANDS)
def test_each_question_gives_one_object_or_lines_with_whole_digests(
    revoked: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    project_of(revoked, tmp_path, monkeypatch)
    answer = json.loads(edgeline("audit", command, *COMMANDS[command], "--json"))
    assert answer["contract"] == revoked.chain.deployment.contract
    assert answer["block"] == revoked.contract.node.head()
    printed = edgeline("audit", command, *COMMANDS[command])
    wanted = ROUNDS[0].subject if command == "round" else TUNED.subject
    assert wanted in printed or TUNED.digest in printed
    assert answer["block_hash"] in printed


@pytest.mark.usefixtures("project")
def test_an_account_is_asked_for_in_any_spelling(company: Company) -> None:
    account = company.admin.address
    answer = json.loads(edgeline("audit", "by", account.upper().replace("0X", "0x"), "--json"))
    assert (answer["account"], len(answer["entries"])) == (account, 8)
    assert account in edgeline("audit", "by", account)


@pytest.mark.usefixtures("project")
def test_times_are_shown_in_utc(company: Company) -> None:
    record = company.contract.record(TUNED.digest)
    assert record is not None
    shown = datetime.fromtimestamp(record.time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    (entry,) = json.loads(edgeline("audit", "when", TUNED.subject, "--json"))["entries"]
    assert entry["time"] == shown
    assert shown in edgeline("audit", "when", TUNED.subject)


@pytest.mark.usefixtures("project")
def test_a_data_revision_leads_to_its_data() -> None:
    (entry,) = json.loads(edgeline("audit", "what", 32 * "a", "--json"))["entries"]
    assert (entry["subject"], entry["kind"]) == (DATA.subject, "data")
    with pytest.raises(NotAnchored, match="revision"):
        edgeline("audit", "what", 32 * "b")


def test_a_revision_of_several_data_is_unclear(
    own: Audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_of(own.company, tmp_path, monkeypatch)
    own.company.outbox.add(stated("other data", "data", revision=32 * "a"))
    with pytest.raises(RecipeError, match="stands for"):
        edgeline("audit", "what", 32 * "a")


def test_a_file_is_named_by_its_content(project: Path) -> None:
    (project / "some file").write_text("tuned")
    (entry,) = json.loads(edgeline("audit", "who", "some file", "--json"))["entries"]
    assert entry["statement"] == TUNED.digest


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    "arguments",
    [
        ("what", "no such file"),
        ("what", 63 * "a"),
        ("by", "0x12"),
        ("since", "yesterday"),
        ("since", "99999-01-01"),
        ("round", "digits"),
    ],
)
def test_unclear_input_is_refused_in_one_line(arguments: tuple[str, ...]) -> None:
    with pytest.raises(RecipeError) as caught:
        edgeline("audit", *arguments)
    assert "\n" not in str(caught.value)


def test_only_one_direction_is_shown_where_only_one_is_asked_for(project: Path) -> None:
    def found(*options: str) -> list[str]:
        answer = json.loads(edgeline("audit", "lineage", TUNED.subject, "--json", *options))
        return [entry["subject"] for entry in answer["entries"]]

    assert len(found("--up")) == 3
    assert len(found("--down")) == 4
    assert len(found()) == len(found("--up", "--down")) == 6
    assert edgeline("audit", "lineage", TUNED.subject, "--dot").startswith("digraph")


def test_a_project_that_anchored_nothing_says_so(project: Path) -> None:
    (project / ".edgeline" / "chain" / "local.json").unlink()
    with pytest.raises(EnvironmentUnfit, match=r"the chain was reset.*chain flush"):
        edgeline("audit", "log")
    (project / ".edgeline" / "anchoring" / "local").unlink()
    with pytest.raises(NotAnchored, match="anchored nothing yet"):
        edgeline("audit", "log")
    assert not (project / ".edgeline" / "chain" / "local.json").exists()


@pytest.mark.usefixtures("project")
def test_a_chain_that_does_not_exist_is_named() -> None:
    with pytest.raises(EnvironmentUnfit, match="sepolia"):
        edgeline("audit", "log", "--chain", "sepolia")


@pytest.mark.parametrize("number", [0, 1])
def test_the_programs_in_the_documentation_run_as_they_stand(
    own: Audited, tmp_path: Path, number: int
) -> None:
    company = own.company
    text = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
    program = text.split("```python\n")[1 + number].split("```")[0]
    path = tmp_path / FILES[1].subjects[0].name
    path.write_text(path.name if number else "tuned")
    made = receipt_of(company.outbox, company.contract, FILES[1].digest)
    write_receipt(made, receipt_path(path))
    company.tell("revoke", OTHER.digest, 2, DETAIL)
    arguments = company.chain.url, company.chain.deployment.contract, str(path)
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed = done.stdout
    if number:
        assert "tree 1 leaf 0" in printed
    else:
        assert {DATA.subject, PRETRAINED.subject} <= {*printed.replace("\n", " ").split()}
        assert f"revoked {OTHER.digest}" in printed


@pytest.mark.usefixtures("project")
def test_what_is_not_there_is_said_in_words(company: Company) -> None:
    assert "nothing was revoked" in edgeline("audit", "revoked")
    same = edgeline("audit", "diff", TUNED.subject, TUNED.subject)
    assert "only in A       nothing" in same
    assert f"in tree          {company.outbox.tree_of(FILES[0].digest)}" in edgeline(
        "audit", "what", FILES[0].subject
    )
