"""The contract asked and told: refusals in plain words, roles, fees."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from web3 import Web3

from edgeline.anchoring.contract import (
    AnchorContract,
    Key,
    deploy,
    explain,
    open_contract,
    transact,
)
from edgeline.anchoring.deployment import Chain
from edgeline.anchoring.events import EVENTS
from edgeline.anchoring.flush import flush
from edgeline.anchoring.interface import (
    COMPILED,
    REFUSALS,
    ROLES,
    input_types,
    moment,
    role_names,
)
from edgeline.anchoring.keys import Signer
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.sending import fees
from edgeline.errors import EdgelineError, RecipeError
from tests.chain.conftest import Make, account

Digest = Callable[[str], str]


def test_every_event_has_the_fields_of_the_compiled_interface() -> None:
    compiled = {
        item["name"]: [field["name"] for field in item["inputs"]]
        for item in COMPILED["abi"]
        if item["type"] == "event"
    }
    assert {body.__name__: [field.name for field in fields(body)] for body in EVENTS} == compiled


def test_sentences_exist_for_every_error_that_the_contract_has() -> None:
    values = {"bytes32": "ab" * 32, "address": "0x" + 40 * "1"}
    errors = input_types("error")
    assert errors.keys() == REFUSALS.keys()
    for name, types in errors.items():
        sentence = REFUSALS[name](*(values.get(kind, 2) for kind in types))
        assert sentence.isprintable(), name
        assert sentence[0].islower() or sentence[0].isdigit(), sentence


def test_what_is_no_refusal_of_the_contract_explains_nothing() -> None:
    assert explain(None) is None
    assert explain("0x") is None
    assert explain("0x12345678") is None
    assert explain("0x4e487b71" + f"{17:064x}") == "the contract panicked"
    # The selector of AlreadyAnchored with less behind it than belongs there.
    assert explain("0x666e94e5" + "00" * 40) is None


def test_roles_are_named_in_words() -> None:
    assert role_names(7) == "ADMIN, ANCHORER, REVOKER"
    assert role_names(0) == "none"


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("status", ("ab" * 31,)),
        ("status", ("ab" * 33,)),
        ("status", (5,)),
        ("setRoles", ("0x" + 40 * "1", 256)),
        ("setRoles", ("0x" + 40 * "1", -1)),
        ("setRoles", ("0x" + 39 * "1", 1)),
        ("setRoles", ("0x" + 40 * "1",)),
        ("anchor", ("ab" * 32, "ab" * 32, 1, ["ab"])),
        ("anchor", ("ab" * 32, "ab" * 32, 1, 5)),
        ("noSuchFunction", ()),
    ],
)
def test_arguments_of_another_form_are_refused_before_anything_is_sent(
    contract: AnchorContract, function: str, arguments: tuple[Any, ...]
) -> None:
    with pytest.raises(Exception, match=".") as caught:
        contract.call(function, *arguments)
    assert not isinstance(caught.value, EdgelineError)


def test_storage_and_view_agree_about_a_record(
    contract: AnchorContract, ours: Signer, outbox: Outbox, make: Make
) -> None:
    statement = make("model", kind="small")
    outbox.add(statement)
    flush(outbox, contract, ours)
    transact(contract, ours, "revoke", statement.digest, 3, "0" * 64)
    anchorer, *rest = contract.call("records", statement.digest).call()
    record = contract.record(statement.digest)
    assert record is not None
    assert anchorer == Web3.to_checksum_address(record.anchorer)
    assert rest == [record.time, record.block, record.kind, record.flags]
    assert (record.revoked, record.reason) == (True, 3)
    assert contract.status(statement.digest) == 2


def test_every_refusal_is_one_clear_line(
    own: AnchorContract, ours: Signer, make: Make, digest: Digest
) -> None:
    nobody = "0x" + 40 * "9"
    anchored = make("anchored")
    transact(own, ours, "anchor", anchored.digest, anchored.subject, 3, ())
    record = own.record(anchored.digest)
    assert record is not None
    at = moment(record.time)
    one, parent = digest("one"), digest("parent")
    refusals: list[tuple[str, tuple[Any, ...], str]] = [
        (
            "anchor",
            (anchored.digest, one, 3, ()),
            f"{anchored.digest} is already anchored, by {ours.address} at {at}",
        ),
        ("anchor", (one, one, 3, (parent,)), f"parent {parent} is not on the chain"),
        ("anchor", (one, one, 255, ()), "kind 255 cannot be anchored"),
        ("anchor", (one, 64 * "0", 3, ()), "a digest of zero stands for nothing"),
        ("anchorTree", (one, 0), "a tree without leaves"),
        ("revoke", (one, 1, one), f"{one} is not on the chain"),
        ("setRoles", (ours.address, 6), "the contract left without an administrator"),
        ("setRoles", (nobody, 8), f"roles 8 for account {nobody} do not exist"),
        ("markCompromised", (nobody, 2**40 - 1), "2026|2027|2028"),
    ]
    for function, arguments, expected in refusals:
        with pytest.raises(EdgelineError, match=expected) as caught:
            transact(own, ours, function, *arguments)
        assert caught.value.exit_code == 1
        assert "\n" not in str(caught.value)
    missing = own.refusal(nobody, own.call("anchorTree", one, 1))
    assert missing == (
        f"account {nobody} lacks the role ANCHORER: ask an administrator, `edgeline chain roles`"
    )


def test_roles_and_compromise_are_told_and_asked(
    own: AnchorContract, ours: Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = account(1, own.node, tmp_path, monkeypatch)
    assert own.key(ours.address) == Key(7, 0)
    assert own.key(other.address) == Key(0, 0)
    transact(own, ours, "setRoles", other.address, ROLES["ANCHORER"])
    transact(own, ours, "markCompromised", other.address, 1_700_000_000)
    assert own.key(other.address) == Key(ROLES["ANCHORER"], 1_700_000_000)
    with pytest.raises(EdgelineError, match="compromised since 2023-11-14T22:13:20Z"):
        transact(own, ours, "setRoles", other.address, ROLES["REVOKER"])


def test_another_administrator_can_be_named_and_the_deployer_is_none(
    chain: Chain, tmp_path: Path, ours: Signer
) -> None:
    admin = "0x" + 40 * "7"
    made = deploy(chain.url, "node", name="sepolia", locks=tmp_path, confirmations=5, admin=admin)
    contract = open_contract(made.url, made.deployment)
    assert contract.key(admin).roles == 7
    assert contract.key(ours.address).roles == 0
    assert (made.name, made.confirmations, made.key) == ("sepolia", 5, "node")
    assert 0 < made.block <= contract.node.head()


@pytest.mark.parametrize("admin", ["bob", "0x7", "0x90F8bf6A479f320ead074411a4B0e7944Ea8c9c1"])
def test_no_contract_is_made_for_an_administrator_that_does_not_exist(
    nobody: str, tmp_path: Path, admin: str
) -> None:
    with pytest.raises(RecipeError, match="the address of an account"):
        deploy(nobody, "node", name="sepolia", locks=tmp_path, admin=admin)


def test_tips_and_prices_stay_below_the_most(
    contract: AnchorContract, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = fees(contract.node).base
    monkeypatch.setattr("edgeline.anchoring.sending._tip", lambda _: 10**30)
    monkeypatch.setattr("edgeline.anchoring.sending.MAX_PRICE", base + 10)
    offer = fees(contract.node)
    assert (offer.price, offer.tip) == (base + 10, 10)
    assert offer.above(offer.price).price > offer.price * 9 // 8


def test_importing_the_door_leaves_the_recursion_limit_sound() -> None:
    """A package below web3 raises it so far that nested JSON of a stranger kills the process."""
    for module in ("contract", "keys", "session"):
        code = f"import sys, edgeline.anchoring.{module}; print(sys.getrecursionlimit())"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert int(done.stdout) <= 3000
