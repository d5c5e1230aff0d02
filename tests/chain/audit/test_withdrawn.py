"""What no longer holds, and whose word that is: asked of real chains."""

import json
from pathlib import Path

import pytest

from edgeline.anchoring.interface import ROLES, SUSPECT
from edgeline.auditing.answers import ANCESTOR, COMPROMISED, REVOKED, VALID
from edgeline.merkle import build
from tests.chain.audit.conftest import (
    DATA,
    DETAIL,
    FILES,
    FIRST,
    OTHER,
    PRETRAINED,
    SECOND,
    SMALL,
    TUNED,
    Audited,
    project_of,
    stated,
    subjects,
)
from tests.chain.company import digest_of, edgeline
from tests.chain.conftest import account


def test_an_account_has_roles_and_deeds(own: Audited) -> None:
    company, audit = own.company, own.audit
    company.tell("revoke", OTHER.digest, 2, DETAIL)
    audit.index.refresh()
    found = audit.by(company.admin.address)
    assert found.roles == ("ADMIN", "ANCHORER", "REVOKER")
    assert len(found.entries) == 8
    assert subjects(found.revoked) == [OTHER.subject]
    stranger = audit.by("0x" + 40 * "1")
    assert (stranger.roles, stranger.entries, stranger.suspect_since) == ((), (), 0)


def test_a_revocation_names_by_whom_when_and_why(own: Audited) -> None:
    company, audit = own.company, own.audit
    company.tell("revoke", DATA.digest, 3, DETAIL)
    company.tell("revoke", OTHER.digest, 200, 64 * "0")
    audit.index.refresh()
    (entry,) = audit.about(DATA.subject)
    status = entry.status
    assert (status.word, status.by, status.reason) == (
        REVOKED,
        company.admin.address,
        "data withdrawn",
    )
    assert status.detail == DETAIL
    assert status.time >= entry.time
    withdrawn = audit.withdrawn()
    assert [(one.subject, one.status.reason) for one in withdrawn.entries] == [
        (DATA.subject, "data withdrawn"),
        (OTHER.subject, "reason 200"),
    ]
    assert withdrawn.entries[1].status.detail == ""


def test_a_leaf_is_revoked_alone_and_a_tree_with_all_its_leaves(own: Audited) -> None:
    company, audit = own.company, own.audit
    leaves = [bytes.fromhex(one.digest) for one in FILES]
    tree = build(leaves)
    path = [node.hex() for node in tree.path(2)]
    company.tell("revokeLeaf", tree.root.hex(), 5, 2, FILES[2].digest, path, 2, 64 * "0")
    audit.index.refresh()
    words = [audit.about(one.subject)[0].status.word for one in FILES]
    assert words == [VALID, VALID, REVOKED, VALID, VALID]
    key = company.outbox.tree_of(FILES[0].digest)
    company.tell("revoke", key, 1, 64 * "0")
    audit.index.refresh()
    reasons = [audit.about(one.subject)[0].status.reason for one in FILES]
    assert reasons == ["superseded", "superseded", "defective", "superseded", "superseded"]


