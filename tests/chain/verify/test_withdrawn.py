"""What was revoked, or came from something that was, does not hold, whoever hides it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from edgeline.anchoring.contract import open_contract
from edgeline.anchoring.events import Revoked as RevokedEvent
from edgeline.anchoring.events import topic
from edgeline.anchoring.interface import ROLES
from edgeline.anchoring.subject import Named, of_path
from edgeline.artifact import Artifact
from edgeline.auditing.chain_session import ChainSession
from edgeline.auditing.verdict import verify
from edgeline.datasets import card
from edgeline.errors import (
    Revoked,
    Tampered,
)
from edgeline.merkle import build
from edgeline.provenance.receipt import Receipt, read_receipt, receipt_path
from tests.chain.company import Company, digest_of
from tests.chain.conftest import account
from tests.chain.servers import lying
from tests.chain.verify.conftest import DATA, NO_DETAIL, checked


def test_a_revoked_artifact_names_by_whom_when_and_why(
    artifact: Artifact, receipt: Receipt, company: Company
) -> None:
    company.tell("revoke", receipt.statement.digest, 2, digest_of("report"))
    with pytest.raises(Revoked, match="it was revoked") as caught:
        checked(company, artifact.folder)
    for told in (company.admin.address, "defective", digest_of("report")):
        assert told in str(caught.value)
    assert re.search(r" at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", str(caught.value))
    receipt_path(artifact.folder).unlink()
    with pytest.raises(Revoked, match="defective"):
        checked(company, artifact.folder)


@pytest.mark.parametrize("with_receipt", [True, False])
def test_an_artifact_from_withdrawn_data_does_not_hold(
    artifact: Artifact, receipt: Receipt, company: Company, with_receipt: bool
) -> None:
    if not with_receipt:
        receipt_path(artifact.folder).unlink()
    company.tell("revoke", DATA.digest, 3, NO_DETAIL)
    with pytest.raises(Revoked, match="which it came from, was revoked") as caught:
        checked(company, artifact.folder)
    assert f"data tiny {DATA.subject}" in str(caught.value)
    assert "data withdrawn" in str(caught.value)


def test_what_a_compromised_key_anchored_does_not_hold(
    artifact: Artifact,
    receipt: Receipt,
    company: Company,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = account(1, company.contract.node, tmp_path, monkeypatch)
    company.tell("setRoles", other.address, ROLES["ADMIN"])
    company.tell("markCompromised", company.admin.address, receipt.record.time, by=other)
    with pytest.raises(Revoked, match="which is compromised since"):
        checked(company, artifact.folder)


def test_what_is_stated_anew_holds_again(
    artifact: Artifact, receipt: Receipt, company: Company
) -> None:
    receipt_path(artifact.folder).unlink()
    company.tell("revoke", receipt.statement.digest, 1, NO_DETAIL)
    anew = replace(receipt.statement, salt=32 * "b")
    company.anchor(anew)
    assert checked(company, artifact.folder).history[-1].statement == anew.digest
    # but not when the older one is found defective later
    worse = replace(receipt.statement, salt=32 * "c")
    company.anchor(worse)
    company.tell("revoke", worse.digest, 2, NO_DETAIL)
    with pytest.raises(Revoked, match="defective"):
        checked(company, artifact.folder)


def test_a_node_without_old_events_cannot_hide_a_revocation(
    artifact: Artifact, receipt: Receipt, company: Company
) -> None:
    company.tell("revoke", receipt.statement.digest, 2, NO_DETAIL)
    with lying(company.chain.url, {"eth_getLogs": []}) as address:
        hidden = Company(replace(company.chain, url=address), artifact.folder.parent)
        with hidden.outbox, pytest.raises(Revoked, match="reason unknown"):
            checked(hidden, artifact.folder)


@pytest.mark.parametrize("revoked", ["itself", "what it came from"])
def test_a_record_that_is_marked_as_revoked_counts_whatever_the_status_says(
    artifact: Artifact, receipt: Receipt, company: Company, revoked: str
) -> None:
    statement = receipt.statement if revoked == "itself" else DATA
    company.tell("revoke", statement.digest, 2, NO_DETAIL)
    lies = {"eth_call": "0x" + "1".rjust(64, "0"), "eth_getLogs": []}
    with lying(company.chain.url, lies) as address:
        hidden = Company(replace(company.chain, url=address), artifact.folder.parent)
        assert hidden.contract.status(statement.digest) == 1
        with hidden.outbox, pytest.raises(Revoked, match="was revoked"):
            checked(hidden, artifact.folder)


def test_a_revoked_tree_takes_its_files_along(files: list[Path], company: Company) -> None:
    receipt = read_receipt(receipt_path(files[0]))
    assert receipt is not None
    company.tell("revoke", receipt.record.key, 2, NO_DETAIL)
    with ChainSession(company.contract) as bare:
        with pytest.raises(Revoked, match="defective"):
            verify(of_path(files[0], card.check), receipt, lambda: bare)
        named = Named("digest", receipt.record.key)
        with pytest.raises(Revoked, match="defective"):
            verify(named, None, lambda: bare)


def leaf_revoked(company: Company, file: Path) -> Receipt:
    """The receipt of a file in a tree, after it was revoked alone."""
    receipt = read_receipt(receipt_path(file))
    assert receipt is not None
    assert receipt.inclusion is not None
    place = receipt.inclusion
    leaf = place.root, place.size, place.index, receipt.statement.digest, place.path
    company.tell("revokeLeaf", *leaf, 5, NO_DETAIL)
    return receipt


@contextmanager
def silent_about_revocations(company: Company) -> Iterator[ChainSession]:
    """The chain through a node that leaves out the one event of a revocation."""
    where = {"address": company.chain.deployment.contract, "fromBlock": "0x0"}
    logs = company.contract.node.ask("eth_getLogs", where)
    told = [log for log in logs if log["topics"][0] != topic(RevokedEvent)]
    assert len(told) == len(logs) - 1
    with lying(company.chain.url, {"eth_getLogs": told}) as address:
        registry = open_contract(address, company.chain.deployment)
        with ChainSession(registry, None, first_block=company.chain.block) as session:
            yield session


def test_a_node_cannot_hide_the_revocation_of_a_tree(files: list[Path], company: Company) -> None:
    receipt = read_receipt(receipt_path(files[0]))
    assert receipt is not None
    company.tell("revoke", receipt.record.key, 2, NO_DETAIL)
    with (
        silent_about_revocations(company) as session,
        pytest.raises(Revoked, match=f"the tree {receipt.record.key} that holds it"),
    ):
        verify(of_path(files[0], card.check), receipt, lambda: session)


def test_a_leaf_is_revoked_alone(files: list[Path], company: Company) -> None:
    leaf_revoked(company, files[0])
    with pytest.raises(Revoked, match="not allowed"):
        checked(company, files[0])
    assert checked(company, files[1]).level == 3


def test_a_node_cannot_hide_the_revocation_of_a_leaf(files: list[Path], company: Company) -> None:
    receipt = leaf_revoked(company, files[0])
    with silent_about_revocations(company) as session, pytest.raises(Revoked):
        verify(of_path(files[0], card.check), receipt, lambda: session)


def test_a_stranger_cannot_revoke_a_leaf(
    files: list[Path], company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = read_receipt(receipt_path(files[0]))
    assert receipt is not None
    stranger = account(1, company.contract.node, tmp_path, monkeypatch)
    company.tell("setRoles", stranger.address, ROLES["ANCHORER"])
    statement = receipt.statement.digest
    root = build([bytes.fromhex(statement)]).root.hex()
    company.tell("anchorTree", root, 1, by=stranger)
    company.tell("revokeLeaf", root, 1, 0, statement, [], 2, NO_DETAIL, by=stranger)
    assert company.contract.status(statement) == 2
    assert checked(company, files[0]).level == 3
    with ChainSession(company.contract) as bare:
        assert verify(of_path(files[0], card.check), receipt, lambda: bare).level == 3


def test_a_revoked_leaf_has_a_record_of_its_own(files: list[Path], company: Company) -> None:
    receipt = leaf_revoked(company, files[0])
    record = company.contract.record(receipt.statement.digest)
    assert record is not None
    alone = replace(receipt, record=record, inclusion=None, storage=None)
    named = of_path(files[0], card.check)
    with company.session() as session, pytest.raises(Revoked, match="not allowed"):
        verify(named, alone, lambda: session)
    forgotten = replace(alone, record=replace(record, flags=0x0301))
    with company.session() as session, pytest.raises(Tampered, match="flags"):
        verify(named, forgotten, lambda: session)
