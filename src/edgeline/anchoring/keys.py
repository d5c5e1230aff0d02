"""Who signs: a key in a file or a variable, an encrypted keystore, the node itself, or a program of the user's.

A key is never in a message, a log, a repr, an argument of a process, or a frame that an exception passes
through: whatever reads one gives None where it fails, and its caller, who never saw the key, raises.
"""

import getpass
import os
import re
import shlex
import stat
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import is_checksum_address
from web3.types import TxParams

from edgeline.anchoring.external_signer import ADDRESS, Sign, external_signer
from edgeline.anchoring.node import Node
from edgeline.errors import EnvironmentUnfit, RecipeError
from edgeline.files import acquire_lock, read_json
from edgeline.workspace import KEYSTORE_PASSWORD

KEY = re.compile(r"(0x)?[0-9a-fA-F]{64}")
OF_SCHEDULES = (
    "what a schedule runs has no such variable: for that, name file:PATH or command:PROGRAM"
)

T = TypeVar("T")


@dataclass(frozen=True)
class Signer:
    """An account that can send transactions."""

    address: str
    sign: Sign = field(repr=False)
    """The signed bytes; None where the node signs."""
    lock: Path = field(repr=False)

    def exclusive(self, patience_s: float = 0.0) -> AbstractContextManager[None]:
        """Being the only one who numbers this account's transactions, or WorkspaceBusy."""
        expected = f"nobody else to send transactions of {self.address}"
        return acquire_lock(self.lock, expected, patience_s=patience_s)


def parse_address(text: str) -> str:
    """An account's address as it can be sent, its checksum respected where it has one (EIP-55).

    Raises:
        RecipeError: it is no address, or has a wrong checksum.
    """
    is_plain = text[2:] in (text[2:].lower(), text[2:].upper())
    if ADDRESS.fullmatch(text) and (is_plain or is_checksum_address(text)):
        return text.lower()
    raise RecipeError(
        expected="the address of an account, 0x and 40 hexadecimal digits with the right checksum",
        found=repr(text[:60]),
        remedy="copy it from where you trust it",
    )


def load_signer(source: str, node: Node, locks: Path) -> Signer:
    """The account of `source`: node, node:0xADDRESS, env:NAME, file:PATH, keystore:PATH or command:PROGRAM ARGS.

    Raises:
        RecipeError: `source` is none of these.
        EnvironmentUnfit: there is no such key, or it cannot be used.
    """
    kind, _, rest = source.partition(":")
    if kind not in SOURCES:
        raise RecipeError(
            expected="a key source: node, node:0xADDRESS, env:NAME, file:PATH, keystore:PATH or command:PROGRAM",
            found="another word",
            remedy="name one of these; the key itself is never written there",
        )
    form, meant, read = SOURCES[kind]
    if not form.fullmatch(rest) or KEY.fullmatch(rest.strip()):
        raise RecipeError(
            expected=f"{kind}: and {meant}",
            found=f"{len(rest)} other characters",
            remedy="write it so; the key itself is never written there",
        )
    address, sign = read(rest, node)
    chain_id = node.web3.eth.chain_id
    return Signer(address, sign, locks / f"nonces-{chain_id}-{address}.lock")


def _of_node(address: str, node: Node) -> tuple[str, Sign]:
    accounts = [str(one).lower() for one in node.web3.eth.accounts]
    chosen = address.lower() or next(iter(accounts), "")
    if chosen not in accounts:
        raise EnvironmentUnfit(
            expected=f"a node at {node.place} that signs for {chosen or 'an account'}",
            found=f"{len(accounts)} other accounts" if accounts else "a node without accounts",
            remedy="name another key source: env:NAME, file:PATH, keystore:PATH or command:PROGRAM",
        )
    return chosen, lambda _: None


def _of_variable(name: str, _: Node) -> tuple[str, Sign]:
    account = _without_trace(lambda: Account.from_key(os.environ[name]))
    if account is None:
        length = len(os.environ.get(name, ""))
        others = f"{length} characters that are none"
        raise EnvironmentUnfit(
            expected=f"a private key in the variable {name}: 64 hexadecimal digits",
            found=others if length else "no such variable, or an empty one",
            remedy=f"export it there, or name another key source; {OF_SCHEDULES}",
        )
    return _local(account)


