"""A program of the user's signs what it was given and nothing else, or is found out."""

import shlex
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from edgeline.anchoring.keys import load_signer
from edgeline.anchoring.node import Node
from edgeline.errors import EnvironmentUnfit
from tests.chain.conftest import KEYS
from tests.chain.test_keys import TRANSACTION

ADDRESS = Account.from_key(KEYS[1]).address
PROGRAM = f"""
import json, sys
asked = json.loads(sys.stdin.readline())
if asked["ask"] == "address":
    print("{ADDRESS}")
else:
"""
SIGNING = f"""
    from eth_account import Account
    sent = {{k: v for k, v in asked["transaction"].items() if k != "from"}}
    if "to" in sent:
        sent["to"] = bytes.fromhex(sent["to"][2:])
    print("0x" + bytes(Account.from_key("{KEYS[1]}").sign_transaction(sent).raw_transaction).hex())
"""
Fields = dict[str, Any]
"""Of a transaction; None of one that it lacks."""

SECRET = "a word that the program prints when it fails"


@pytest.fixture
def node(url: str) -> Node:
    return Node(url)


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., str]:
    """The key source of a program that answers with these lines of Python when it shall sign."""

    def made(lines: str) -> str:
        path = tmp_path / "sign with care.py"
        path.write_text(f"{PROGRAM}    {lines}\n")
        return f"command:{shlex.quote(sys.executable)} {shlex.quote(str(path))}"

    return made


def signed(change: Fields | None = None, key: str = KEYS[1]) -> str:
    """A line that answers with a changed transaction, signed here: eth-account takes seconds to start."""
    sent = {
        name: value for name, value in (TRANSACTION | (change or {})).items() if value is not None
    }
    raw = Account.from_key(key).sign_transaction(sent).raw_transaction
    return f"print('0x{bytes(raw).hex()}')"


@pytest.mark.parametrize("to", [TRANSACTION["to"], b""], ids=["call", "creation"])
def test_a_program_signs_exactly_what_it_was_given(
    node: Node, tmp_path: Path, program: Callable[..., str], to: str | bytes
) -> None:
    ours = load_signer(program(SIGNING), node, tmp_path)
    assert ours.address == ADDRESS.lower()
    asked = {**TRANSACTION, "to": to, "nonce": 0}
    raw = ours.sign(asked)
    assert raw == Account.from_key(KEYS[1]).sign_transaction(asked).raw_transaction


CHANGES: list[Fields] = [
    {"nonce": 6},
    {"gas": 1},
    {"value": 1},
    {"data": "0x1235"},
    {"chainId": 1},
    {"maxFeePerGas": 2 * 10**9},
    {"maxPriorityFeePerGas": 1},
    {"to": bytes(20)},
    {"to": None},
    {"accessList": [{"address": bytes(20), "storageKeys": []}]},
    {"gasPrice": 10**9, "maxFeePerGas": None, "maxPriorityFeePerGas": None, "type": None},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_program_that_signs_something_else_is_found_out(
    node: Node, tmp_path: Path, program: Callable[..., str], change: Fields
) -> None:
    ours = load_signer(program(signed(change)), node, tmp_path)
    with pytest.raises(EnvironmentUnfit, match="found another transaction than the one"):
        ours.sign(TRANSACTION)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (signed(key=KEYS[2]), "did not sign"),
        ("print('0x02ff'); sys.exit()", "another transaction"),
        ("print('no'); sys.exit()", "something else than a signed transaction"),
        ("sys.exit(3)", "exit status 3"),
        (f"raise RuntimeError('{SECRET}')", "exit status 1"),
        (
            "sys.stdout.buffer.write(b'\\xff'); sys.exit()",
            "a program that does not run|something else",
        ),
    ],
    ids=["another key", "no such type", "a word", "exit", "an error", "no text"],
)
def test_a_program_that_fails_is_one_line(
    node: Node, tmp_path: Path, program: Callable[..., str], lines: str, found: str
) -> None:
    ours = load_signer(program(lines), node, tmp_path)
    with pytest.raises(EnvironmentUnfit, match=found) as caught:
        ours.sign(TRANSACTION)
    assert "\n" not in str(caught.value)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
