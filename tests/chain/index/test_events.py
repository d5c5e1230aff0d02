"""Events are read as the contract meant them, and nothing else passes for one."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest

from edgeline.anchoring.deployment import Chain
from edgeline.anchoring.events import (
    EVENTS,
    Anchored,
    Derived,
    KeyCompromised,
    Revoked,
    RolesChanged,
    TreeAnchored,
    decode,
    topic,
)
from edgeline.anchoring.interface import COMPILED
from edgeline.anchoring.node import Node
from edgeline.errors import Tampered
from edgeline.provenance.trie import keccak256
from tests.chain.index.conftest import Anchorer, digest_of, index_of
from tests.chain.servers import lying


def test_the_events_are_those_of_the_compiled_contract() -> None:
    declared = {body.__name__: [field.name for field in fields(body)] for body in EVENTS}
    assert declared == {
        item["name"]: [field["name"] for field in item["inputs"]]
        for item in COMPILED["abi"]
        if item["type"] == "event"
    }
    text = b"Derived(bytes32,bytes32)"
    assert topic(Derived) == "0x" + keccak256(text).hex()


def test_each_kind_of_event_is_read_as_the_contract_meant_it(
    own: Chain, anchorer: Anchorer
) -> None:
    me, other = anchorer.signer.address, "0x" + 40 * "1"
    anchorer.anchor("data")
    base = anchorer.anchor("net", "data", kind=3)
    anchorer.tell("anchorTree", digest_of("root"), 2**64 - 1)
    anchorer.tell("revoke", base, 2, digest_of("report"))
    anchorer.tell("setRoles", other, 2)
    anchorer.tell("markCompromised", other, 7)
    with index_of(own) as index:
        index.refresh()
        net = index.find(Anchored, statement=[base])[0]
        record = anchorer.contract.record(base)
        assert record is not None
        assert net.body == Anchored(base, digest_of("subject of net"), me, 3, record.time)
        assert (net.block, len(net.transaction), len(net.block_hash)) == (record.block, 66, 66)
        assert [one.body for one in index.find(Derived)] == [Derived(digest_of("data"), base)]
        assert index.find(TreeAnchored)[0].body.size == 2**64 - 1
        (revoked,) = index.find(Revoked)
        assert (revoked.body.by, revoked.body.reason) == (me, 2)
        assert revoked.body.detail == digest_of("report")
        assert [one.body for one in index.find(RolesChanged)] == [
            RolesChanged(me, me, 7),
            RolesChanged(other, me, 2),
        ]
        assert index.find(KeyCompromised)[0].body == KeyCompromised(other, me, 7)
        assert index.find(Anchored, statement=[]) == []


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
    (found,) = anchorer.contract.node.ask("eth_getLogs", asked)
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
    logs = anchorer.contract.node.ask("eth_getLogs", where)
    _read_all(own, logs)
    with pytest.raises(Tampered, match="malformed"):
        _read_all(own, [*logs, logs[0]])


def test_an_event_of_a_later_contract_is_left_out(log: dict[str, Any]) -> None:
    unknown = {**log, "topics": ["0x" + 64 * "5"]}
    assert decode(unknown, log["address"]) is None
    assert decode(log, log["address"]) is not None


def _read_all(chain: Chain, answer: object) -> None:
    with (
        lying(chain.url, {"eth_getLogs": answer}) as address,
        index_of(chain, node=Node(address)) as index,
    ):
        index.refresh()
