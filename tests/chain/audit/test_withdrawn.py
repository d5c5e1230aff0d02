"""What no longer holds, and whose word that is: asked of real chains."""

import json
from pathlib import Path

import pytest

from edgeline.anchoring.interface import ROLES
from edgeline.auditing.answers import COMPROMISED, REVOKED, VALID
from edgeline.auditing.audit import Audit
from edgeline.auditing.keyline import heirs, suspect_since
from edgeline.errors import Tampered
from edgeline.merkle import build
from tests.chain.audit.conftest import (
    DATA,
    DETAIL,
    FILES,
    OTHER,
    stated,
    subjects,
)
from tests.chain.company import Company, digest_of, edgeline
from tests.chain.conftest import account


def test_an_account_has_roles_and_deeds(audit: Audit, company: Company) -> None:
    company.tell("revoke", OTHER.digest, 2, DETAIL)
    audit.index.refresh()
    found = audit.by(company.admin.address)
    assert found.roles == ("ADMIN", "ANCHORER", "COORDINATOR", "REVOKER")
    assert len(found.entries) == 8
    assert subjects(found.revoked) == [OTHER.subject]
    stranger = audit.by("0x" + 40 * "1")
    assert (stranger.roles, stranger.entries, stranger.suspect_since) == ((), (), 0)


def test_a_revocation_names_by_whom_when_and_why(audit: Audit, company: Company) -> None:
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


def test_a_leaf_is_revoked_alone_and_a_tree_with_all_its_leaves(
    audit: Audit, company: Company
) -> None:
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
    audit: Audit, company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = account(1, company.registry.node, tmp_path, monkeypatch)
    company.tell("setRoles", stranger.address, ROLES["ANCHORER"])
    leaf = bytes.fromhex(FILES[0].digest)
    tree = build([leaf])
    company.tell("anchorTree", tree.root.hex(), 1, by=stranger)
    company.tell("revokeLeaf", tree.root.hex(), 1, 0, FILES[0].digest, [], 2, 64 * "0", by=stranger)
    audit.index.refresh()
    (entry,) = audit.about(FILES[0].subject)
    assert (entry.status.word, entry.anchorer) == (VALID, company.admin.address)


def test_keys_are_suspect_as_the_contract_says(
    audit: Audit, company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = company.registry.node
    old = account(1, node, tmp_path, monkeypatch)
    company.tell("setRoles", old.address, ROLES["ANCHORER"] | ROLES["REVOKER"])
    company.tell("anchor", digest_of("before"), digest_of("b"), 1, [], by=old)
    new = account(2, node, tmp_path, monkeypatch)
    company.tell("rotateKey", new.address, by=old)
    company.tell("acceptKey", old.address, by=new)
    company.tell("anchor", digest_of("after"), digest_of("a"), 1, [], by=new)
    audit.index.refresh()
    assert audit.by(new.address).roles == ("ANCHORER", "REVOKER")
    assert audit.by(new.address).predecessor == old.address
    assert (audit.by(old.address).roles, audit.by(old.address).successor) == ((), new.address)

    record = company.registry.record(digest_of("before"))
    assert record is not None
    company.tell("markCompromised", old.address, record.time)
    audit.index.refresh()
    for key in (old.address, new.address, company.admin.address):
        assert suspect_since(audit.index, key) == company.registry.suspect_since(key)
    statuses = company.registry.statuses([digest_of("before"), digest_of("after"), DATA.digest])
    assert statuses == [3, 3, 1]
    words = [audit.about(digest_of(name))[0].status.word for name in ("before", "after")]
    assert words == [COMPROMISED, COMPROMISED]
    keys = {key.account: key for key in audit.withdrawn().keys}
    assert keys.keys() == {old.address, new.address}
    assert [entry.subject for entry in keys[new.address].entries] == [digest_of("a")]


def test_a_line_of_keys_without_end_is_a_lie(audit: Audit, company: Company) -> None:
    me, other = company.admin.address, "0x" + 40 * "1"
    for number, (old, new) in enumerate([(me, other), (other, me)]):
        values = (10**6, number, "0x", "0x", old, new, 1)
        audit.index._database.execute("INSERT INTO KeyRotated VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    with pytest.raises(Tampered, match="malformed"):
        audit.by(me)
    with pytest.raises(Tampered, match="malformed"):
        heirs(audit.index, me)


def test_a_revoked_leaf_without_its_statement_is_a_leaf(audit: Audit, company: Company) -> None:
    lone = stated("nowhere at hand", "data")
    root = build([bytes.fromhex(lone.digest)]).root.hex()
    company.tell("anchorTree", root, 1)
    company.tell("revokeLeaf", root, 1, 0, lone.digest, [], 2, 64 * "0")
    audit.index.refresh()
    (entry,) = audit.about(lone.digest)
    assert (entry.kind, entry.status.word, entry.anchorer) == ("leaf", REVOKED, "")


@pytest.mark.usefixtures("project")
def test_keys_are_shown_with_their_line_and_what_they_anchored(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = company.registry.node
    old = account(1, node, tmp_path, monkeypatch)
    company.tell("setRoles", old.address, ROLES["ANCHORER"])
    company.tell("anchor", digest_of("before"), digest_of("b"), 1, [], by=old)
    new = account(2, node, tmp_path, monkeypatch)
    company.tell("rotateKey", new.address, by=old)
    company.tell("acceptKey", old.address, by=new)
    company.tell("anchor", digest_of("after"), digest_of("a"), 1, [], by=new)
    company.tell("revoke", digest_of("before"), 2, DETAIL, by=new)
    record = company.registry.record(digest_of("before"))
    assert record is not None
    company.tell("markCompromised", old.address, record.time)
    assert f"handed on to     {new.address}" in edgeline("audit", "by", old.address)
    heir = edgeline("audit", "by", new.address)
    assert f"took over from   {old.address}" in heir
    assert "suspect since" in heir
    assert f"revoked          data {digest_of('b')} defective" in heir
    printed = edgeline("audit", "revoked")
    assert f"detail           {DETAIL}" in printed
    assert f"compromised key  {old.address}" in printed
    keys = json.loads(edgeline("audit", "revoked", "--json"))["keys"]
    assert {key["account"] for key in keys} == {old.address, new.address}
    assert "compromised" in edgeline("audit", "log")
