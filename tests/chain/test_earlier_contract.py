"""A workspace of the earlier contract: its outbox opens, what it made proves itself, and a new contract follows."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from edgeline.anchoring.contract import EarlierContract
from edgeline.anchoring.deployment import Chain, read_chain, write_chain
from edgeline.anchoring.interface import COMPILED
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.session import flush_workspace, open_chain, open_outbox
from edgeline.files import write_private
from edgeline.provenance.proof import check
from edgeline.provenance.receipt import EARLIER_SCHEMA, read_receipt
from edgeline.provenance.record import Deployment
from edgeline.provenance.statement import KINDS
from edgeline.workspace import LOCAL, Workspace
from tests.chain.conftest import KEYS, StartChain

GOLDEN = Path(__file__).parents[1] / "golden"


def earlier_outbox(path: Path) -> Path:
    """As the code of the earlier contract wrote it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path)
    database.executescript((GOLDEN / "outbox" / "1.sql").read_text())
    database.close()
    return path


def earlier_deployment() -> Deployment:
    receipt = read_receipt(GOLDEN / "receipts" / "artifact.receipt.json")
    assert receipt
    return receipt.deployment


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A project that anchored with the earlier contract."""
    (tmp_path / "recipes").mkdir()
    (tmp_path / "dvc.yaml").touch()
    made = Workspace(tmp_path)
    earlier_outbox(made.anchoring(LOCAL) / "outbox.db")
    chain = Chain(LOCAL, earlier_deployment(), 1, "http://127.0.0.1:1", "node", 1)
    write_chain(chain, made.deployment(LOCAL))
    return made


def test_rounds_of_the_earlier_outbox_are_statements_and_federations_are_no_entries(
    tmp_path: Path,
) -> None:
    path = earlier_outbox(tmp_path / "outbox.db")
    for _ in range(2):
        with Outbox(path) as outbox:
            entries = outbox.entries()
            assert [entry.what for entry in entries] == [*6 * ["statement"], "tree", "statement"]
            rounds = [entry for entry in entries if entry.kind == KINDS["round"]]
            assert [entry.state for entry in rounds] == ["final", "sent"]
            assert rounds[1].parents == (rounds[0].key,)
            for entry in entries[:6]:
                statement = outbox.statement(entry.key)
                assert statement
                assert (statement.subject, statement.parents) == (entry.subject, entry.parents)
            assert outbox.counts() == {
                "pending": 1,
                "sent": 1,
                "mined": 1,
                "final": 5,
                "refused": 0,
            }
            assert len(outbox.members(entries[6].key)) == 3
            assert len(outbox.revocations()) == 1


def test_receipts_and_artifacts_of_the_earlier_contract_prove_themselves(tmp_path: Path) -> None:
    receipt = read_receipt(GOLDEN / "receipts" / "artifact.receipt.json")
    assert receipt
    assert receipt.schema == EARLIER_SCHEMA
    assert check(receipt, receipt.statement.subject).level == 2
    with Outbox(earlier_outbox(tmp_path / "outbox.db")) as outbox:
        assert outbox.about(receipt.statement.subject) == [receipt.statement]
        history = outbox.history(receipt.statement.digest)
        assert history == (*receipt.lineage, receipt.statement)


def test_reading_names_the_next_command_and_writing_deploys_a_new_contract(
    url: str, chain: Chain, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The node holds a contract that its code says is an earlier one."""
    known = replace(chain, name=LOCAL, key="node")
    write_chain(known, workspace.deployment(LOCAL))
    later = {**COMPILED, "code_hash": "0x" + 64 * "1"}
    with monkeypatch.context() as patched:
        patched.setattr("edgeline.anchoring.contract.COMPILED", later)
        with pytest.raises(EarlierContract, match="earlier version; .*`edgeline run` does so"):
            open_chain(workspace, LOCAL, chain.url)


def test_everything_of_the_earlier_outbox_is_anchored_in_the_new_contract(
    start_chain: StartChain, workspace: Workspace
) -> None:
    url = start_chain(None)[1]
    write_private(workspace.chain_key, KEYS[0])
    lines: list[str] = []
    with open_outbox(workspace, LOCAL) as outbox:
        contract, report = flush_workspace(workspace, LOCAL, outbox, url, lines.append)
        keys = [entry.key for entry in outbox.entries()]
        revoked = outbox.revocations()[0][0]
    assert (report.sent, report.reopened, report.pending) == (8, 6, 0)
    assert "a new one is deployed" in lines[0]
    statuses = dict(zip(keys, contract.statuses(keys), strict=True))
    assert statuses.pop(revoked) == 2
    assert set(statuses.values()) == {1}
    assert read_chain(workspace.deployment(LOCAL)).deployment == contract.deployment
