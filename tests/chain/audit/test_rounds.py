"""The rounds of a federation are read from their statements, and a fork is named."""

import json
from pathlib import Path

import pytest

from edgeline.anchoring.outbox import Outbox
from edgeline.auditing.answers import Fork
from edgeline.auditing.audit import Audit
from edgeline.auditing.federation import find_rounds
from edgeline.errors import NotAnchored
from edgeline.provenance.statement import Statement
from tests.chain.audit.conftest import (
    DATA,
    FIRST,
    SECOND,
    SMALL,
    TUNED,
    UPDATES,
    Audited,
    project_of,
    stated,
)
from tests.chain.company import edgeline

THIRD = stated("round 3", "round", DATA, SECOND, number=3, clients=8)


def anchor(own: Audited, *statements: Statement) -> Audit:
    own.company.anchor(*statements)
    own.audit.index.refresh()
    return own.audit


@pytest.mark.parametrize("asked", [FIRST.subject, FIRST.digest, SECOND.subject, SECOND.digest])
def test_any_round_leads_to_those_before_and_after(audit: Audit, asked: str) -> None:
    federation = find_rounds(audit, asked)
    first, second = federation.rounds
    assert (first.number, first.previous) == (1, SMALL.digest)
    assert (first.clients, first.updates) == (10, UPDATES)
    assert (second.number, second.previous, second.clients) == (2, FIRST.digest, 9)
    assert [first.entry.subject, second.entry.subject] == [FIRST.subject, SECOND.subject]
    assert federation.forks == ()


def test_what_is_no_round_is_refused(audit: Audit) -> None:
    with pytest.raises(NotAnchored, match="a round of a federation"):
        find_rounds(audit, TUNED.subject)
    with pytest.raises(NotAnchored, match="none up to block"):
        find_rounds(audit, 64 * "1")


def test_two_rounds_with_one_number_and_one_parent_are_a_fork(own: Audited) -> None:
    beside = stated("another round 2", "round", DATA, FIRST, number=2, clients=1)
    audit = anchor(own, beside, THIRD)
    fork = Fork(2, FIRST.digest, tuple(sorted([SECOND.digest, beside.digest])))
    for asked in (FIRST, SECOND, beside, THIRD):
        (named,) = find_rounds(audit, asked.subject).forks
        assert (named.number, named.previous) == (fork.number, fork.previous)
        assert tuple(sorted(named.rounds)) == fork.rounds
    listed = [one.entry.subject for one in find_rounds(audit, THIRD.subject).rounds]
    assert {*listed} == {one.subject for one in (FIRST, SECOND, beside, THIRD)}


def test_a_round_that_was_not_kept_says_so_and_is_no_fork(own: Audited) -> None:
    """The next run goes on from the round that was kept, with the same number."""
    abandoned = stated("a worse round 2", "round", DATA, FIRST, number=2, recipe="digits", kept=0)
    federation = find_rounds(anchor(own, abandoned), abandoned.subject)
    assert federation.forks == ()
    names = {one.entry.statement: one.entry.name for one in federation.rounds}
    assert names[abandoned.digest] == "digits 2, not kept"
    assert "not kept" not in names[FIRST.digest]


def test_the_first_round_forks_where_the_federation_began(own: Audited) -> None:
    beside = stated("another round 1", "round", DATA, SMALL, number=1)
    (fork,) = find_rounds(anchor(own, beside), SECOND.subject).forks
    assert (fork.number, fork.previous) == (1, SMALL.digest)


def test_rounds_of_other_numbers_or_parents_are_no_fork(own: Audited) -> None:
    skipped = stated("round 3 after round 1", "round", DATA, FIRST, number=3)
    base = stated("another base", "small", DATA)
    elsewhere = stated("round 1 elsewhere", "round", DATA, base, number=1)
    audit = anchor(own, skipped, base, elsewhere)
    assert find_rounds(audit, SECOND.subject).forks == ()
    assert len(find_rounds(audit, FIRST.subject).rounds) == 3
    assert [one.entry.subject for one in find_rounds(audit, elsewhere.subject).rounds] == [
        elsewhere.subject
    ]


def test_without_their_statements_rounds_are_counted_along_the_chain(
    own: Audited, nothing: Outbox
) -> None:
    anchor(own, THIRD)
    bare = Audit(own.audit.index, nothing)
    federation = find_rounds(bare, SECOND.subject)
    assert [one.number for one in federation.rounds] == [1, 2, 3]
    assert [one.clients for one in federation.rounds] == [None, None, None]
    beside = stated("another round 2", "round", DATA, FIRST, number=2)
    anchor(own, beside)
    (fork,) = find_rounds(bare, SECOND.subject).forks
    assert (fork.number, fork.previous) == (2, FIRST.digest)


def test_a_round_that_waits_in_the_outbox_is_no_fork(own: Audited) -> None:
    own.company.outbox.add(stated("another round 2", "round", DATA, FIRST, number=2))
    assert find_rounds(own.audit, SECOND.subject).forks == ()


def test_the_command_names_the_fork(
    own: Audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = stated("another round 2", "round", DATA, FIRST, number=2, clients=1)
    anchor(own, beside)
    project_of(own.company, tmp_path, monkeypatch)
    printed = edgeline("audit", "round", FIRST.subject)
    assert f"fork             2 rounds with number 2 follow {FIRST.digest}" in printed
    facts = json.loads(edgeline("audit", "round", FIRST.digest, "--json"))
    (fork,) = facts["forks"]
    assert {*fork["rounds"]} == {SECOND.digest, beside.digest}
    assert [one["number"] for one in facts["rounds"]] == [1, 2, 2]
