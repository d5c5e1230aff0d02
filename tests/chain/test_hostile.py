"""A node that lies, babbles, drips or is silent ends in one line; it never hangs anyone or kills them."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from edgeline.anchoring.contract import open_contract
from edgeline.anchoring.events import Anchored, topic
from edgeline.anchoring.flush import flush
from edgeline.anchoring.http import MAX_BYTES
from edgeline.anchoring.keys import load_signer
from edgeline.anchoring.node import Node
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.receipts import receipt_of
from edgeline.errors import EdgelineError, ServiceUnavailable
from edgeline.provenance.record import Deployment
from edgeline.provenance.statement import Statement
from tests.chain.conftest import Make
from tests.chain.servers import dripping, lying, stranger

OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (404, {}, b"<html>at /home/someone/server.js</html>"),
        (429, {}, b'{"jsonrpc":"2.0","id":0,"result":"0x1"}'),
        (200, {}, b"<html></html>"),
        (200, {}, b""),
        (200, {}, b'{"hello":"world"}'),
        (200, {}, b"[]"),
        (200, {}, b"null"),
        (200, {}, b'"0x1"'),
        (200, {}, b'{"jsonrpc":"2.0","id":0,"result":true}'),
        (200, {}, b'{"jsonrpc":"2.0","id":1,"result":"0x539"}'),
        (200, {}, b'{"jsonrpc":"2.0","id":0,"error":"no"}'),
        (200, {}, b"\xff\xfe"),
        (200, {}, b"[" * 100_000),
        (200, {}, b'{"a":' * 100_000),
        (200, {}, b"9" * 100_000),
        (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b\x08\x00nothing"),
        (307, {"Location": "http://127.0.0.1:1/"}, b""),
    ],
)
def test_a_stranger_on_the_port_gives_one_line(
    deployment: Deployment, status: int, headers: dict[str, str], body: bytes
) -> None:
    with (
        stranger(lambda _: (status, headers, body)) as address,
        pytest.raises(ServiceUnavailable, match="does not speak Ethereum") as caught,
    ):
        open_contract(address, deployment)
    assert "\n" not in str(caught.value)
    assert "server.js" not in str(caught.value)


@pytest.mark.parametrize(
    "answers",
    [
        [],
        [{"id": 0, "result": 1}],
        [{"id": 0, "result": 1}, {"id": 0, "result": 2}],
        [{"id": 0, "result": 1}, {"id": True, "result": 2}],
        [{"id": 0, "result": 1}, {"id": 1, "result": 2}, {"id": 2, "result": 3}],
        [{"id": [], "result": 1}, {"id": {}, "result": 2}],
        [{"id": 0, "result": 1}, {"id": 1}],
        [None, 1],
        {"result": 1},
        5,
    ],
)
def test_a_batch_without_exactly_its_answers_is_no_batch(answers: object) -> None:
    with (
        stranger(lambda _: (200, {}, json.dumps(answers).encode())) as address,
        pytest.raises(ServiceUnavailable, match="does not speak Ethereum"),
    ):
        Node(address).batch([("eth_chainId", ()), ("eth_blockNumber", ())])


def test_the_answers_of_a_batch_may_come_in_any_order() -> None:
    answers = [{"id": 1, "result": "second"}, {"id": 0, "result": "first"}]
    with stranger(lambda _: (200, {}, json.dumps(answers).encode())) as address:
        assert Node(address).batch([("a", ()), ("b", ())]) == ["first", "second"]


def test_a_refusal_cannot_write_to_the_terminal() -> None:
    error = {
        "code": 1,
        "message": "\x1b[2Jgone\x07 /etc/passwd \u202etxt\nsecond line" + 5000 * "x",
    }
    with (
        stranger(lambda _: (200, {}, json.dumps({"id": 0, "error": error}).encode())) as address,
        pytest.raises(EdgelineError) as caught,
    ):
        Node(address).ask("eth_chainId")
    assert str(caught.value).isprintable()
    assert str(caught.value).isascii()
    assert "passwd" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"", b""),
        (OK, b"X: y\r\n"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"y"),
        (OK + b"Content-Length: 1000000\r\n\r\n", b" "),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a"),
    ],
    ids=["silence", "headers", "one header", "body", "chunks", "one chunk's size"],
)
@pytest.mark.timeout(60)
def test_a_node_that_drips_is_given_up_in_time(first: bytes, again: bytes) -> None:
    with dripping(first, again) as address, pytest.raises(ServiceUnavailable, match="no answer"):
        # a hundredth of what the whole test may take: time decides nothing but whether it hangs
        Node(address, timeout_s=0.5).ask("eth_chainId")


def test_an_endless_answer_is_cut_off() -> None:
    with (
        dripping(OK + b"\r\n", b" " * 2**20, pause_s=0) as address,
        pytest.raises(ServiceUnavailable, match=f"more than {MAX_BYTES >> 20} MiB|no answer"),
    ):
        Node(address, timeout_s=30).ask("eth_chainId")


def test_an_answer_that_breaks_off_is_no_answer() -> None:
    cut = OK + b'Content-Length: 100\r\n\r\n{"id":0,'
    with (
        dripping(cut, None) as address,
        pytest.raises(ServiceUnavailable, match="broke off|no JSON"),
    ):
        Node(address).ask("eth_chainId")


GARBAGE: list[Any] = [
    None,
    True,
    -1,
    "",
    "0x",
    "0x1",
    "0x" + "f" * 64,
    "0x" + "f" * 300,
    [[]],
    {},
    {"hash": None, "number": "0x0"},
    {"blockNumber": "0x1", "logs": {}},
    [{"topics": ["0x"], "address": 5, "data": "0x"}],
]
METHODS = [
    "eth_chainId",
    "eth_getBlockByNumber",
    "eth_getCode",
    "eth_getStorageAt",
    "eth_call",
    "eth_getTransactionCount",
    "eth_maxPriorityFeePerGas",
    "eth_getBalance",
    "eth_accounts",
    "eth_sendTransaction",
    "eth_getTransactionReceipt",
    "eth_blockNumber",
    "eth_getLogs",
    "eth_getProof",
]


@pytest.mark.parametrize("method", METHODS)
def test_no_answer_to_any_question_is_worse_than_one_line(
    url: str, deployment: Deployment, method: str, outbox: Outbox, make: Make, tmp_path: Path
) -> None:
    for number, garbage in enumerate(GARBAGE):
        outbox.add(make(str(number)))
        with lying(url, {method: garbage}) as address:
            error = error_of(partial(_all_at_once, address, deployment, outbox, make(str(number))))
        if error is not None:
            assert error.exit_code in (4, 5, 6), (garbage, error)
            assert str(error).isprintable()

    # With the truth again, nothing is lost.
    contract = open_contract(url, deployment)
    flush(outbox, contract, load_signer("node", contract.node, tmp_path))
    keys = [row.key for row in outbox.entries()]
    assert contract.statuses(keys) == [1] * len(GARBAGE)
    assert all(receipt_of(outbox, contract, key).storage for key in keys)


def test_a_node_that_claims_a_record_is_found_out(
    url: str, deployment: Deployment, outbox: Outbox, make: Make, tmp_path: Path
) -> None:
    statement = make("model")
    outbox.add(statement)
    claim = "0x0000030000000100" + "0" * 7 + "1" + "1" * 40
    with lying(url, {"eth_getStorageAt": claim}) as address:
        contract = open_contract(address, deployment)
        flush(outbox, contract, load_signer("node", contract.node, tmp_path))
        error = error_of(lambda: receipt_of(outbox, contract, statement.digest))
    assert error is not None
    assert error.exit_code == 4

    contract = open_contract(url, deployment)
    assert contract.record(statement.digest) is None


def test_what_a_node_only_claims_to_have_written_is_written_by_the_next(
    url: str, deployment: Deployment, outbox: Outbox, make: Make, tmp_path: Path
) -> None:
    statement = make("model")
    outbox.add(statement)
    place = {"transactionHash": "0x" + 64 * "a", "blockHash": "0x" + 64 * "b", "blockNumber": "0x2"}
    topics = [topic(Anchored), f"0x{statement.digest}", f"0x{statement.subject}", "0x" + 64 * "0"]
    log = {**place, "address": deployment.contract, "topics": topics, "logIndex": "0x0"}
    words = f"0x{3:064x}{1:064x}"
    lies = {
        "eth_sendTransaction": place["transactionHash"],
        "eth_getStorageAt": f"0x{0:04x}{3:02x}{2:08x}{1:010x}{0:040x}",
        "eth_getLogs": [{**log, "data": words}],
    }
    with lying(url, lies, silent="eth_sendTransaction") as address:
        contract = open_contract(address, deployment)
        # Its own chain, in which no block has that hash, gives it away.
        report = flush(outbox, contract, load_signer("node", contract.node, tmp_path))
        assert (report.already, report.reopened, report.pending) == (1, 1, 1)

    contract = open_contract(url, deployment)
    assert contract.record(statement.digest) is None
    report = flush(outbox, contract, load_signer("node", contract.node, tmp_path))
    assert (report.sent, report.final) == (1, 1)
    assert contract.status(statement.digest) == 1


def _all_at_once(
    address: str, deployment: Deployment, outbox: Outbox, statement: Statement
) -> object:
    contract = open_contract(address, deployment, timeout_s=5)
    ours = load_signer("node", contract.node, outbox.path.parent)
    flush(outbox, contract, ours, wait_s=0.1)
    return receipt_of(outbox, contract, statement.digest)


def error_of(call: Callable[[], object]) -> EdgelineError | None:
    """The error of a call; anything that is not one of ours goes through."""
    try:
        call()
    except EdgelineError as error:
        return error
    return None
