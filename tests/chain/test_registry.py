"""Statements on a real chain: the first writer wins, and every interruption can be repeated."""

import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgeline.anchoring.registry import ANCHOR, Registry, connect, deploy
from edgeline.errors import NotAnchored, Tampered
from edgeline.receipt import Deployment, Statement, parse_receipt, read_receipt, write_receipt

Digest = Callable[[str], str]
StartChain = Callable[..., tuple[subprocess.Popen[bytes], str]]


def test_anchoring_gives_the_chains_own_receipt(registry: Registry, digest: Digest) -> None:
    statement = Statement(digest("model"), "artifact")
    receipt, already = registry.anchor(statement)

    assert not already
    assert receipt.statement == statement
    assert receipt.deployment == registry.deployment
    assert receipt == registry.receipt_of(statement.digest)
    mined = registry.node.ask("eth_getTransactionReceipt", receipt.transaction)
    assert mined["status"] == "0x1"
    assert (mined["blockHash"], mined["from"]) == (receipt.block_hash, receipt.anchorer)
    block = registry.node.ask("eth_getBlockByHash", receipt.block_hash, False)
    assert (int(block["number"], 16), int(block["timestamp"], 16)) == (receipt.block, receipt.time)


def test_an_identical_statement_is_already_anchored(registry: Registry, digest: Digest) -> None:
    registry.anchor(Statement(digest("data"), "data"))
    first, already = registry.anchor(Statement(digest("net"), "tuned", (digest("data"),)))
    height = registry.node.ask("eth_blockNumber")
    again, already_again = registry.anchor(Statement(digest("net"), "tuned", (digest("data"),)))

    assert (already, already_again) == (False, True)
    assert again == first
    assert registry.node.ask("eth_blockNumber") == height


@pytest.mark.parametrize("change", [{"kind": "small"}, {"parents": ()}])
def test_another_history_of_a_digest_is_tampering(
    registry: Registry, digest: Digest, change: dict[str, Any]
) -> None:
    statement = Statement(digest("net"), "tuned", (digest("data"),))
    registry.anchor_line([Statement(digest("data"), "data"), statement])
    with pytest.raises(Tampered, match=digest("net")):
        registry.anchor(replace(statement, **change))


def test_parents_must_be_anchored_before_children(registry: Registry, digest: Digest) -> None:
    with pytest.raises(NotAnchored, match=digest("data")):
        registry.anchor(Statement(digest("net"), "tuned", (digest("data"),)))
    assert registry.receipt_of(digest("net")) is None


def test_a_statement_that_no_receipt_holds_is_refused(registry: Registry, digest: Digest) -> None:
    for bad in (
        Statement(digest("net"), "model"),
        Statement("0" * 64, "data"),
        Statement(digest("net").upper(), "data"),
        Statement(digest("net"), "data", ("ab",)),
    ):
        with pytest.raises(ValueError, match="no valid"):
            registry.anchor(bad)


def test_a_lost_race_counts_as_already_anchored(
    url: str, deployment: Deployment, digest: Digest
) -> None:
    rounds, writers = 5, 3
    start = threading.Barrier(writers)
    outcomes: list[tuple[str, bool]] = []

    def write() -> None:
        mine = connect(url, deployment)
        for index in range(rounds):
            start.wait()
            receipt, already = mine.anchor(Statement(digest(str(index)), "data"))
            outcomes.append((receipt.transaction, already))

    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(outcomes) == rounds * writers
    assert len({transaction for transaction, _ in outcomes}) == rounds
    assert [already for _, already in outcomes].count(False) == rounds


def test_the_log_is_complete_and_newest_first(url: str, compiled: Path, digest: Digest) -> None:
    mine = connect(url, deploy(url, compiled))
    line = [
        Statement(digest("data"), "data"),
        Statement(digest("pretrained"), "pretrained"),
        Statement(digest("tuned"), "tuned", (digest("pretrained"), digest("data"))),
    ]
    receipts = [receipt for receipt, _ in mine.anchor_line(line)]
    assert mine.log() == receipts[::-1]
    assert [receipt.statement for receipt in mine.log()] == line[::-1]


