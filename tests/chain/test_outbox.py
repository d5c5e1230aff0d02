"""What is queued gets onto the chain once and in order: statements, trees, tasks, rounds."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from edgeline.anchoring.contract import AnchorContract, open_contract, transact
from edgeline.anchoring.deployment import Chain
from edgeline.anchoring.encoding import gas_limit
from edgeline.anchoring.flush import FlushReport, flush
from edgeline.anchoring.interface import ROLES
from edgeline.anchoring.keys import Signer, load_signer
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.sending import transaction_count
from edgeline.errors import EnvironmentUnfit, WorkspaceBusy
from edgeline.merkle import tree_id
from tests.chain.conftest import KEYS, Make, account

Digest = Callable[[str], str]


def test_a_statement_waits_and_then_is_on_the_chain(
    there: AnchorContract, ours: Signer, outbox: Outbox, make: Make
) -> None:
    statement = make("model", kind="artifact")
    assert outbox.add(statement)
    assert outbox.counts() == {"pending": 1, "sent": 0, "mined": 0, "final": 0, "refused": 0}
    assert there.record(statement.digest) is None

    assert flush(outbox, there, ours) == FlushReport(1, 0, 1, 0, 0, ())

    record = there.record(statement.digest)
    assert record is not None
    assert (record.anchorer, record.kind, record.flags) == (ours.address, 6, 0)
    row = outbox.entry(statement.digest)
    assert row is not None
    [mined] = there.node.mined([str(row.transaction)])
    assert mined is not None
    assert (mined.block, mined.block_hash, mined.ok) == (row.block, row.block_hash, True)
    assert record.block == row.block


def test_queued_twice_is_sent_once(
    there: AnchorContract, ours: Signer, outbox: Outbox, make: Make
) -> None:
    assert [outbox.add(make("model")) for _ in range(3)] == [True, False, False]
    assert flush(outbox, there, ours).sent == 1
    assert not outbox.add(make("model"))
    count = transaction_count(there.node, ours.address, "latest")
    assert flush(outbox, there, ours) == FlushReport(0, 0, 0, 0, 0, ())
    assert transaction_count(there.node, ours.address, "latest") == count


def test_what_is_on_the_chain_already_costs_nothing(
    there: AnchorContract, ours: Signer, outbox: Outbox, make: Make, tmp_path: Path
) -> None:
    parent, child = make("parent"), make("child", make("parent"))
    for statement in (parent, child):
        outbox.add(statement)
    flush(outbox, there, ours)
    count = transaction_count(there.node, ours.address, "latest")
    with Outbox(tmp_path / "another" / "outbox.db") as another:
        for statement in (child, parent):
            another.add(statement)
        assert flush(another, there, ours) == FlushReport(0, 2, 2, 0, 0, ())
        first, second = outbox.entry(child.digest), another.entry(child.digest)
        assert first is not None
        assert second is not None
        assert (first.transaction, first.block_hash) == (second.transaction, second.block_hash)
    assert transaction_count(there.node, ours.address, "latest") == count


def test_parents_go_first_even_if_they_came_last(
    there: AnchorContract, ours: Signer, outbox: Outbox, make: Make
) -> None:
    first = make("first")
    second = make("second", first)
    third = make("third", second, first)
    for statement in (third, second, first):
        outbox.add(statement)
    assert flush(outbox, there, ours).sent == 3
    blocks = [
        one.block for one in map(outbox.entry, (s.digest for s in (first, second, third))) if one
    ]
    assert blocks == sorted(blocks)


def test_a_tree_is_one_record_for_all_its_statements(
    there: AnchorContract, ours: Signer, outbox: Outbox, make: Make
) -> None:
    leaves = [make(str(number)) for number in range(5)]
    key = outbox.add_tree(leaves)
    assert outbox.add_tree(leaves) == key
    assert flush(outbox, there, ours).sent == 1

    record = there.record(key)
    assert record is not None
    assert record.kind == 255
    assert there.statuses([leaf.digest for leaf in leaves]) == [0] * 5
    assert outbox.members(key) == [leaf.digest for leaf in leaves]
    proof = outbox.inclusion(key, leaves[3].digest)
    assert tree_id(bytes.fromhex(proof.root), 5).hex() == key == outbox.tree_of(leaves[3].digest)
    assert proof.index == 3


def test_a_tree_of_nothing_or_of_the_same_twice_is_refused(outbox: Outbox, make: Make) -> None:
    for wrong in ([], [make("a"), make("b"), make("a")]):
        with pytest.raises(ValueError, match="a tree with"):
            outbox.add_tree(wrong)
    assert outbox.entries() == []


def test_rounds_of_a_task_close_one_after_the_other(
    there: AnchorContract, ours: Signer, outbox: Outbox, make: Make, digest: Digest
) -> None:
    base, task = make("base"), digest("task")
    first = make("1", base, kind="round")
    second = make("2", first, kind="round")
    outbox.add_round(second, task, 2, digest("updates 2"), 7)
    outbox.add_round(first, task, 1, digest("updates 1"), 9)
    outbox.add_task(task, base.digest, [])
    outbox.add(base)
    assert flush(outbox, there, ours).sent == 4

    found = there.task(task)
    assert found is not None
    assert (found.head, found.rounds, found.quorum) == (second.digest, 2, 1)
    assert there.coordinators(task) == (ours.address,)
    assert not outbox.add_round(first, task, 1, digest("updates 1"), 9)
    with pytest.raises(ValueError, match="something else than this round"):
        outbox.add_round(first, task, 3, digest("updates 1"), 9)


def test_a_round_waits_for_the_approval_of_enough_coordinators(
    there: AnchorContract,
    ours: Signer,
    outbox: Outbox,
    make: Make,
    digest: Digest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = account(1, there.node, tmp_path, monkeypatch)
    transact(there, ours, "setRoles", other.address, ROLES["COORDINATOR"])
    base, task = make("base"), digest("task")
    made = make("1", base, kind="round")
    outbox.add(base)
    outbox.add_task(task, base.digest, [ours.address, other.address], quorum=2)
    outbox.add_round(made, task, 1, digest("updates"), 9)
    report = flush(outbox, there, ours)
    assert (report.sent, report.pending) == (2, 1)
    assert report.refused == ((made.digest, "approved; it closes when enough coordinators have"),)
    count = transaction_count(there.node, ours.address, "latest")
    assert "approved this already" in flush(outbox, there, ours).refused[0][1]
    assert transaction_count(there.node, ours.address, "latest") == count

    with Outbox(tmp_path / "others" / "outbox.db") as others:
        others.add_round(made, task, 1, digest("updates"), 9)
        assert flush(others, there, other).sent == 1
    assert flush(outbox, there, ours) == FlushReport(0, 1, 1, 0, 0, ())


@pytest.mark.parametrize("source", ["node", "env:EDGELINE_TEST_KEY"])
def test_many_statements_go_in_batches_in_their_order(
    there: AnchorContract,
    outbox: Outbox,
    make: Make,
    tmp_path: Path,
    source: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account(0, there.node, tmp_path, monkeypatch)
    line = [make("0")]
    for number in range(1, 120):
        line.append(make(str(number), line[-1]))
    for statement in line:
        outbox.add(statement)
    assert flush(outbox, there, load_signer(source, there.node, tmp_path)).sent == 120
    assert there.statuses([statement.digest for statement in line]) == [1] * 120


def test_two_who_flush_of_one_outbox_take_turns(
    there: AnchorContract, ours: Signer, outbox: Outbox, make: Make
) -> None:
    outbox.add(make("model"))
    with outbox.exclusive(), pytest.raises(WorkspaceBusy, match="found process [0-9]+"):
        flush(outbox, there, ours)
    with ours.exclusive(), pytest.raises(WorkspaceBusy, match=f"transactions of {ours.address}"):
        flush(outbox, there, ours)
    assert flush(outbox, there, ours).sent == 1


def test_two_outboxes_with_one_account_lose_and_double_nothing(
    chain: Chain, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two checkouts on one machine: no lock is between them, only the chain."""
    monkeypatch.setenv("EDGELINE_TEST_KEY", KEYS[0])
    names = ("one", "two")
    left: dict[str, int] = {}

    def work(name: str) -> None:
        with Outbox(tmp_path / name / "outbox.db") as mine:
            for number in range(30):
                mine.add(make(f"{name} {number}"))
                mine.add(make(f"both {number}"))
            left[name] = persistently(chain, mine)

    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert left == {"one": 0, "two": 0}
    registry = open_contract(chain.url, chain.deployment)
    for name in names:
        with Outbox(tmp_path / name / "outbox.db") as mine:
            rows = mine.entries()
            assert {row.state for row in rows} == {"final"}
            assert registry.statuses([row.key for row in rows]) == [1] * 60


