"""Ganache as the product runs it: what a browser's page may ask, which methods answer, whose account it holds."""

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from edgeline.anchoring.contract import deploy, open_contract
from edgeline.anchoring.keys import load_signer
from edgeline.anchoring.node import Node
from edgeline.errors import EnvironmentUnfit
from edgeline.stack import ganache
from edgeline.workspace import Workspace
from tests.nodes import LocalNode, running_ganache, start_guarded

JSON = {"Content-Type": "application/json"}
CHAIN_ID = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
REFUSED = (
    *(
        "eth_sendTransaction",
        "eth_sign",
        "eth_signTransaction",
        "eth_signTypedData",
        "eth_submitWork",
    ),
    *(
        "eth_signTypedData_v4",
        "eth_subscribe",
        "eth_newFilter",
        "eth_mining",
        "personal_listAccounts",
    ),
    *("personal_newAccount", "personal_importRawKey", "personal_unlockAccount", "evm_addAccount"),
    *("personal_sendTransaction", "evm_increaseTime", "evm_mine", "evm_revert", "evm_snapshot"),
    *(
        "evm_setAccountBalance",
        "evm_setAccountCode",
        "evm_setAccountNonce",
        "evm_setAccountStorageAt",
    ),
    *("evm_setTime", "miner_start", "miner_stop", "miner_setEtherbase", "debug_traceTransaction"),
    *("debug_storageRangeAt", "admin_nodeInfo", "db_putString", "bzz_hive", "shh_version"),
    *("rpc_modules", "constructor", "toString", "__proto__"),
)
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
PREFLIGHT = {
    "Origin": "https://example.org",
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def chain(home: Workspace) -> Iterator[LocalNode]:
    node = start_guarded(home.root)
    yield node
    node.end()


def ask(
    chain: LocalNode, headers: Mapping[str, str], method: str = "POST", body: object = CHAIN_ID
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Status, headers and body of the answer; `{port}` in a header is the chain's."""
    connection = http.client.HTTPConnection("127.0.0.1", chain.port, timeout=30)
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {name: value.format(port=chain.port) for name, value in headers.items()}
    try:
        connection.request(method, "/", sent if method == "POST" else None, given)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "[::1]:{port}"])
def test_a_program_of_this_machine_is_answered(chain: LocalNode, host: str) -> None:
    status, headers, body = ask(
        chain, {"Content-Type": "Application/JSON; charset=utf-8", "Host": host}
    )
    assert (status, json.loads(body)["result"]) == (200, "0x539")
    assert not [name for name in headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    ("expected", "method", "headers"),
    [
        (403, "POST", JSON | {"Origin": "https://example.org"}),
        (403, "POST", JSON | {"Origin": "null"}),
        (403, "POST", JSON | {"Origin": "http://127.0.0.1:{port}"}),
        (403, "POST", JSON | {"Origin": ""}),
        (403, "POST", JSON | {"Sec-Fetch-Site": "cross-site"}),
        (403, "POST", JSON | {"Sec-Fetch-Site": "same-site"}),
        (403, "POST", JSON | {"Sec-Fetch-Site": "same-origin"}),
        (403, "POST", JSON | {"Host": "rebound.example.org:{port}"}),
        (403, "POST", JSON | {"Host": "127.0.0.1.example.org:{port}"}),
        (403, "POST", JSON | {"Host": "127.0.0.1"}),
        (403, "POST", JSON | {"Host": "localhost:1"}),
        (403, "OPTIONS", PREFLIGHT),
        (403, "GET", UPGRADE | {"Origin": "https://example.org"}),
        (405, "OPTIONS", {}),
        (405, "GET", UPGRADE),
        (405, "POST", JSON | {"Connection": "Upgrade", "Upgrade": "h2c"}),
        (405, "GET", JSON),
        (405, "PUT", JSON),
        (415, "POST", {"Content-Type": "text/plain"}),
        (415, "POST", {"Content-Type": "application/x-www-form-urlencoded"}),
        (415, "POST", {"Content-Type": "text/plain; application/json"}),
        (415, "POST", {}),
    ],
    ids=str,
)
def test_what_a_page_can_send_is_refused(
    chain: LocalNode, expected: int, method: str, headers: dict[str, str]
) -> None:
    status, answered, body = ask(chain, headers, method)
    assert status == expected
    assert b"0x539" not in body
    assert not [name for name in answered if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    ("expected", "body"),
    [
        (400, b"{"),
        (413, [CHAIN_ID] * 1001),
        (413, b"[" + b" " * 2**22 + b"]"),
    ],
    ids=["no JSON", "many", "long"],
)
def test_a_body_has_bounds(chain: LocalNode, expected: int, body: object) -> None:
    assert ask(chain, JSON, body=body)[0] == expected