def test_the_log_shows_kinds_of_other_programs(url: str, compiled: Path, digest: Digest) -> None:
    mine = connect(url, deploy(url, compiled))
    foreign = anchor_call(digest("thing"), 77)
    mine.node.send({"to": mine.deployment.contract, "data": foreign})
    assert [receipt.statement.kind for receipt in mine.log()] == ["kind 77"]
    with pytest.raises(Tampered, match="kind 77"):
        mine.anchor(Statement(digest("thing"), "data"))


def test_a_killed_chain_still_knows_its_records(
    start_chain: StartChain, compiled: Path, tmp_path: Path, digest: Digest
) -> None:
    process, before = start_chain(tmp_path / "database")
    deployed = deploy(before, compiled)
    receipt, _ = connect(before, deployed).anchor(Statement(digest("model"), "artifact"))
    process.kill()
    process.wait()

    _, after = start_chain(tmp_path / "database")
    assert connect(after, deployed).verify(digest("model"), receipt) == receipt
    assert connect(after, deployed).anchor(receipt.statement) == (receipt, True)


def test_every_flipped_byte_of_a_receipt_is_found(
    registry: Registry, digest: Digest, tmp_path: Path
) -> None:
    registry.anchor(Statement(digest("data"), "data"))
    receipt, _ = registry.anchor(Statement(digest("net"), "tuned", (digest("data"),)))
    path = write_receipt(receipt, tmp_path)
    original = path.read_bytes()
    assert registry.verify(digest("net"), read_receipt(tmp_path)) == receipt

    for position in range(len(original)):
        altered = bytearray(original)
        altered[position] ^= 1
        path.write_bytes(altered)
        with pytest.raises(Tampered, match=r"receipt\.json"):
            registry.verify(digest("net"), read_receipt(tmp_path))


@pytest.mark.parametrize(
    ("field", "lie"),
    [
        ("anchorer", "0x" + 40 * "1"),
        ("time", 1),
        ("block", 1),
        ("block_hash", "0x" + 64 * "1"),
        ("transaction", "0x" + 64 * "1"),
    ],
)
def test_a_lie_about_the_place_names_its_field(
    registry: Registry, digest: Digest, field: str, lie: Any
) -> None:
    receipt, _ = registry.anchor(Statement(digest("model"), "artifact"))
    changed: dict[str, Any] = {field: lie}
    with pytest.raises(Tampered, match=rf"receipt\.json with {field} "):
        registry.verify(digest("model"), replace(receipt, **changed))


def test_a_receipt_of_something_else_is_tampering(registry: Registry, digest: Digest) -> None:
    receipt, _ = registry.anchor(Statement(digest("a"), "artifact"))
    registry.anchor(Statement(digest("b"), "artifact"))
    with pytest.raises(Tampered, match=r"receipt\.json with digest"):
        registry.verify(digest("b"), receipt)


def test_an_unknown_digest_is_not_anchored(registry: Registry, digest: Digest) -> None:
    with pytest.raises(NotAnchored, match=digest("model")):
        registry.verify(digest("model"), None)


def test_a_made_up_receipt_is_tampering(registry: Registry, digest: Digest) -> None:
    real, _ = registry.anchor(Statement(digest("real"), "artifact"))
    forged = replace(real, statement=Statement(digest("fake"), "artifact"))
    with pytest.raises(Tampered, match=r"receipt\.json claims"):
        registry.verify(digest("fake"), forged)


def test_a_receipt_of_another_chain_is_no_lie(
    registry: Registry, other_url: str, compiled: Path, digest: Digest
) -> None:
    elsewhere = connect(other_url, deploy(other_url, compiled))
    receipt, _ = elsewhere.anchor(Statement(digest("model"), "artifact"))
    with pytest.raises(NotAnchored, match=elsewhere.deployment.genesis):
        registry.verify(digest("model"), receipt)


def test_a_receipt_survives_its_file(registry: Registry, digest: Digest, tmp_path: Path) -> None:
    registry.anchor(Statement(digest("data"), "data"))
    receipt, _ = registry.anchor(Statement(digest("net"), "tuned", (digest("data"),)))
    assert parse_receipt(write_receipt(receipt, tmp_path).read_bytes()) == receipt


def anchor_call(digest: str, kind: int) -> str:
    """The call data of anchor(digest, kind, []): the list of parents is at byte 96, and empty."""
    return f"{ANCHOR}{digest}{kind:064x}{96:064x}{0:064x}"
