"""A project whose chain was reset: everything is anchored again, and no good model is called tampered for it."""

import shutil
from pathlib import Path

import pytest

from edgeline.anchoring.deployment import known_chain
from edgeline.anchoring.session import flush_workspace, open_outbox
from edgeline.artifact import Artifact
from edgeline.auditing.chain_session import open_session
from edgeline.auditing.verdict import verify_folder
from edgeline.errors import EnvironmentUnfit, NotAnchored
from edgeline.files import write_private
from edgeline.provenance.receipt import Receipt, read_receipt, receipt_path
from edgeline.workspace import LOCAL, Workspace
from tests.chain.company import Company
from tests.chain.conftest import KEYS


def test_receipts_are_renewed_where_the_chain_was_reset(
    artifact: Artifact,
    receipt: Receipt,
    company: Company,
    project: Path,
    other_url: str,
) -> None:
    workspace = Workspace(project)
    workspace.anchoring(LOCAL).parent.mkdir()
    workspace.anchoring(LOCAL).symlink_to(company.folder)
    folder = shutil.copytree(artifact.folder, workspace.artifacts / artifact.digest)
    shutil.rmtree(workspace.deployment(LOCAL).parent)

    with pytest.raises(EnvironmentUnfit, match=r"the chain was reset.*chain flush"):
        known_chain(workspace, LOCAL)
    write_private(workspace.chain_key, KEYS[0])
    said: list[str] = []
    with open_outbox(workspace, LOCAL) as outbox:
        contract, _ = flush_workspace(workspace, LOCAL, outbox, other_url, said.append)

    assert "the chain was reset: 1 receipts were renewed" in said
    renewed = read_receipt(receipt_path(folder))
    assert renewed is not None
    assert renewed.deployment == contract.deployment != receipt.deployment
    assert renewed.statement == receipt.statement
    with open_session(workspace, LOCAL, other_url) as session:
        assert verify_folder(folder, lambda: session).level == 3
    with (
        open_session(workspace, LOCAL, other_url) as session,
        pytest.raises(NotAnchored, match="chain flush"),
    ):
        verify_folder(artifact.folder, lambda: session)
