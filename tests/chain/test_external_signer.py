"""A program of the user's signs what it was given and nothing else, or is found out."""

import shlex
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from eth_account import Account

from edgeline.anchoring.keys import load_signer
from edgeline.anchoring.node import Node
from edgeline.errors import EnvironmentUnfit
from tests.chain.conftest import KEYS
from tests.chain.test_keys import TRANSACTION

SIGNING = f"""
import json, sys
asked = json.loads(sys.stdin.readline())
if asked["ask"] == "address":
    print("{Account.from_key(KEYS[1]).address}")
else:
    from eth_account import Account
    key = Account.from_key("{KEYS[1]}")
    sent = {{k: v for k, v in asked["transaction"].items() if k != "from"}}
    if "to" in sent:
        sent["to"] = bytes.fromhex(sent["to"][2:])
    CHANGE
    print("0x" + bytes(key.sign_transaction(sent).raw_transaction).hex())
"""
SECRET = "a word that the program prints when it fails"


@pytest.fixture
def node(url: str) -> Node:
    return Node(url)


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., str]:
    """The key source of a signing program that changes what it signs by a line of Python."""

    def made(change: str = "pass") -> str:
        path = tmp_path / "sign with care.py"
        path.write_text(SIGNING.replace("CHANGE", change))
        return f"command:{shlex.quote(sys.executable)} {shlex.quote(str(path))}"

    return made


@pytest.mark.parametrize("to", [TRANSACTION["to"], b""], ids=["call", "creation"])
def test_a_program_signs_exactly_what_it_was_given(
    node: Node, tmp_path: Path, program: Callable[..., str], to: str | bytes
) -> None:
    ours = load_signer(program(), node, tmp_path)
    assert ours.address == str(Account.from_key(KEYS[1]).address).lower()
    asked = {**TRANSACTION, "to": to, "nonce": 0}
    raw = ours.sign(asked)
    assert raw == Account.from_key(KEYS[1]).sign_transaction(asked).raw_transaction


CHANGES = [
    "sent['nonce'] = '0x6'",
    "sent['gas'] = '0x1'",
    "sent['value'] = '0x1'",
    "sent['data'] = '0x1235'",
    "sent['chainId'] = '0x1'",
    "sent['maxFeePerGas'] = '0x77359400'",
    "sent['maxPriorityFeePerGas'] = '0x1'",
    "sent['to'] = bytes(20)",
    "del sent['to']",
    "sent['accessList'] = [{'address': bytes(20), 'storageKeys': []}]",
    "fee = sent.pop('maxFeePerGas'); del sent['maxPriorityFeePerGas'], sent['type']; sent['gasPrice'] = fee",
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_program_that_signs_something_else_is_found_out(
    node: Node, tmp_path: Path, program: Callable[..., str], change: str
) -> None:
    ours = load_signer(program(change), node, tmp_path)
    with pytest.raises(EnvironmentUnfit, match="found another transaction than the one"):
        ours.sign(TRANSACTION)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (f"key = Account.from_key('{KEYS[2]}')", "did not sign"),
        ("print('0x02ff'); sys.exit()", "another transaction"),
        ("print('no'); sys.exit()", "something else than a signed transaction"),
        ("sys.exit(3)", "exit status 3"),
        (f"raise RuntimeError('{SECRET}')", "exit status 1"),
        (
            "sys.stdout.buffer.write(b'\\xff'); sys.exit()",
            "a program that does not run|something else",
        ),
    ],
)
def test_a_program_that_fails_is_one_line(
    node: Node, tmp_path: Path, program: Callable[..., str], change: str, found: str
) -> None:
    ours = load_signer(program(change), node, tmp_path)
    with pytest.raises(EnvironmentUnfit, match=found) as caught:
        ours.sign(TRANSACTION)
    assert "\n" not in str(caught.value)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
