"""Who, when, what, from what: asked of real chains."""

import pytest

from edgeline.anchoring.outbox import Outbox
from edgeline.auditing.answers import UNKNOWN, VALID
from edgeline.auditing.audit import Audit
from edgeline.auditing.entries import name_of
from edgeline.auditing.index import Index
from edgeline.cli.tables import graph
from edgeline.errors import NotAnchored, Tampered
from edgeline.provenance.statement import Statement, Subject
from tests.chain.audit.conftest import (
    DATA,
    FILES,
    OTHER,
    PRETRAINED,
    RECIPE,
    ROUNDS,
    SMALL,
    TUNED,
    Audited,
    stated,
    subjects,
)
from tests.chain.company import Company, digest_of


def test_a_subject_leads_to_who_when_and_what(audit: Audit, company: Company) -> None:
    (entry,) = audit.about(TUNED.subject)
    record = company.contract.record(TUNED.digest)
    assert record is not None
    assert entry.statement == TUNED.digest
    assert (entry.kind, entry.name, entry.about) == ("tuned", "digits", RECIPE)
    assert (entry.anchorer, entry.time, entry.block) == (
        company.admin.address,
        record.time,
        record.block,
    )
    assert entry.parents == TUNED.parents
    assert entry.status.word == VALID
    (mined,) = company.contract.node.mined([entry.transaction])
    assert mined is not None
    assert (mined.block, mined.block_hash) == (entry.block, entry.block_hash)
    assert audit.about(TUNED.digest) == [entry]


def test_what_nobody_anchored_is_not_there(audit: Audit) -> None:
    assert audit.about(digest_of("nothing")) == []
    with pytest.raises(NotAnchored, match=digest_of("nothing")):
        audit.require(digest_of("nothing"))


def test_a_statement_in_a_tree_is_known_by_its_tree(audit: Audit, company: Company) -> None:
    (entry,) = audit.about(FILES[3].subject)
    tree = company.outbox.tree_of(FILES[3].digest)
    assert (entry.tree, entry.kind, entry.status.word) == (tree, "data", VALID)
    assert entry.anchorer == company.admin.address
    (whole,) = audit.about(str(tree))
    assert (whole.kind, whole.name, whole.block) == ("tree", "5 statements", entry.block)
    assert audit.about(whole.subject) == [whole]


def test_without_documents_the_chain_alone_is_told(audit: Audit, nothing: Outbox) -> None:
    with Index(None, audit.index._node, audit.index.deployment) as index:
        index.refresh()
        bare = Audit(index, nothing)
        (entry,) = bare.about(SMALL.subject)
        assert (entry.name, entry.kind, entry.parents) == ("", "small", SMALL.parents)
        assert bare.about(FILES[0].subject) == []


def test_the_log_is_complete_and_newest_first(audit: Audit) -> None:
    log = audit.log()
    statements = [OTHER, *ROUNDS[::-1], SMALL, TUNED, PRETRAINED, DATA]
    assert [entry.statement for entry in log if entry.kind != "tree"] == [
        one.digest for one in statements
    ]
    assert [entry.kind for entry in log][1] == "tree"
    newest = log[0].time
    assert OTHER.digest in [entry.statement for entry in audit.log(since=newest)]
    assert audit.log(since=newest + 1) == []


def test_lineage_goes_to_any_depth_in_both_directions(audit: Audit) -> None:
    up = audit.lineage(ROUNDS[1].subject, down=False)
    assert {*subjects(up.entries)} == {
        one.subject for one in (DATA, PRETRAINED, TUNED, SMALL, *ROUNDS)
    }
    places = {entry.statement: place for place, entry in enumerate(up.entries)}
    assert len(up.edges) == 8
    assert all(places[parent] < places[child] for parent, child in up.edges)
    down = audit.lineage(PRETRAINED.subject, up=False)
    assert subjects(down.entries) == [one.subject for one in (PRETRAINED, TUNED, SMALL, *ROUNDS)]
    both = audit.lineage(TUNED.subject)
    assert {*subjects(both.entries)} == {*subjects(up.entries)}


def test_lineage_is_a_graph_for_graphviz(audit: Audit) -> None:
    dot = "\n".join(graph(audit.lineage(OTHER.subject)))
    assert f'"{DATA.digest}" -> "{OTHER.digest}";' in dot
    assert '[label="small digits' in dot
    assert dot.count("->") == 1


def test_a_lineage_that_a_contract_would_have_refused_is_a_lie(own: Audited) -> None:
    for pair in ((DATA, TUNED), (TUNED, DATA)):
        child, parent = (one.digest for one in pair)
        values = (10**6 + len(child), hash(pair) % 1000, "0x", "0x", parent, child)
        own.audit.index.fetch("INSERT INTO Derived VALUES (?, ?, ?, ?, ?, ?)", *values)
    with pytest.raises(Tampered, match="malformed"):
        own.audit.lineage(TUNED.subject)


def test_names_say_what_a_statement_says_of_itself() -> None:
    assert [name_of(one) for one in (DATA, TUNED, ROUNDS[1])] == [
        "digits aaaaaaaaaaaa",
        "digits",
        "digits 2",
    ]
    assert name_of(stated("part", "part", index=0, of=2)) == "digits 0 of 2"
    assert name_of(Statement((Subject("notes.txt", digest_of("n")),), "data")) == "notes.txt"


def test_without_statements_two_things_differ_by_their_histories_alone(
    audit: Audit, nothing: Outbox
) -> None:
    bare = Audit(audit.index, nothing)
    found = bare.diff(TUNED.subject, OTHER.subject)
    assert (subjects(found.parting), found.files) == ([DATA.subject], ())


def test_two_histories_part_at_their_youngest_common_ancestor(audit: Audit) -> None:
    found = audit.diff(ROUNDS[1].subject, OTHER.subject)
    assert subjects(found.common) == subjects(found.parting) == [DATA.subject]
    assert subjects(found.only_b) == [OTHER.subject]
    assert {*subjects(found.only_a)} == {one.subject for one in (PRETRAINED, TUNED, SMALL, *ROUNDS)}
    assert [one.name for one in found.files] == ["other", "round 2"]
    along = audit.diff(TUNED.subject, ROUNDS[1].subject)
    assert (along.only_a, subjects(along.parting)) == ((), [TUNED.subject])


def test_kinds_of_other_programs_are_told_by_number(own: Audited) -> None:
    company, audit = own.company, own.audit
    company.tell("anchor", digest_of("thing"), digest_of("x"), 77, [])
    audit.index.refresh()
    assert audit.about(digest_of("thing"))[0].kind == "kind 77"


def test_an_ancestor_that_nobody_anchored_is_unknown(own: Audited) -> None:
    company, audit = own.company, own.audit
    missing = stated("never anchored", "data")
    child = stated("child", "tuned", missing)
    company.outbox.add_tree([child])
    company.flush()
    audit.index.refresh()
    lineage = audit.lineage(child.subject)
    assert [entry.status.word for entry in lineage.entries] == [UNKNOWN, VALID]
    assert lineage.entries[0].statement == missing.digest