def test_gas_limits_leave_room_and_are_not_far_off(
    there: AnchorContract,
    ours: Signer,
    outbox: Outbox,
    make: Make,
    digest: Digest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = account(1, there.node, tmp_path, monkeypatch)
    transact(there, ours, "setRoles", other.address, 6)
    parents = [make(f"parent {number}") for number in range(40)]
    round_1 = make("round", parents[0], kind="round")
    for statement in parents:
        outbox.add(statement)
    outbox.add(make("child of many", *parents))
    outbox.add_tree([make("leaf")])
    outbox.add_task(digest("lone"), parents[0].digest, [])
    outbox.add_task(digest("task"), parents[0].digest, [ours.address, other.address], quorum=2)
    outbox.add_round(round_1, digest("lone"), 1, digest("updates"), 3)
    flush(outbox, there, ours)
    for row in outbox.entries("final"):
        used = int(there.node.ask("eth_getTransactionReceipt", row.transaction)["gasUsed"], 16)
        seats = {"tree": 0, "statement": 0, "round": 1, "task": 1}[row.what]
        if row.key == digest("task"):
            seats = 2
        assert 1.2 * used < gas_limit(row, seats) < 4 * used, row.what


def persistently(chain: Chain, outbox: Outbox) -> int:
    """Drains as a user would: again and again; gives how many rows are left."""
    for _ in range(20):
        try:
            registry = open_contract(chain.url, chain.deployment)
            ours = load_signer("env:EDGELINE_TEST_KEY", registry.node, outbox.path.parent)
            if not flush(outbox, registry, ours, wait_s=5).pending:
                break
        except EnvironmentUnfit:
            continue
    return len(outbox.entries()) - len(outbox.entries("final"))
