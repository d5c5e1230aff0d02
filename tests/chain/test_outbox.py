"""What is queued gets onto the chain once and in order: statements and trees."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from edgeline.anchoring.contract import AnchorContract, open_contract
from edgeline.anchoring.deployment import Chain
from edgeline.anchoring.flush import FlushReport, flush
from edgeline.anchoring.keys import Signer, load_signer
from edgeline.anchoring.outbox import Outbox
from edgeline.errors import EnvironmentUnfit, WorkspaceBusy
from edgeline.merkle import tree_id
from tests.chain.conftest import KEYS, Make, account

Digest = Callable[[str], str]


def test_a_statement_waits_and_then_is_on_the_chain(
    contract: AnchorContract, ours: Signer, outbox: Outbox, make: Make
) -> None:
    statement = make("model", kind="artifact")
    assert outbox.add(statement)
    assert outbox.counts() == {"pending": 1, "sent": 0, "mined": 0, "final": 0, "refused": 0}
    assert contract.record(statement.digest) is None

    assert flush(outbox, contract, ours) == FlushReport(1, 0, 1, 0, 0, ())

    record = contract.record(statement.digest)
    assert record is not None
    assert (record.anchorer, record.kind, record.flags) == (ours.address, 6, 0)
    row = outbox.entry(statement.digest)
    assert row is not None
    [mined] = contract.node.mined([str(row.transaction)])
    assert mined is not None
    assert (mined.block, mined.block_hash, mined.ok) == (row.block, row.block_hash, True)
    assert record.block == row.block


def test_queued_twice_is_sent_once(
    contract: AnchorContract, ours: Signer, outbox: Outbox, make: Make
) -> None:
    assert [outbox.add(make("model")) for _ in range(3)] == [True, False, False]
    assert flush(outbox, contract, ours).sent == 1
    assert not outbox.add(make("model"))
    count = contract.node.num_sent(ours.address, "latest")
    assert flush(outbox, contract, ours) == FlushReport(0, 0, 0, 0, 0, ())
    assert contract.node.num_sent(ours.address, "latest") == count


def test_what_is_on_the_chain_already_costs_nothing(
    contract: AnchorContract, ours: Signer, outbox: Outbox, make: Make, tmp_path: Path
) -> None:
    parent, child = make("parent"), make("child", make("parent"))
    for statement in (parent, child):
        outbox.add(statement)
    flush(outbox, contract, ours)
    count = contract.node.num_sent(ours.address, "latest")
    with Outbox(tmp_path / "another" / "outbox.db") as another:
        for statement in (child, parent):
            another.add(statement)
        assert flush(another, contract, ours) == FlushReport(0, 2, 2, 0, 0, ())
        first, second = outbox.entry(child.digest), another.entry(child.digest)
        assert first is not None
        assert second is not None
        assert (first.transaction, first.block_hash) == (second.transaction, second.block_hash)
    assert contract.node.num_sent(ours.address, "latest") == count


def test_parents_go_first_even_if_they_came_last(
    contract: AnchorContract, ours: Signer, outbox: Outbox, make: Make
) -> None:
    first = make("first")
    second = make("second", first)
    third = make("third", second, first)
    for statement in (third, second, first):
        outbox.add(statement)
    assert flush(outbox, contract, ours).sent == 3
    blocks = [
        one.block for one in map(outbox.entry, (s.digest for s in (first, second, third))) if one
    ]
    assert blocks == sorted(blocks)


def test_a_tree_is_one_record_for_all_its_statements(
    contract: AnchorContract, ours: Signer, outbox: Outbox, make: Make
) -> None:
    leaves = [make(str(number)) for number in range(5)]
    key = outbox.add_tree(leaves)
    assert outbox.add_tree(leaves) == key
    assert flush(outbox, contract, ours).sent == 1

    record = contract.record(key)
    assert record is not None
    assert record.kind == 255
    assert contract.statuses([leaf.digest for leaf in leaves]) == [0] * 5
    assert outbox.members(key) == [leaf.digest for leaf in leaves]
    proof = outbox.inclusion(key, leaves[3].digest)
    assert tree_id(bytes.fromhex(proof.root), 5).hex() == key == outbox.tree_of(leaves[3].digest)
    assert proof.index == 3


def test_a_tree_of_nothing_or_of_the_same_twice_is_refused(outbox: Outbox, make: Make) -> None:
    for wrong in ([], [make("a"), make("b"), make("a")]):
        with pytest.raises(ValueError, match="a tree with"):
            outbox.add_tree(wrong)
    assert outbox.entries() == []


@pytest.mark.parametrize("source", ["node", "env:EDGELINE_TEST_KEY"])
def test_many_statements_go_in_batches_in_their_order(
    contract: AnchorContract,
    outbox: Outbox,
    make: Make,
    tmp_path: Path,
    source: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account(0, contract.node, tmp_path, monkeypatch)
    line = [make("0")]
    for number in range(1, 120):
        line.append(make(str(number), line[-1]))
    for statement in line:
        outbox.add(statement)
    assert flush(outbox, contract, load_signer(source, contract.node, tmp_path)).sent == 120
    assert contract.statuses([statement.digest for statement in line]) == [1] * 120


def test_two_who_flush_one_outbox_take_turns(
    contract: AnchorContract, ours: Signer, outbox: Outbox, make: Make
) -> None:
    outbox.add(make("model"))
    with outbox.exclusive(), pytest.raises(WorkspaceBusy, match="found process [0-9]+"):
        flush(outbox, contract, ours)
    with ours.exclusive(), pytest.raises(WorkspaceBusy, match=f"transactions of {ours.address}"):
        flush(outbox, contract, ours)
    assert flush(outbox, contract, ours).sent == 1


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
    contract = open_contract(chain.url, chain.deployment)
    for name in names:
        with Outbox(tmp_path / name / "outbox.db") as mine:
            rows = mine.entries()
            assert {row.state for row in rows} == {"final"}
            assert contract.statuses([row.key for row in rows]) == [1] * 60


def test_gas_limits_leave_room_and_are_not_far_off(
    contract: AnchorContract, ours: Signer, outbox: Outbox, make: Make
) -> None:
    parents = [make(f"parent {number}") for number in range(40)]
    for statement in parents:
        outbox.add(statement)
    outbox.add(make("child of many", *parents))
    outbox.add_tree([make("leaf")])
    flush(outbox, contract, ours)
    for entry in outbox.entries("final"):
        receipt = contract.node.ask("eth_getTransactionReceipt", entry.transaction)
        used = int(receipt["gasUsed"], 16)
        assert 1.2 * used < entry.gas_limit < 4 * used, entry.what


def persistently(chain: Chain, outbox: Outbox) -> int:
    """Flushes as a user would: again and again; gives how many rows are left."""
    for _ in range(20):
        try:
            contract = open_contract(chain.url, chain.deployment)
            ours = load_signer("env:EDGELINE_TEST_KEY", contract.node, outbox.path.parent)
            if not flush(outbox, contract, ours, wait_s=5).pending:
                break
        except EnvironmentUnfit:
            continue
    return len(outbox.entries()) - len(outbox.entries("final"))
