"""Whoever dies between writing down and hearing back finds out from the chain what became of it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgeline.anchoring.contract import AnchorContract, open_contract, transact
from edgeline.anchoring.deployment import Chain
from edgeline.anchoring.flush import FlushReport, flush
from edgeline.anchoring.interface import ROLES
from edgeline.anchoring.keys import Signer, load_signer
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.sending import fees
from edgeline.anchoring.submitter import Submitter
from tests.chain.conftest import Make, account


@pytest.mark.parametrize("arrived", [False, True])
def test_a_crash_around_sending_neither_loses_nor_doubles(
    contract: AnchorContract,
    outbox: Outbox,
    make: Make,
    tmp_path: Path,
    arrived: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours = account(0, contract.node, tmp_path, monkeypatch)
    outbox.add(make("a"))
    outbox.add(make("b", make("a")))
    count = contract.node.num_sent(ours.address, "latest")
    outbox.bind(contract.deployment)
    for sent, question in prepared(outbox, contract, ours):
        outbox.save([sent])
        if arrived:
            contract.node.batch([question])
    assert outbox.counts()["sent"] == 2

    assert flush(outbox, contract, ours) == FlushReport(2, 0, 2, 0, 0, ())
    assert contract.node.num_sent(ours.address, "latest") == count + 2


def test_an_answer_that_never_came_is_found_on_the_chain(
    contract: AnchorContract, ours: Signer, outbox: Outbox, make: Make
) -> None:
    """A node that signs tells the hash afterwards; if it could not, only the contract's event knows it."""
    outbox.add(make("model"))
    outbox.bind(contract.deployment)
    [(sent, question)] = prepared(outbox, contract, ours)
    assert sent.transaction is None
    outbox.save([sent])
    [transaction] = contract.node.batch([question])
    assert flush(outbox, contract, ours) == FlushReport(1, 0, 1, 0, 0, ())
    assert outbox.entry(sent.key).transaction == transaction  # type: ignore[union-attr]


def test_the_first_transaction_of_an_account_is_not_executed_again(
    fresh: Chain, outbox: Outbox, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ganache 7.9.2 executes the same signed bytes of number 0 as often as they come."""
    contract = open_contract(fresh.url, fresh.deployment)
    admin = load_signer("node", contract.node, tmp_path)
    ours = account(1, contract.node, tmp_path, monkeypatch)
    transact(contract, admin, "setRoles", ours.address, ROLES["ANCHORER"])
    outbox.add(make("model"))
    outbox.bind(fresh.deployment)
    [(sent, question)] = prepared(outbox, contract, ours)
    assert sent.nonce == 0
    outbox.save([sent])
    contract.node.batch([question])
    for _ in range(3):
        assert flush(outbox, contract, ours).pending == 0
    assert contract.node.num_sent(ours.address, "latest") == 1


def test_a_number_that_somebody_else_used_is_replaced(
    contract: AnchorContract,
    outbox: Outbox,
    make: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours = account(0, contract.node, tmp_path, monkeypatch)
    outbox.add(make("model"))
    outbox.bind(contract.deployment)
    [(sent, _)] = prepared(outbox, contract, ours)
    outbox.save([sent])
    contract.node.ask("eth_sendTransaction", {"from": ours.address, "to": ours.address})
    assert flush(outbox, contract, ours) == FlushReport(1, 0, 1, 0, 0, ())
    assert outbox.entry(sent.key).nonce == sent.nonce + 1  # type: ignore[union-attr]


def test_another_key_takes_over_what_the_first_left_in_the_air(
    own: AnchorContract,
    ours: Signer,
    stranger: Signer,
    outbox: Outbox,
    make: Make,
) -> None:
    outbox.add(make("model"))
    outbox.bind(own.deployment)
    outbox.save(sent for sent, _ in prepared(outbox, own, ours))
    assert flush(outbox, own, stranger).sent == 1
    assert own.record(make("model").digest).anchorer == stranger.address  # type: ignore[union-attr]


def prepared(outbox: Outbox, contract: AnchorContract, signer: Signer) -> list[Any]:
    """What a flush is about to send: what it writes down, and the question to the node."""
    flight = Submitter(outbox, contract, signer, 1.0)
    first = contract.node.num_sent(signer.address, "pending")
    offer = fees(contract.node)
    return [
        flight._signed(replace(row, nonce=first + n), offer)
        for n, row in enumerate(outbox.entries("pending"))
    ]
