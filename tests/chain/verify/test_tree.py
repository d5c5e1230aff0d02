"""A whole history in one tree: anchored by one transaction, and proven to whoever has the receipt alone."""

import json
import shutil
from pathlib import Path

import pytest

from edgeline.anchoring.contract import open_contract
from edgeline.anchoring.deployment import Chain
from edgeline.artifact import Artifact
from edgeline.auditing.chain_session import ChainSession
from edgeline.auditing.verdict import verify_folder
from edgeline.errors import Revoked
from edgeline.provenance.receipt import Receipt, read_receipt, receipt_path
from tests.chain.company import Company, edgeline, project_at
from tests.chain.conftest import deployed
from tests.chain.verify.conftest import DATA, NO_DETAIL, TUNED


@pytest.fixture
def empty(company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Chain:
    """The chain of the current project, with a contract that knows nothing yet."""
    chain = deployed(company.chain.url, tmp_path / "empty")
    project_at(tmp_path / "project", chain, monkeypatch)
    return chain


def test_an_artifact_takes_its_ancestors_into_the_tree(
    artifact: Artifact, receipt: Receipt, empty: Chain, company: Company
) -> None:
    anchored = json.loads(edgeline("chain", "anchor", str(artifact.folder), "--tree", "--json"))
    assert len(anchored["anchored"]) == 1
    contract = open_contract(empty.url, empty.deployment)
    assert contract.statuses([DATA.digest, TUNED.digest, receipt.statement.digest]) == [0, 0, 0]
    made = read_receipt(receipt_path(artifact.folder))
    assert made is not None
    assert made.inclusion is not None
    assert (made.inclusion.size, made.deployment) == (3, empty.deployment)
    assert made.lineage == (DATA, TUNED)

    facts = json.loads(edgeline("verify", str(artifact.folder), "--json"))
    assert (facts["level"], facts["tree"]) == (3, made.record.key)
    told = json.loads(edgeline("audit", "lineage", artifact.digest, "--json"))
    assert [(one["kind"], one["status"]) for one in told["entries"]] == [
        *[("data", "valid"), ("tuned", "valid"), ("artifact", "valid")]
    ]


def test_a_stranger_verifies_it_by_the_receipt_alone(
    artifact: Artifact, receipt: Receipt, empty: Chain, company: Company
) -> None:
    edgeline("chain", "anchor", str(artifact.folder), "--tree")
    shutil.rmtree(".edgeline/anchoring")
    contract = open_contract(empty.url, empty.deployment)
    with ChainSession(contract) as bare:
        assert verify_folder(artifact.folder, lambda: bare).level == 3
    made = read_receipt(receipt_path(artifact.folder))
    assert made is not None
    again = Company(empty, company.folder / "again")
    with again.outbox:
        again.tell("revoke", made.record.key, 2, NO_DETAIL)
    with ChainSession(contract) as bare, pytest.raises(Revoked, match="defective"):
        verify_folder(artifact.folder, lambda: bare)