def _of_file(path: str, _: Node) -> tuple[str, Sign]:
    file = Path(path).expanduser()
    found, remedy = "no readable file", "name the file that holds it"
    try:
        with file.open("rb") as opened:
            status = os.fstat(opened.fileno())
            account = _without_trace(lambda: Account.from_key(opened.read(100).decode().strip()))
    except OSError:
        account = None
    else:
        found = "something else"
        if status.st_mode & 0o077:
            account, found = (
                None,
                f"one of mode {stat.S_IMODE(status.st_mode):04o}, which others may read or change",
            )
            remedy = f"chmod 600 {shlex.quote(str(file))}; a key that others may have read is to be replaced"
    if account is None:
        raise EnvironmentUnfit(
            expected=f"a private key of 64 hexadecimal digits in {file}, for its owner alone",
            found=found,
            remedy=remedy,
        )
    return _local(account)


def _of_keystore(path: str, _: Node) -> tuple[str, Sign]:
    file = Path(path).expanduser()
    keystore = read_json(file)
    if keystore is None or keystore.get("version") != 3:
        raise EnvironmentUnfit(
            expected=f"an Ethereum keystore of version 3 at {file}",
            found="something else" if file.is_file() else "no readable file",
            remedy="name the file that your wallet exported",
        )
    if KEYSTORE_PASSWORD not in os.environ and not sys.stdin.isatty():
        raise EnvironmentUnfit(
            expected=f"the password of {path} in the variable {KEYSTORE_PASSWORD}",
            found="no such variable, and no terminal to ask at",
            remedy=f"export it; {OF_SCHEDULES}",
        )
    account = _without_trace(lambda: _decrypted(keystore, path))
    if account is None:
        raise EnvironmentUnfit(
            expected=f"the password of the keystore {path}",
            found="another one, or a damaged keystore",
            remedy=f"set {KEYSTORE_PASSWORD} right, or take the keystore from its backup",
        )
    return _local(account)


def _decrypted(keystore: dict[str, Any], path: str) -> LocalAccount:
    password = os.environ.get(KEYSTORE_PASSWORD)
    if password is None:
        password = getpass.getpass(f"Password of {path}: ")
    account: LocalAccount = Account.from_key(Account.decrypt(keystore, password))
    return account


Source = Callable[[str, Node], tuple[str, Sign]]
SOURCES: dict[str, tuple[re.Pattern[str], str, Source]] = {
    "node": (
        re.compile(f"({ADDRESS.pattern})?"),
        "0x and 40 hexadecimal digits, or nothing for its first account",
        _of_node,
    ),
    "env": (re.compile(r"[A-Za-z_][A-Za-z0-9_]*"), "the name of a variable", _of_variable),
    "file": (re.compile(r".+"), "the path of a file", _of_file),
    "keystore": (re.compile(r".+"), "the path of a file", _of_keystore),
    "command": (re.compile(r".+"), "a program", lambda words, _: external_signer(words)),
}
"""What may stand behind the colon, in a pattern and in words, and how it is read."""


def _local(account: LocalAccount) -> tuple[str, Sign]:
    address = str(account.address).lower()

    def sign(transaction: TxParams) -> bytes:
        fields: dict[str, Any] = {**transaction}
        raw = _without_trace(lambda: bytes(account.sign_transaction(fields).raw_transaction))
        if raw is None:
            raise EnvironmentUnfit(
                expected=f"something that {address} can sign",
                found="a field that no transaction has",
                remedy="look at what the chain said of fees, gas and numbers",
            )
        return raw

    return address, sign


def _without_trace(use_key: Callable[[], T]) -> T | None:
    """What this gives; None where it fails, whose own errors pass through frames that hold the key."""
    try:
        return use_key()
    except Exception:  # noqa: BLE001 - whatever it is, its frames hold the key
        return None
