"""What stands in the way is said in one line, and nothing that waits is lost by it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edgeline.anchoring.contract import AnchorContract, open_contract, transact
from edgeline.anchoring.deployment import Chain
from edgeline.anchoring.flush import FlushReport, flush
from edgeline.anchoring.interface import ROLES
from edgeline.anchoring.keys import Signer, load_signer
from edgeline.anchoring.node import Node, Refused
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.sending import fees
from edgeline.errors import EnvironmentUnfit, ServiceUnavailable
from tests.chain.conftest import Make, account, deployed

Digest = Callable[[str], str]


def test_a_refused_statement_keeps_its_reason_and_what_needs_it_waits(
    contract: AnchorContract, ours: Signer, outbox: Outbox, make: Make, tmp_path: Path
) -> None:
    stranger = make("stranger")
    child = make("child", stranger)
    grandchild = make("grandchild", child)
    beside = make("beside")
    for statement in (child, grandchild, beside):
        outbox.add(statement)
    report = flush(outbox, contract, ours)
    reason = f"parent {stranger.digest} is not on the chain"
    assert (report.sent, report.pending) == (1, 2)
    assert dict(report.refused)[child.digest] == reason
    count = contract.node.num_sent(ours.address, "latest")
    assert dict(flush(outbox, contract, ours).refused)[child.digest] == reason
    assert contract.node.num_sent(ours.address, "latest") == count

    with Outbox(tmp_path / "another" / "outbox.db") as another:
        another.add(stranger)
        flush(another, contract, ours)
    assert flush(outbox, contract, ours) == FlushReport(2, 0, 2, 0, 0, ())


def test_a_child_of_something_revoked_is_refused_with_that_reason(
    contract: AnchorContract, ours: Signer, outbox: Outbox, make: Make
) -> None:
    parent = make("parent")
    outbox.add(parent)
    flush(outbox, contract, ours)
    transact(contract, ours, "revoke", parent.digest, 2, "0" * 64)
    outbox.add(make("child", parent))
    [(_, reason)] = flush(outbox, contract, ours).refused
    assert reason == f"parent {parent.digest} was revoked"


def test_a_digest_that_somebody_anchored_as_something_else_is_not_ours(
    contract: AnchorContract, ours: Signer, outbox: Outbox, make: Make
) -> None:
    statement = make("model", kind="artifact")
    transact(contract, ours, "anchor", statement.digest, statement.subject, 7, ())
    outbox.add(statement)
    [(key, reason)] = flush(outbox, contract, ours).refused
    assert key == statement.digest
    assert reason.startswith(f"already anchored, by {ours.address} at 20")
    assert reason.endswith("as something else: part")


def test_a_node_that_is_down_loses_nothing(
    fresh: Chain, outbox: Outbox, make: Make, nobody: str, tmp_path: Path
) -> None:
    contract = open_contract(fresh.url, fresh.deployment)
    ours = load_signer("node", contract.node, tmp_path)
    outbox.add(make("model"))
    contract.node.url = nobody
    for _ in range(2):
        with pytest.raises(ServiceUnavailable, match="no answer"):
            flush(outbox, contract, ours)
    assert outbox.counts()["pending"] == 1
    contract.node.url = fresh.url
    assert flush(outbox, contract, ours).sent == 1


@pytest.fixture
def poor(
    own: AnchorContract,
    ours: Signer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    digest: Digest,
) -> Signer:
    """An account that may anchor and has nothing to pay with."""
    monkeypatch.setenv("EDGELINE_POOR_KEY", digest("poor"))
    account = load_signer("env:EDGELINE_POOR_KEY", own.node, tmp_path)
    transact(own, ours, "setRoles", account.address, ROLES["ANCHORER"])
    return account


def give(node: Node, giver: Signer, to: Signer, wei: int) -> None:
    node.ask("eth_sendTransaction", {"from": giver.address, "to": to.address, "value": hex(wei)})


def test_no_funds_says_so_and_loses_nothing(
    own: AnchorContract, ours: Signer, poor: Signer, outbox: Outbox, make: Make
) -> None:
    outbox.add(make("model"))
    with pytest.raises(EnvironmentUnfit, match=f"ether on account {poor.address} .* found 0; "):
        flush(outbox, own, poor)
    assert outbox.counts()["pending"] == 1
    give(own.node, ours, poor, 10**17)
    assert flush(outbox, own, poor).sent == 1
    assert own.record(make("model").digest).anchorer == poor.address  # type: ignore[union-attr]


def test_funds_for_some_are_used_for_some(
    own: AnchorContract, ours: Signer, poor: Signer, outbox: Outbox, make: Make
) -> None:
    for number in range(10):
        outbox.add(make(str(number)))
    each = fees(own.node).price * outbox.entries()[0].gas_limit
    give(own.node, ours, poor, each)
    with pytest.raises(EnvironmentUnfit, match="expected at least .* ether"):
        flush(outbox, own, poor)
    counts = outbox.counts()
    assert counts["mined"] > 0
    assert counts["pending"] > 0
    assert counts["mined"] + counts["pending"] == 10


def test_a_missing_role_says_so_before_anything_is_paid(
    own: AnchorContract,
    outbox: Outbox,
    make: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ours: Signer,
) -> None:
    other = account(2, own.node, tmp_path, monkeypatch)
    transact(own, ours, "setRoles", other.address, ROLES["REVOKER"])
    outbox.add(make("model"))
    before = own.node.num_sent(other.address, "latest")
    with pytest.raises(
        EnvironmentUnfit,
        match="with the role ANCHORER; found REVOKER; .* `edgeline chain roles`",
    ):
        flush(outbox, own, other)
    assert own.node.num_sent(other.address, "latest") == before
    assert outbox.counts()["pending"] == 1


def test_a_compromised_key_says_so(
    own: AnchorContract,
    ours: Signer,
    stranger: Signer,
    outbox: Outbox,
    make: Make,
) -> None:
    transact(own, ours, "markCompromised", stranger.address, 1)
    outbox.add(make("model"))
    with pytest.raises(EnvironmentUnfit, match="found one that was declared compromised"):
        flush(outbox, own, stranger)
    assert outbox.counts()["pending"] == 1


def test_fees_above_the_most_that_is_paid_are_waited_out(
    contract: AnchorContract,
    ours: Signer,
    outbox: Outbox,
    make: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outbox.add(make("model"))
    with monkeypatch.context() as patched:
        patched.setattr("edgeline.anchoring.sending.MAX_PRICE", 1)
        with pytest.raises(EnvironmentUnfit, match=r"gas for at most 1e-09 gwei; found .* gwei"):
            flush(outbox, contract, ours)
    assert flush(outbox, contract, ours).sent == 1


def test_one_statement_that_the_node_does_not_take_does_not_hold_up_the_others(
    start_anvil: Callable[..., str],
    outbox: Outbox,
    make: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = deployed(start_anvil("--gas-limit", "5000000"), tmp_path)
    contract = open_contract(made.url, made.deployment)
    ours = account(0, contract.node, tmp_path, monkeypatch)
    parents = [make(f"parent {number}") for number in range(450)]
    outbox.add(make("before"))
    # 12,000 of gas for each parent: more than a block holds.
    outbox.add(make("too much", *parents))
    outbox.add(make("after"))
    report = flush(outbox, contract, ours)
    assert (report.sent, report.pending) == (2, 1)
    [(key, reason)] = report.refused
    assert key == make("too much", *parents).digest
    assert reason.startswith("a refusal")
    # Alone it is the node's word against ours, and the others still go first.
    monkeypatch.setattr(contract, "refusal", lambda *_: None)
    outbox.add(make("later"))
    with pytest.raises(Refused, match="eth_sendRawTransaction"):
        flush(outbox, contract, ours)
    assert outbox.counts() == {"pending": 1, "sent": 0, "mined": 1, "final": 2, "refused": 1}


def test_too_little_gas_is_a_reason_and_is_tried_again(
    contract: AnchorContract,
    ours: Signer,
    outbox: Outbox,
    make: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outbox.add(make("model"))
    with monkeypatch.context() as patched:
        patched.setattr("edgeline.anchoring.outbox_entry.BASE_GAS", 30_000)
        [(_, reason)] = flush(outbox, contract, ours).refused
    assert reason.endswith("failed: out of gas?")
    assert flush(outbox, contract, ours).sent == 1
