"""Events are read as the contract meant them, and nothing else passes for one."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgeline.anchoring.deployment import Chain
from edgeline.anchoring.events import (
    EVENTS,
    Anchored,
    Derived,
    RolesChanged,
    RoundClosed,
    TaskOpened,
    TreeAnchored,
)
from edgeline.anchoring.logs import decode, topic
from edgeline.anchoring.node import Node
from edgeline.errors import Tampered
from edgeline.provenance.trie import keccak256
from tests.chain.index.conftest import Anchorer, digest_of, index_of
from tests.chain.servers import lying


def test_the_events_are_those_of_the_compiled_contract(compiled: Path) -> None:
    abi = json.loads(compiled.read_text())["abi"]
    declared = {
        body.__name__: [tuple(field.split()) for field in fields.split(", ")]
        for body, fields in EVENTS.items()
    }
    assert declared == {
        item["name"]: [
            (field["type"], *(["indexed"] if field["indexed"] else []), field["name"])
            for field in item["inputs"]
        ]
        for item in abi
        if item["type"] == "event"
    }
    text = b"Derived(bytes32,bytes32)"
    assert topic(Derived) == "0x" + keccak256(text).hex()


def test_each_kind_of_event_is_read_as_the_contract_meant_it(
    own: Chain, anchorer: Anchorer
) -> None:
    me = anchorer.signer.address
    task, updates = digest_of("task"), digest_of("updates")
    anchorer.anchor("data")
    base = anchorer.anchor("net", "data", kind=3)
    anchorer.tell("anchorTree", digest_of("root"), 2**64 - 1)
    anchorer.tell("openTask", task, base, [me], 1)
    round_one = (task, 1, digest_of("round"), digest_of("weights"), [base], updates, 10)
    anchorer.tell("closeRound", round_one)
    with index_of(own) as index:
        index.refresh()
        net = index.find(Anchored, statement=base)[0]
        record = anchorer.registry.record(base)
        assert record is not None
        assert net.body == Anchored(base, digest_of("subject of net"), me, 3, record.time)
        assert net.block == record.block
        assert net.block_hash == anchorer.registry.node.block(net.block).hash  # type: ignore[union-attr]
        assert [e.body for e in index.find(Derived, child=base)] == [
            Derived(digest_of("data"), base)
        ]
        assert index.find(TreeAnchored)[0].body.size == 2**64 - 1
        assert index.find(TaskOpened)[0].body == TaskOpened(task, base, me, (me,), 1)
        closed = RoundClosed(task, 1, digest_of("round"), updates, 10)
        assert [event.body for event in index.find(RoundClosed)] == [closed]
        assert index.find(RolesChanged)[0].body == RolesChanged(me, me, 15)
        assert index.find(Anchored, since=record.time + 10**6) == []


MALFORMED: dict[str, Callable[[dict[str, Any]], object]] = {
    "nothing": lambda log: None,
    "a number": lambda log: 5,
    "no topics": lambda log: {**log, "topics": []},
    "topics that are none": lambda log: {**log, "topics": 7},
    "a topic too few": lambda log: {**log, "topics": log["topics"][:-1]},
    "a topic too many": lambda log: {**log, "topics": [*log["topics"], log["topics"][1]]},
    "a short topic": lambda log: {**log, "topics": [*log["topics"][:-1], "0x12"]},
    "a topic that is no text": lambda log: {**log, "topics": [*log["topics"][:-1], 3]},
    "a topic with a space": lambda log: {**log, "topics": [*log["topics"][:-1], "0x" + 64 * " "]},
    "an account of 32 bytes": lambda log: {**log, "topics": [*log["topics"][:3], "0x" + 64 * "f"]},
    "a word too few": lambda log: {**log, "data": log["data"][:-64]},
    "a word too many": lambda log: {**log, "data": log["data"] + 64 * "0"},
    "half a byte": lambda log: {**log, "data": log["data"][:-1]},
    "data without 0x": lambda log: {**log, "data": log["data"][2:]},
    "a kind of 32 bytes": lambda log: {**log, "data": "0x" + 128 * "f"},
    "another contract": lambda log: {**log, "address": "0x" + 40 * "1"},
    "another branch": lambda log: {**log, "removed": True},
    "a block far away": lambda log: {**log, "blockNumber": "0xffffff"},
    "a negative block": lambda log: {**log, "blockNumber": "-0x1"},
    "a huge block": lambda log: {**log, "blockNumber": "0x" + 64 * "f"},
    "a block that is a number": lambda log: {**log, "blockNumber": 1},
    "no place": lambda log: {**log, "logIndex": None},
    "no transaction": lambda log: {**log, "transactionHash": None},
    "a short block hash": lambda log: {**log, "blockHash": "0x12"},
}


@pytest.fixture(scope="module")
def log(chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The event of a statement, as the node lists it."""
    anchorer = Anchorer(chain, tmp_path_factory.mktemp("locks"))
    statement = anchorer.anchor("told wrongly")
    asked = {"topics": [topic(Anchored), f"0x{statement}"], "fromBlock": "0x0"}
    (found,) = anchorer.registry.node.ask("eth_getLogs", asked)
    return dict(found)


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_events_end_in_one_line(chain: Chain, log: dict[str, Any], name: str) -> None:
    with pytest.raises(Tampered, match="malformed") as caught:
        _read_all(chain, [MALFORMED[name](log)])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("answer", [None, "logs", {"topics": []}, 17, True])
def test_an_answer_that_is_no_list_of_events_ends_in_one_line(chain: Chain, answer: object) -> None:
    with pytest.raises(Tampered, match="malformed"):
        _read_all(chain, answer)


def test_the_same_event_twice_is_malformed(own: Chain, anchorer: Anchorer) -> None:
    anchorer.anchor("one")
    where = {"address": own.deployment.contract, "fromBlock": "0x0"}
    logs = anchorer.registry.node.ask("eth_getLogs", where)
    _read_all(own, logs)
    with pytest.raises(Tampered, match="malformed"):
        _read_all(own, [*logs, logs[0]])


def test_an_event_of_a_later_contract_is_left_out(log: dict[str, Any]) -> None:
    unknown = {**log, "topics": ["0x" + 64 * "5"]}
    assert decode(unknown, log["address"]) is None
    assert decode(log, log["address"]) is not None


def test_coordinators_in_another_layout_are_malformed(own: Chain, anchorer: Anchorer) -> None:
    base = anchorer.anchor("base")
    anchorer.tell("openTask", digest_of("task"), base, [anchorer.signer.address], 1)
    logs = anchorer.registry.node.ask(
        "eth_getLogs", {"address": own.deployment.contract, "topics": [topic(TaskOpened)]}
    )
    data = logs[0]["data"]
    assert decode(logs[0], own.deployment.contract)
    for broken in (data[:-64], data + 64 * "0", "0x" + 64 * "0" + data[66:], data[:66], "0x"):
        with pytest.raises(Tampered, match="malformed"):
            decode({**logs[0], "data": broken}, own.deployment.contract)


def _read_all(chain: Chain, answer: object) -> None:
    with (
        lying(chain.url, {"eth_getLogs": answer}) as address,
        index_of(chain, node=Node(address)) as index,
    ):
        index.refresh()