def test_a_stranger_cannot_revoke_a_leaf_by_a_tree_of_their_own(
    own: Audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company, audit = own.company, own.audit
    stranger = account(1, company.contract.node, tmp_path, monkeypatch)
    company.tell("setRoles", stranger.address, ROLES["ANCHORER"])
    leaf = bytes.fromhex(FILES[0].digest)
    tree = build([leaf])
    company.tell("anchorTree", tree.root.hex(), 1, by=stranger)
    company.tell("revokeLeaf", tree.root.hex(), 1, 0, FILES[0].digest, [], 2, 64 * "0", by=stranger)
    audit.index.refresh()
    (entry,) = audit.about(FILES[0].subject)
    assert (entry.status.word, entry.anchorer) == (VALID, company.admin.address)


def test_keys_are_suspect_as_the_contract_says(
    own: Audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company, audit = own.company, own.audit
    key = account(1, company.contract.node, tmp_path, monkeypatch)
    company.tell("setRoles", key.address, ROLES["ANCHORER"] | ROLES["REVOKER"])
    company.tell("anchor", digest_of("before"), digest_of("b"), 1, [], by=key)
    audit.index.refresh()
    assert audit.by(key.address).roles == ("ANCHORER", "REVOKER")

    record = company.contract.record(digest_of("before"))
    assert record is not None
    for since in (record.time + 1, record.time, record.time - 5):
        # the date may be in the future of a chain that is quick
        company.contract.node.ask("evm_increaseTime", 2)
        company.contract.node.ask("evm_mine")
        company.tell("markCompromised", key.address, since)
        audit.index.refresh()
        declared = company.contract.key(key.address).compromised_since
        assert audit.suspect_keys()[key.address] == declared == since
        (entry,) = audit.about(digest_of("before"))
        is_suspect = company.contract.status(digest_of("before")) == SUSPECT
        assert (entry.status.word == COMPROMISED) == is_suspect == (record.time >= since)
    assert company.admin.address not in audit.suspect_keys()
    (declared_key,) = audit.withdrawn().keys
    assert declared_key.account == key.address
    assert subjects(declared_key.entries) == [digest_of("b")]


def test_who_was_a_revoker_revokes_leaves_of_others(
    own: Audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company, audit = own.company, own.audit
    key = account(1, company.contract.node, tmp_path, monkeypatch)
    company.tell("setRoles", key.address, ROLES["REVOKER"])
    tree = build([bytes.fromhex(one.digest) for one in FILES])
    path = [node.hex() for node in tree.path(0)]
    leaf = tree.root.hex(), 5, 0, FILES[0].digest, path
    company.tell("revokeLeaf", *leaf, 2, 64 * "0", by=key)
    company.tell("setRoles", key.address, 0)
    audit.index.refresh()
    assert audit.about(FILES[0].subject)[0].status.by == key.address
    assert audit.by(key.address).roles == ()


def test_what_was_made_from_something_revoked_says_so(own: Audited) -> None:
    own.company.tell("revoke", SMALL.digest, 3, DETAIL)
    own.audit.index.refresh()
    entries = own.audit.judge_ancestry(own.audit.lineage(TUNED.subject).entries)
    words = {entry.subject: entry.status.word for entry in entries}
    assert words == {
        DATA.subject: VALID,
        PRETRAINED.subject: VALID,
        TUNED.subject: VALID,
        SMALL.subject: REVOKED,
        FIRST.subject: ANCESTOR,
        SECOND.subject: ANCESTOR,
    }


def test_a_revoked_leaf_without_its_statement_is_a_leaf(own: Audited) -> None:
    company, audit = own.company, own.audit
    lone = stated("nowhere at hand", "data")
    root = build([bytes.fromhex(lone.digest)]).root.hex()
    company.tell("anchorTree", root, 1)
    company.tell("revokeLeaf", root, 1, 0, lone.digest, [], 2, 64 * "0")
    audit.index.refresh()
    (entry,) = audit.about(lone.digest)
    assert (entry.kind, entry.status.word, entry.anchorer) == ("leaf", REVOKED, "")


def test_keys_are_shown_with_what_they_anchored(
    own: Audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = own.company
    project_of(company, tmp_path, monkeypatch)
    key = account(1, company.contract.node, tmp_path, monkeypatch)
    company.tell("setRoles", key.address, ROLES["ANCHORER"])
    company.tell("anchor", digest_of("before"), digest_of("b"), 1, [], by=key)
    company.tell("revoke", digest_of("before"), 2, DETAIL, by=key)
    record = company.contract.record(digest_of("before"))
    assert record is not None
    company.tell("markCompromised", key.address, record.time)
    shown = edgeline("audit", "by", key.address)
    assert "suspect since" in shown
    assert f"revoked          data {digest_of('b')} defective" in shown
    printed = edgeline("audit", "revoked")
    assert f"detail           {DETAIL}" in printed
    assert f"compromised key  {key.address}" in printed
    keys = json.loads(edgeline("audit", "revoked", "--json"))["keys"]
    assert [one["account"] for one in keys] == [key.address]
    assert "revoked" in edgeline("audit", "log")