@pytest.mark.parametrize("body", [b"null", b"1", b'"text"', b"[]", b"[null]", b"[[]]", b"{}"])
def test_what_asks_nothing_gets_nothing(chain: LocalNode, body: bytes) -> None:
    status, _, answer = ask(chain, JSON, body=body)
    assert status == 200
    assert b"result" not in answer


def test_a_question_that_breaks_off_ends_nothing(chain: LocalNode) -> None:
    with socket.create_connection(("127.0.0.1", chain.port)) as connection:
        head = (
            f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{chain.port}\r\nContent-Type: application/json\r\n"
        )
        connection.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
    assert ask(chain, JSON)[0] == 200


def test_nothing_signs_or_rewrites_the_chain(chain: LocalNode) -> None:
    questions = [{**CHAIN_ID, "id": number, "method": name} for number, name in enumerate(REFUSED)]
    answers = json.loads(ask(chain, JSON, body=[*questions, {**CHAIN_ID, "id": "last"}])[2])
    assert [one["id"] for one in answers] == [*range(len(REFUSED)), "last"]
    assert {one["error"]["code"] for one in answers[:-1]} == {-32601}
    assert answers[-1]["result"] == "0x539"


def test_the_account_is_of_this_project_and_its_key_in_one_file(
    chain: LocalNode, home: Workspace, tmp_path: Path
) -> None:
    node, key = Node(chain.url), home.chain_key.read_text().strip()
    assert home.chain_key.stat().st_mode & 0o777 == 0o600
    assert node.ask("eth_accounts") == []
    with pytest.raises(EnvironmentUnfit, match="a node without accounts"):
        load_signer("node", node, tmp_path)
    signer = load_signer(f"file:{home.chain_key}", node, tmp_path)
    assert node.balance(signer.address) > 999 * 10**18
    shown = Path(f"/proc/{chain.process.pid}")
    for name in ("cmdline", "environ") if shown.exists() else ():
        assert key.removeprefix("0x").encode() not in (shown / name).read_bytes()
    kept = [path for path in home.state.rglob("*") if path.is_file() and path != home.chain_key]
    assert not [path for path in kept if bytes.fromhex(key[2:]) in path.read_bytes()]


def test_a_second_ganache_is_never_the_same_chain(
    chain: LocalNode, home: Workspace, tmp_path: Path
) -> None:
    """Whoever starts one at the first block's second, with the accounts that everybody knows."""
    known = deploy(chain.url, f"file:{home.chain_key}", name="local", locks=tmp_path)
    began = Node(chain.url).ask("eth_getBlockByNumber", "0x0", False)
    second = f"--chain.time={1000 * int(began['timestamp'], 16)}"
    with running_ganache(second) as other:
        theirs = deploy(other.url, "node", name="local", locks=tmp_path)
        assert (
            Node(other.url).ask("eth_getBlockByNumber", "0x0", False)["timestamp"]
            == began["timestamp"]
        )
        assert theirs.deployment.genesis != known.deployment.genesis
        with pytest.raises(EnvironmentUnfit, match="with genesis"):
            open_contract(other.url, known.deployment)


def test_a_chain_goes_on_after_it_was_killed(tmp_path: Path) -> None:
    key = f"file:{Workspace(tmp_path).chain_key}"
    node = start_guarded(tmp_path)
    try:
        known = deploy(node.url, key, name="local", locks=tmp_path)
    finally:
        node.kill()
    node = start_guarded(tmp_path, node.port)
    try:
        assert open_contract(node.url, known.deployment).node.head() == 1
        assert deploy(node.url, key, name="local", locks=tmp_path).block == 2
    finally:
        node.end()


def test_a_chain_whose_keys_everybody_knows_is_set_aside(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.chain_database.mkdir(parents=True)
    (workspace.chain_database / "CURRENT").write_text("MANIFEST-000004")
    workspace.deployment().write_text("what is known of it")
    assert workspace.has_public_chain()

    ganache.prepare(workspace)

    (aside,) = workspace.state.glob("chain-until-*")
    assert (aside / "ganache" / "CURRENT").is_file()
    assert (aside / "local.json").read_text() == "what is known of it"
    assert not list(workspace.chain_database.iterdir())
    assert not workspace.has_public_chain()
    assert f"stays in .edgeline/{aside.name}" in ganache.set_aside(workspace)
    key = workspace.chain_key.read_text()
    ganache.prepare(workspace)
    assert workspace.chain_key.read_text() == key
    workspace.deployment().write_text("a contract on the new one")
    assert ganache.set_aside(workspace) == ""
