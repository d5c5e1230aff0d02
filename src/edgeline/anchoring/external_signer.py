"""A key that somebody else keeps: a program that signs, such as one that speaks to a hardware wallet.

It reads one line of JSON and writes one line: {"ask": "address"} is answered with an address, and
{"ask": "sign", "transaction": {...}} with the signed bytes in hexadecimal. It is trusted with its key and with nothing
else: what it signed is read back, field by field, and by whom.
"""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

from eth_account import Account
from eth_account.typed_transactions import TypedTransaction
from hexbytes import HexBytes
from web3.types import TxParams

from edgeline.anchoring.hexadecimal import octets
from edgeline.errors import EnvironmentUnfit, RecipeError

# A package below eth-account (py_ecc) raises this limit so far that a stranger's nested JSON, read anywhere in
# the process, overflows the stack and kills it without a word.
sys.setrecursionlimit(min(sys.getrecursionlimit(), 3000))

Sign = Callable[[TxParams], bytes | None]
"""Gives the signed bytes; None where the node signs."""

ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
PATIENCE_S = 120.0
"""A person may have to press a button."""


def external_signer(words: str) -> tuple[str, Sign]:
    """The address that the program of this command line signs for, and how it is asked to."""
    try:
        command = shlex.split(words)
    except ValueError:
        command = []
    if not command:
        raise RecipeError(
            expected="command: and a program with its arguments",
            found="no program, or a quotation mark without its partner",
            remedy="write it as in a shell",
        )
    address = _answer(command, {"ask": "address"}).lower()
    if not ADDRESS.fullmatch(address):
        raise _no_use(command[0], f"{len(address)} characters that are no address")
    return address, lambda transaction: _signed(command, address, transaction)


def to_json(transaction: TxParams) -> dict[str, object]:
    """As a node or a signing program is told: JSON-RPC's transaction object, without `to` where a contract is made."""
    return {
        name: hex(value) if isinstance(value, int) else value
        for name, value in transaction.items()
        if value != b""
    }


def _signed(command: list[str], address: str, transaction: TxParams) -> bytes:
    try:
        raw = octets(_answer(command, {"ask": "sign", "transaction": to_json(transaction)}))
    except ValueError:
        raise _no_use(command[0], "something else than a signed transaction") from None
    sender = _sender(transaction, raw)
    if sender is None:
        raise _no_use(command[0], "another transaction than the one that it was given")
    if sender != address:
        raise _no_use(command[0], f"a transaction that {address} did not sign")
    return raw


def _sender(transaction: TxParams, raw: bytes) -> str | None:
    """Who signed these bytes, if they are this very transaction, every field of it (EIP-1559)."""
    fields: dict[str, Any] = {name: value for name, value in transaction.items() if name != "from"}
    given = TypedTransaction.from_dict(fields).as_dict()
    try:
        signed = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
        return str(Account.recover_transaction(raw)).lower() if signed | given == signed else None
    except Exception:  # noqa: BLE001 - whatever is wrong with them, it is not what was asked for
        return None


def _answer(command: list[str], asked: Mapping[str, object]) -> str:
    """The one line that the program answers."""
    try:
        done = subprocess.run(
            command,
            input=json.dumps(asked) + "\n",
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        late = isinstance(error, subprocess.TimeoutExpired)
        raise _no_use(command[0], "no answer" if late else "a program that does not run") from None
    if done.returncode != 0:
        raise _no_use(command[0], f"exit status {done.returncode}")
    return done.stdout.strip()


def _no_use(program: str, found: str) -> EnvironmentUnfit:
    return EnvironmentUnfit(
        expected=f"a signature from the program {program}",
        found=found,
        remedy="run it by hand, or name another key source",
    )
