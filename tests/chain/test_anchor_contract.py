"""The contract asked and told: refusals in plain words, roles, signatures of devices, fees."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from web3 import Web3

from edgeline.anchoring.contract import AnchorContract, deploy, open_contract, reason, transact
from edgeline.anchoring.deployment import Chain
from edgeline.anchoring.devices import sign_anchor, submit, typed_data
from edgeline.anchoring.flush import flush
from edgeline.anchoring.interface import ERRORS, FUNCTIONS, ROLES, moment, role_names
from edgeline.anchoring.keys import Signer, load_signer
from edgeline.anchoring.node import Node
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.sending import fees, send_alone
from edgeline.errors import EdgelineError
from tests.chain.conftest import Make, account

Digest = Callable[[str], str]


def test_the_library_speaks_the_compiled_interface(compiled: Path) -> None:
    abi = json.loads(compiled.read_text(encoding="utf-8"))["abi"]

    def types(items: list[dict[str, Any]]) -> tuple[str, ...]:
        inner = {item["type"]: ",".join(types(item.get("components", []))) for item in items}
        return tuple(
            f"({inner[item['type']]})" if item["type"] == "tuple" else item["type"]
            for item in items
        )

    functions = {i["name"]: i for i in abi if i["type"] == "function"}
    for name, (takes, gives) in FUNCTIONS.items():
        assert (types(functions[name]["inputs"]), types(functions[name]["outputs"])) == (
            takes,
            gives,
        ), name
    errors = {i["name"]: types(i["inputs"]) for i in abi if i["type"] == "error"}
    assert {name: takes for name, (takes, _) in ERRORS.items()} == errors


def test_calls_are_encoded_as_web3_does_it(
    there: AnchorContract, compiled: Path, digest: Digest
) -> None:
    abi = json.loads(compiled.read_text(encoding="utf-8"))["abi"]
    contract = Web3().eth.contract(abi=abi)
    one, two, three = (digest(name) for name in "abc")
    arguments: dict[str, tuple[Any, ...]] = {
        "anchor": (one, two, 6, [three, one]),
        "anchorTree": (one, 2**40),
        "closeRound": ((one, 7, two, three, [one, two], three, 9),),
        "openTask": (one, two, ["0x" + 40 * "a", "0x" + 40 * "1"], 2),
        "revokeLeaf": (one, 5, 3, two, [three], 2, one),
        "setRoles": ("0x" + 40 * "b", 15),
    }
    for function, given in arguments.items():
        theirs = contract.encode_abi(function, args=_for_web3(given))
        assert there.encode(function, *given) == theirs, function


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("status", ("ab" * 31,)),
        ("status", ("ab" * 33,)),
        ("status", ("0x" + "ab" * 32,)),
        ("status", (5,)),
        ("setRoles", ("0x" + 40 * "1", 256)),
        ("setRoles", ("0x" + 40 * "1", -1)),
        ("setRoles", ("0x" + 40 * "1", True)),
        ("setRoles", ("0x" + 39 * "1", 1)),
        ("setRoles", ("0x" + 40 * "1",)),
        ("anchor", ("ab" * 32, "ab" * 32, 1, ["ab"])),
        ("anchor", ("ab" * 32, "ab" * 32, 1, 5)),
        ("closeRound", (("ab" * 32, 1),)),
    ],
)
def test_arguments_of_another_form_are_refused_before_anything_is_sent(
    there: AnchorContract, function: str, arguments: tuple[Any, ...]
) -> None:
    with pytest.raises(ValueError, match=".") as caught:
        there.encode(function, *arguments)
    assert not isinstance(caught.value, EdgelineError)


def test_storage_and_view_agree_about_a_record(
    there: AnchorContract, ours: Signer, outbox: Outbox, make: Make
) -> None:
    statement = make("model", kind="small")
    outbox.add(statement)
    flush(outbox, there, ours)
    transact(there, ours, "revoke", statement.digest, 3, "0" * 64)
    data = "0x01e64725" + statement.digest
    answer = there.node.ask("eth_call", {"to": there.deployment.contract, "data": data}, "latest")
    words = [answer[2 + at : 66 + at] for at in range(0, 320, 64)]
    record = there.record(statement.digest)
    assert record is not None
    assert ["0x" + words[0][24:], *(int(word, 16) for word in words[1:])] == [
        record.anchorer,
        record.time,
        record.block,
        record.kind,
        record.flags,
    ]
    assert (record.revoked, record.reason_name) == (True, "data withdrawn")
    assert there.status(statement.digest) == 2


def test_every_refusal_is_one_clear_line(
    there: AnchorContract, ours: Signer, make: Make, digest: Digest
) -> None:
    nobody = "0x" + 40 * "9"
    anchored = make("anchored")
    transact(there, ours, "anchor", anchored.digest, anchored.subject, 3, ())
    record = there.record(anchored.digest)
    assert record is not None
    told = f"{anchored.digest} is already anchored, by {ours.address} at {moment(record.time)}"
    one, task = digest("one"), digest("task")
    refusals: list[tuple[str, tuple[Any, ...], str]] = [
        ("anchor", (anchored.digest, one, 3, ()), told),
        (
            "anchor",
            (one, one, 3, (digest("parent"),)),
            f"parent {digest('parent')} is not on the chain",
        ),
        ("anchor", (one, one, 255, ()), "kind 255 cannot be anchored"),
        ("anchor", (one, 64 * "0", 3, ()), "a digest of zero stands for nothing"),
        ("anchorTree", (one, 0), "a tree without leaves, or a round without clients"),
        ("closeRound", ((task, 1, one, one, (), one, 1),), f"task {task} was never opened"),
        ("revoke", (one, 1, one), f"{one} is not on the chain"),
        ("setRoles", (ours.address, 14), "the contract left without an administrator"),
        ("markCompromised", (nobody, 2**40 - 1), "2026|2027|2028"),
        ("acceptKey", (nobody,), f"account {nobody} did not offer its roles to {ours.address}"),
    ]
    for function, arguments, expected in refusals:
        with pytest.raises(EdgelineError, match=expected) as caught:
            transact(there, ours, function, *arguments)
        assert caught.value.exit_code == 1
        assert "\n" not in str(caught.value)
    missing = there.simulate(nobody, there.encode("anchorTree", one, 1))
    assert missing == (
        f"account {nobody} lacks the role ANCHORER: ask an administrator, `edgeline chain roles`"
    )


def test_sentences_exist_for_every_error_that_the_contract_has() -> None:
    values = {"bytes32": "ab" * 32, "address": "0x" + 40 * "1"}
    for name, (types, sentence) in ERRORS.items():
        said = sentence(*(values.get(kind, 2) for kind in types))
        assert said.isprintable(), name
        assert said[0].islower() or said[0].isdigit(), said
    assert reason(None) is None
    assert reason("0x") is None
    assert reason("0x12345678") is None
    assert reason("0x4e487b71" + f"{17:064x}") == "the contract panicked"
    # The selector of AlreadyAnchored with less behind it than belongs there.
    assert reason("0x666e94e5" + "00" * 40) is None
    assert role_names(15) == "ADMIN, ANCHORER, COORDINATOR, REVOKER"
    assert (role_names(0), role_names(128)[:4]) == ("none", "none")


def test_roles_rotation_compromise_and_retirement_are_told_and_asked(
    fresh: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = open_contract(fresh.url, fresh.deployment)
    admin = load_signer("node", registry.node, tmp_path)
    first = account(1, registry.node, tmp_path, monkeypatch)
    assert registry.account(admin.address).roles == 15
    transact(registry, admin, "setRoles", first.address, ROLES["ANCHORER"])
    second = account(2, registry.node, tmp_path, monkeypatch)
    transact(registry, first, "rotateKey", second.address)
    transact(registry, second, "acceptKey", first.address)

    heir = registry.account(second.address)
    assert (heir.predecessor, heir.depth, heir.roles) == (first.address, 1, ROLES["ANCHORER"])
    assert registry.account(first.address).predecessor is None
    assert registry.suspect_since(second.address) == 0
    transact(registry, admin, "markCompromised", second.address, heir.appointed_at)
    assert registry.suspect_since(second.address) == heir.appointed_at
    assert registry.retired() is None
    transact(registry, admin, "retire", "0x" + 40 * "0")
    assert registry.retired() == "0x" + 40 * "0"
    assert registry.task("ab" * 32) is None
    assert not registry.is_coordinator("ab" * 32, admin.address)


def test_another_administrator_can_be_named_and_the_deployer_is_none(
    chain: Chain, compiled: Path, tmp_path: Path, ours: Signer
) -> None:
    admin = "0x" + 40 * "7"
    made = deploy(
        chain.url, "node", compiled, name="sepolia", locks=tmp_path, confirmations=5, admin=admin
    )
    registry = open_contract(made.url, made.deployment)
    assert registry.account(admin).roles == 15
    assert registry.account(ours.address).roles == 0
    assert (made.name, made.confirmations, made.key) == ("sepolia", 5, "node")
    assert 0 < made.block <= registry.node.head()


def test_a_device_signs_and_somebody_else_pays(
    there: AnchorContract, ours: Signer, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = account(1, there.node, tmp_path, monkeypatch)
    transact(there, ours, "setRoles", device.address, ROLES["ANCHORER"] | ROLES["COORDINATOR"])
    parent = make("parent")
    transact(there, ours, "anchor", parent.digest, parent.subject, 3, ())
    statement = make("from a device", parent, kind="round")
    signed = sign_anchor(device, there.deployment, statement, deadline=2**40)
    count = there.node.ask("eth_getTransactionCount", device.address, "latest")
    assert submit(there, ours, signed).ok

    record = there.record(statement.digest)
    assert record is not None
    assert (record.anchorer, record.kind) == (device.address, 5)
    assert there.node.ask("eth_getTransactionCount", device.address, "latest") == count
    other = make("another")
    for wrong, told in (
        (signed, "already anchored"),
        (replace(signed, statement=other), "not that of the account"),
        (replace(signed, deadline=2**41), "not that of the account"),
        (replace(signed, signer=ours.address), "not that of the account"),
        (sign_anchor(device, there.deployment, other, deadline=1), "counted until 1970"),
    ):
        with pytest.raises(EdgelineError, match=told):
            submit(there, ours, wrong)


def test_a_node_signs_the_same_as_the_key_itself(
    there: AnchorContract, ours: Signer, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = account(0, there.node, tmp_path, monkeypatch)
    assert same.address == ours.address
    signed = [sign_anchor(one, there.deployment, make("model"), 2**40) for one in (ours, same)]
    assert signed[0] == signed[1]
    assert typed_data(there.deployment, make("model"), 5)["primaryType"] == "Anchor"


def test_a_chain_without_a_base_fee_is_paid_a_gas_price(
    start_anvil: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = Node(start_anvil(hardfork="berlin"))
    offer = fees(node)
    assert (offer.tip, offer.base) == (None, 0)
    assert offer.price > 0
    assert offer.above(offer.price).price > offer.price
    ours = account(1, node, tmp_path, monkeypatch)
    sent = send_alone(node, ours, "0x" + 40 * "5", "0x")
    assert (sent.ok, sent.sender) == (True, ours.address)


def test_tips_and_prices_stay_below_the_most(
    there: AnchorContract, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = fees(there.node).base
    monkeypatch.setattr("edgeline.anchoring.sending._tip", lambda _: 10**30)
    offer = fees(there.node, base + 10)
    assert (offer.price, offer.tip) == (base + 10, 10)


def test_importing_the_door_leaves_the_recursion_limit_sound() -> None:
    """A package below eth_account raises it so far that nested JSON of a stranger kills the process."""
    for module in ("registry", "keys"):
        code = f"import sys, edgeline.anchoring.{module}; print(sys.getrecursionlimit())"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert int(done.stdout) <= 3000


def _for_web3(value: Any) -> Any:
    if isinstance(value, str):
        return Web3.to_checksum_address(value) if value.startswith("0x") else bytes.fromhex(value)
    return [_for_web3(one) for one in value] if isinstance(value, list | tuple) else value
