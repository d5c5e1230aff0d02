"""Every source of keys signs; none of them ever shows one, and what is wrong with it is one line."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from web3 import Web3

from edgeline.anchoring.contract import open_contract, transact
from edgeline.anchoring.deployment import Chain
from edgeline.anchoring.flush import flush
from edgeline.anchoring.interface import ROLES
from edgeline.anchoring.keys import load_signer
from edgeline.anchoring.node import Node
from edgeline.anchoring.outbox import Outbox
from edgeline.errors import EdgelineError, EnvironmentUnfit, RecipeError
from edgeline.workspace import KEYSTORE_PASSWORD
from tests.chain.conftest import KEYS, Make, deployed
from tests.chain.secrets import MARKER, WORD, assert_nothing_shown

TRANSACTION: dict[str, Any] = {
    "chainId": 1337,
    "nonce": 5,
    "to": Web3.to_checksum_address("0x" + 40 * "a"),
    "value": 0,
    "data": "0x1234",
    "gas": 100_000,
    "maxFeePerGas": 10**9,
    "maxPriorityFeePerGas": 10**8,
    "type": 2,
}


@pytest.fixture(scope="module")
def address() -> str:
    return str(Account.from_key(MARKER).address).lower()


@pytest.fixture
def node(url: str) -> Node:
    return Node(url)


@pytest.fixture
def keystore(tmp_path: Path) -> Path:
    path = tmp_path / "keystore.json"
    path.write_text(json.dumps(Account.encrypt(MARKER, WORD, kdf="pbkdf2", iterations=10)))
    return path


def test_a_variable_holds_a_key_with_or_without_0x(
    node: Node, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in (MARKER, "0x" + MARKER, "0x" + MARKER.upper()):
        monkeypatch.setenv("EDGELINE_MARKED", text)
        assert load_signer("env:EDGELINE_MARKED", node, tmp_path).address == address


@pytest.fixture
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "the key"
    path.write_text(f"0x{MARKER}\n")
    path.chmod(0o600)
    return path


def test_a_file_holds_a_key_for_its_owner_alone(
    node: Node, address: str, tmp_path: Path, key_file: Path
) -> None:
    assert load_signer(f"file:{key_file}", node, tmp_path).address == address
    for mode in (0o640, 0o604, 0o620, 0o644):
        key_file.chmod(mode)
        with pytest.raises(EnvironmentUnfit, match=f"found one of mode {mode:04o}") as caught:
            load_signer(f"file:{key_file}", node, tmp_path)
        assert_nothing_shown(caught.value)
    subprocess.run(caught.value.remedy.partition(";")[0], shell=True, check=True)
    assert load_signer(f"file:{key_file}", node, tmp_path).address == address


@pytest.mark.parametrize("content", [b"", b"0x", 62 * b"a", 66 * b"a", 64 * b"0", b"\xff", None])
def test_what_is_no_key_file_is_one_line(
    node: Node, tmp_path: Path, key_file: Path, content: bytes | None
) -> None:
    key_file.unlink() if content is None else key_file.write_bytes(content)
    with pytest.raises(EnvironmentUnfit, match="64 hexadecimal digits in .*the key") as caught:
        load_signer(f"file:{key_file}", node, tmp_path)
    assert caught.value.found == ("no readable file" if content is None else "something else")
    assert_nothing_shown(caught.value)


def test_a_keystore_opens_with_its_password(
    node: Node, address: str, tmp_path: Path, keystore: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEYSTORE_PASSWORD, WORD)
    assert load_signer(f"keystore:{keystore}", node, tmp_path).address == address


def test_the_password_is_asked_at_a_terminal_and_not_echoed(
    url: str, address: str, tmp_path: Path, keystore: Path
) -> None:
    code = (
        "import sys; from pathlib import Path; from edgeline.anchoring.keys import load_signer; "
        "from edgeline.anchoring.node import Node; "
        "print(load_signer(sys.argv[1], Node(sys.argv[2]), Path(sys.argv[3])).address)"
    )
    terminal = [sys.executable, "-c", "import pty, sys; pty.spawn(sys.argv[1:])"]
    asking = [sys.executable, "-c", code, f"keystore:{keystore}", url, str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if name != KEYSTORE_PASSWORD}
    pipe = subprocess.PIPE
    with subprocess.Popen([*terminal, *asking], stdin=pipe, stdout=pipe, env=environment) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        seen = b""
        try:
            while b"Password of" not in seen and child.poll() is None:
                seen += os.read(child.stdout.fileno(), 1024)
            child.stdin.write(f"{WORD}\n".encode())
            child.stdin.flush()
            while chunk := os.read(child.stdout.fileno(), 1024):
                seen += chunk
        finally:
            child.kill()
    assert address.encode() in seen
    assert WORD.encode() not in seen


def test_a_node_signs_for_the_account_that_is_named(node: Node, tmp_path: Path) -> None:
    accounts = [one.lower() for one in node.ask("eth_accounts")]
    assert load_signer("node", node, tmp_path).address == accounts[0]
    assert (
        load_signer(f"node:{accounts[3].upper().replace('0X', '0x')}", node, tmp_path).address
        == accounts[3]
    )
    assert load_signer("node", node, tmp_path).sign(TRANSACTION) is None
    with pytest.raises(EnvironmentUnfit, match="found 10 other accounts"):
        load_signer("node:0x" + 40 * "1", node, tmp_path)


@pytest.mark.parametrize(
    ("source", "error", "told"),
    [
        ("env:EDGELINE_NO_SUCH", EnvironmentUnfit, "variable EDGELINE_NO_SUCH.*no such variable"),
        ("env:EDGELINE_SHORT", EnvironmentUnfit, "64 hexadecimal digits; found 62 characters"),
        ("env:EDGELINE_LONG", EnvironmentUnfit, "found 66 characters"),
        ("env:EDGELINE_ZERO", EnvironmentUnfit, "found 64 characters that are none"),
        ("env:EDGELINE_WORDS", EnvironmentUnfit, "found 17 characters that are none"),
        ("env:", RecipeError, "the name of a variable; found 0"),
        ("env:A B", RecipeError, "the name of a variable"),
        (f"env:{MARKER}", RecipeError, "the name of a variable"),
        (MARKER, RecipeError, "found another word"),
        (f"0x{MARKER}", RecipeError, "found another word"),
        ("", RecipeError, "found another word"),
        ("node:0", RecipeError, "node: and 0x"),
        ("node:0x12", RecipeError, "found 4 other characters"),
        ("keystore:", RecipeError, "the path of a file"),
        ("keystore:/nowhere/at/all", EnvironmentUnfit, "found no readable file"),
        ("command:", RecipeError, "a program; found 0"),
        ("command:'", RecipeError, "a quotation mark"),
        ("command: ", RecipeError, "a key source|a program"),
        ("command:/nowhere/at/all --key secret", EnvironmentUnfit, "a program that does not run"),
        ("command:false", EnvironmentUnfit, "exit status 1"),
        ("command:echo 0x12", EnvironmentUnfit, "no address"),
    ],
)
def test_what_is_no_key_is_one_line(
    node: Node,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    error: type[EdgelineError],
    told: str,
) -> None:
    monkeypatch.setenv("EDGELINE_SHORT", MARKER[:62])
    monkeypatch.setenv("EDGELINE_LONG", MARKER + "ab")
    monkeypatch.setenv("EDGELINE_ZERO", "0" * 64)
    monkeypatch.setenv("EDGELINE_WORDS", "correct horse bat")
    with pytest.raises(error, match=told) as caught:
        load_signer(source, node, tmp_path)
    assert "\n" not in str(caught.value)
    assert not any(secret in repr(caught.value) for secret in (MARKER[:62], "secret"))
    if MARKER not in source:
        assert_nothing_shown(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 50_000,
        b'{"version":3}',
        b'{"version":1,"crypto":{}}',
        b'{"version":3,"crypto":5}',
        b'{"version":3,"crypto":{"cipher":"aes-128-ctr","kdf":"scrypt"}}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_keystore_is_one_line(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    path = tmp_path / "wallet.json"
    path.write_bytes(content)
    monkeypatch.setenv(KEYSTORE_PASSWORD, WORD)
    with pytest.raises(EnvironmentUnfit, match=r"keystore .*wallet\.json") as caught:
        load_signer(f"keystore:{path}", node, tmp_path)
    assert_nothing_shown(caught.value)


def test_a_wrong_or_missing_password_is_one_line(
    node: Node, tmp_path: Path, keystore: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEYSTORE_PASSWORD, WORD + "!")
    with pytest.raises(
        EnvironmentUnfit, match="found another one, or a damaged keystore"
    ) as caught:
        load_signer(f"keystore:{keystore}", node, tmp_path)
    assert_nothing_shown(caught.value)
    monkeypatch.delenv(KEYSTORE_PASSWORD)
    with pytest.raises(EnvironmentUnfit, match=f"variable {KEYSTORE_PASSWORD}; .* no terminal"):
        load_signer(f"keystore:{keystore}", node, tmp_path)


def test_no_key_is_in_anything_that_is_shown_or_stored(
    chain: Chain,
    outbox: Outbox,
    make: Make,
    tmp_path: Path,
    keystore: Path,
    key_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(0)
    contract = open_contract(chain.url, deployed(chain.url, tmp_path).deployment)
    admin = load_signer("node", contract.node, tmp_path)
    monkeypatch.setenv("EDGELINE_MARKED", MARKER)
    monkeypatch.setenv(KEYSTORE_PASSWORD, WORD)
    sources = ("env:EDGELINE_MARKED", f"keystore:{keystore}", f"file:{key_file}")
    for number, source in enumerate(sources):
        ours = load_signer(source, contract.node, tmp_path)
        transact(contract, admin, "setRoles", ours.address, 0)
        outbox.add(make(str(number)))
        with pytest.raises(EnvironmentUnfit) as caught:
            flush(outbox, contract, ours)
        assert_nothing_shown(caught.value)
        with pytest.raises(EnvironmentUnfit, match="found a field that no transaction") as odd:
            ours.sign({**TRANSACTION, "nonce": -1})
        assert_nothing_shown(odd.value)
        transact(contract, admin, "setRoles", ours.address, ROLES["ANCHORER"])
        give = {"from": admin.address, "to": ours.address, "value": hex(10**17)}
        contract.node.ask("eth_sendTransaction", give)
        assert flush(outbox, contract, ours).sent == 1
        shown = repr(ours) + str(ours) + f"{ours!r}"
        assert not any(secret in shown for secret in (MARKER, WORD))
    out, err = capfd.readouterr()
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in (MARKER, WORD):
        assert secret not in out + err + caplog.text
        assert secret.encode() not in stored
    assert bytes.fromhex(MARKER) not in stored


def test_nothing_about_a_key_is_in_the_arguments_of_a_process(
    node: Node, tmp_path: Path, keystore: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy = tmp_path / "spy.sh"
    spy.write_text(
        '#!/bin/sh\ncat > /dev/null\ncat /proc/$PPID/cmdline /proc/$$/cmdline > "$1"\necho 0x12\n'
    )
    spy.chmod(spy.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv(KEYSTORE_PASSWORD, WORD)
    load_signer(f"keystore:{keystore}", node, tmp_path)
    with pytest.raises(EnvironmentUnfit):
        load_signer(f"command:{spy} {tmp_path / 'seen'}", node, tmp_path)
    seen = (tmp_path / "seen").read_bytes()
    assert str(spy).encode() in seen
    assert WORD.encode() not in seen
    assert MARKER.encode() not in seen


@pytest.mark.parametrize("kind", ["env", "file", "keystore", "command"])
def test_a_key_given_in_place_of_its_source_is_not_repeated(
    kind: str, url: str, tmp_path: Path
) -> None:
    with pytest.raises(RecipeError) as refused:
        load_signer(f"{kind}:{KEYS[1]}", Node(url), tmp_path)
    assert KEYS[1].removeprefix("0x") not in str(refused.value)
