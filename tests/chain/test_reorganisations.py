"""A chain that forgets, stops, strands or is another one gets everything once all the same."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edgeline.anchoring.contract import AnchorContract, open_contract, transact
from edgeline.anchoring.deployment import Chain
from edgeline.anchoring.flush import FlushReport, flush
from edgeline.anchoring.interface import ROLES
from edgeline.anchoring.keys import Signer, load_signer
from edgeline.anchoring.outbox import Outbox
from tests.chain.conftest import Make, StartChain, account, deployed


def test_a_wiped_chain_gets_everything_again(
    chain: Chain, fresh: Chain, outbox: Outbox, make: Make, tmp_path: Path
) -> None:
    line = [make("a"), make("b", make("a"))]
    for statement in line:
        outbox.add(statement)
    for place, reopened in ((chain, 0), (fresh, 2), (chain, 2)):
        contract = open_contract(place.url, place.deployment)
        report = flush(outbox, contract, load_signer("node", contract.node, tmp_path))
        assert report.reopened == reopened
        assert report.sent + report.already == report.final == 2
        assert contract.statuses([statement.digest for statement in line]) == [1, 1]


def test_another_contract_on_the_same_chain_gets_everything_again(
    chain: Chain, contract: AnchorContract, ours: Signer, outbox: Outbox, make: Make, tmp_path: Path
) -> None:
    outbox.add(make("model"))
    flush(outbox, contract, ours)
    second = deployed(chain.url, tmp_path)
    report = flush(outbox, open_contract(second.url, second.deployment), ours)
    assert (report.reopened, report.sent) == (1, 1)


@pytest.mark.parametrize("source", ["node", "env:EDGELINE_TEST_KEY"])
def test_what_a_reorganisation_took_is_anchored_again(
    fresh: Chain,
    outbox: Outbox,
    make: Make,
    tmp_path: Path,
    source: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    contract = open_contract(fresh.url, fresh.deployment)
    node = contract.node
    account(0, node, tmp_path, monkeypatch)
    ours = load_signer(source, node, tmp_path)
    kept, gone = make("kept"), [make("0"), make("1", make("0"))]
    outbox.add(kept)
    flush(outbox, contract, ours)
    before = outbox.entry(kept.digest)
    snapshot = node.ask("evm_snapshot")
    for statement in gone:
        outbox.add(statement)
    flush(outbox, contract, ours)
    node.ask("evm_revert", snapshot)
    node.ask("evm_mine")
    assert contract.statuses([one.digest for one in (kept, *gone)]) == [1, 0, 0]

    report = flush(outbox, contract, ours)
    assert (report.reopened, report.sent, report.final, report.pending) == (2, 2, 2, 0)
    assert contract.statuses([one.digest for one in (kept, *gone)]) == [1, 1, 1]
    assert outbox.entry(kept.digest) == before


def test_a_reorganisation_that_mines_our_transactions_again_needs_no_new_ones(
    start_anvil: Callable[..., str], outbox: Outbox, make: Make, tmp_path: Path
) -> None:
    made = deployed(start_anvil(), tmp_path)
    contract = open_contract(made.url, made.deployment)
    ours = load_signer("node", contract.node, tmp_path)
    for number in range(4):
        outbox.add(make(str(number)))
        flush(outbox, contract, ours)
    count = contract.node.num_sent(ours.address, "latest")
    contract.node.ask("anvil_reorg", 2, [])
    report = flush(outbox, contract, ours)
    assert (report.reopened, report.pending) == (2, 0)
    assert contract.node.num_sent(ours.address, "latest") == count
    assert contract.statuses([row.key for row in outbox.entries("final")]) == [1] * 4


def test_a_number_that_went_with_the_reorganisation_leaves_no_gap(
    fresh: Chain, outbox: Outbox, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = open_contract(fresh.url, fresh.deployment)
    node = contract.node
    ours = account(0, node, tmp_path, monkeypatch)
    snapshot = node.ask("evm_snapshot")
    transact(contract, ours, "setRoles", "0x" + 40 * "3", ROLES["ANCHORER"])
    outbox.add(make("model"))
    flush(outbox, contract, ours)
    node.ask("evm_revert", snapshot)
    # A node that waits for a number that never comes must not be waited for.
    report = flush(outbox, contract, ours, wait_s=1)
    assert (report.reopened, report.sent, report.pending) == (1, 1, 0)


@pytest.fixture
def halted(
    start_anvil: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[AnchorContract, Signer]:
    """A contract on an Anvil that makes no block until it is told to, and an account that signs here."""
    made = deployed(start_anvil(), tmp_path)
    contract = open_contract(made.url, made.deployment)
    contract.node.ask("evm_setAutomine", False)
    return contract, account(0, contract.node, tmp_path, monkeypatch)


def test_a_slow_chain_is_waited_for_only_so_long(
    halted: tuple[AnchorContract, Signer], outbox: Outbox, make: Make
) -> None:
    contract, ours = halted
    node = contract.node
    for number in range(3):
        outbox.add(make(str(number)))
    for _ in range(2):
        report = flush(outbox, contract, ours, wait_s=0.1)
        assert (report.sent, report.pending) == (0, 3)
    count = node.num_sent(ours.address, "pending")
    node.ask("evm_mine")
    assert flush(outbox, contract, ours, confirmations=3) == FlushReport(3, 0, 0, 0, 0, ())
    assert outbox.counts()["mined"] == 3
    node.ask("evm_mine")
    assert flush(outbox, contract, ours, confirmations=3).final == 0
    node.ask("evm_mine")
    assert flush(outbox, contract, ours, confirmations=3).final == 3
    assert node.num_sent(ours.address, "pending") == count


def test_a_fee_that_became_too_low_is_raised_under_the_same_number(
    halted: tuple[AnchorContract, Signer], outbox: Outbox, make: Make
) -> None:
    contract, ours = halted
    node = contract.node
    outbox.add(make("model"))
    flush(outbox, contract, ours, wait_s=0.1)
    first = outbox.entry(make("model").digest)
    assert first is not None
    node.ask("anvil_setNextBlockBaseFeePerGas", hex(50 * 10**9))
    node.ask("evm_mine")
    node.ask("evm_setAutomine", True)
    assert flush(outbox, contract, ours) == FlushReport(1, 0, 1, 0, 0, ())
    second = outbox.entry(first.key)
    assert second is not None
    assert (second.nonce, second.transaction == first.transaction) == (first.nonce, False)


def test_what_the_node_lost_is_given_to_it_again(
    halted: tuple[AnchorContract, Signer], outbox: Outbox, make: Make
) -> None:
    contract, ours = halted
    node = contract.node
    for number in range(3):
        outbox.add(make(str(number)))
    flush(outbox, contract, ours, wait_s=0.1)
    before = [row.transaction for row in outbox.entries()]
    node.ask("anvil_dropTransaction", before[0])
    node.ask("evm_setAutomine", True)
    assert flush(outbox, contract, ours) == FlushReport(3, 0, 3, 0, 0, ())
    assert [row.transaction for row in outbox.entries()] == before


def test_what_the_node_holds_and_does_not_count_is_replaced(
    start_chain: StartChain,
    outbox: Outbox,
    make: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So Anvil strands what overtakes its predecessor; Ganache with a block time never counts what waits."""
    made = deployed(start_chain(None, "--miner.blockTime=1")[1], tmp_path)
    contract = open_contract(made.url, made.deployment)
    ours = account(0, contract.node, tmp_path, monkeypatch)
    outbox.add(make("model"))
    contract.node.ask("miner_stop")
    flush(outbox, contract, ours, wait_s=0)
    first = second = outbox.entry(make("model").digest)
    assert first is not None
    while second.transaction == first.transaction:
        # On a busy machine it is over before the node was asked what it means to do.
        assert flush(outbox, contract, ours, wait_s=2) == FlushReport(0, 0, 0, 0, 1, ())
        second = outbox.entry(first.key)
    assert first.nonce == second.nonce
    contract.node.ask("miner_start")
    assert flush(outbox, contract, ours) == FlushReport(1, 0, 1, 0, 0, ())
    assert contract.status(first.key) == 1
