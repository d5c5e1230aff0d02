"""A key that somebody else keeps: a program that signs, such as one that speaks to a hardware wallet.

It reads one line of JSON and writes one line: {"ask": "address"} is answered with an address, and
{"ask": "sign", "transaction": {...}} with the signed bytes in hexadecimal. It is trusted with its key and with nothing
else: what it signed is read back, field by field, and by whom.
"""

import json
import re
import shlex
import subprocess
from collections.abc import Mapping
from typing import Any

from eth_account import Account
from eth_keys.exceptions import BadSignature
from eth_utils import ValidationError

from edgeline.anchoring.node import octets
from edgeline.anchoring.transaction import Sign, SignTyped, Transaction
from edgeline.errors import EnvironmentUnfit, RecipeError

ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
PATIENCE_S = 120.0
"""A person may have to press a button."""


def by_program(words: str) -> tuple[str, Sign, SignTyped]:
    """The address that the program of this command line signs for, and how it is asked to."""
    command = _split(words)
    address = _told(command, {"ask": "address"}).lower()
    if not ADDRESS.fullmatch(address):
        raise _no_use(command[0], f"{len(address)} characters that are no address")

    def sign(transaction: Transaction) -> bytes:
        return _signed(command, address, transaction)

    def sign_typed(_: dict[str, Any]) -> bytes:
        raise _no_use(command[0], "a program, which signs transactions only")

    return address, sign, sign_typed


def _signed(command: list[str], address: str, transaction: Transaction) -> bytes:
    asked = {"ask": "sign", "transaction": transaction.to_json(address)}
    try:
        raw = octets(_told(command, asked))
    except ValueError:
        raise _no_use(command[0], "something else than a signed transaction") from None
    if not transaction.is_signed_in(raw):
        raise _no_use(command[0], "another transaction than the one that it was given")
    if _sender(raw) != address:
        raise _no_use(command[0], f"a transaction that {address} did not sign")
    return raw


def _split(words: str) -> list[str]:
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
    return command


def _told(command: list[str], asked: Mapping[str, object]) -> str:
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


def _sender(raw: bytes) -> str | None:
    try:
        return str(Account.recover_transaction(raw)).lower()
    except (ValueError, TypeError, BadSignature, ValidationError):
        return None


def _no_use(program: str, found: str) -> EnvironmentUnfit:
    return EnvironmentUnfit(
        expected=f"a signature from the program {program}",
        found=found,
        remedy="run it by hand, or name another key source",
    )
