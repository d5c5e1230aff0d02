"""What answers at an address is checked before anything is believed or written."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from edgeline.anchoring.registry import Refused, connect
from edgeline.errors import EnvironmentUnfit, ServiceUnavailable
from edgeline.receipt import Deployment, Statement


def test_a_node_that_is_down_is_named(nobody: str, deployment: Deployment) -> None:
    with pytest.raises(ServiceUnavailable, match=f"{nobody}; found no answer; .*edgeline up"):
        connect(nobody, deployment)


def test_a_wiped_chain_is_another_chain(other_url: str, deployment: Deployment) -> None:
    with pytest.raises(EnvironmentUnfit, match="with genesis"):
        connect(other_url, deployment)


def test_another_chain_number_is_another_chain(url: str, deployment: Deployment) -> None:
    with pytest.raises(EnvironmentUnfit, match="expected chain 5 .* found chain 1337"):
        connect(url, replace(deployment, chain_id=5))


def test_an_address_without_code_is_refused(url: str, deployment: Deployment) -> None:
    with pytest.raises(EnvironmentUnfit, match="found no contract"):
        connect(url, replace(deployment, contract="0x" + 40 * "1"))


def test_another_contract_is_refused(url: str, deployment: Deployment) -> None:
    with pytest.raises(EnvironmentUnfit, match="found another one"):
        connect(url, replace(deployment, code_hash="0x" + 64 * "1"))


def test_code_that_vanishes_later_is_noticed(
    url: str, deployment: Deployment, digest: Callable[[str], str]
) -> None:
    registry = connect(url, deployment)
    registry.deployment = replace(deployment, contract="0x" + 40 * "1")
    with pytest.raises(EnvironmentUnfit, match="found no contract"):
        registry.anchor(Statement(digest("model"), "artifact"))


def test_a_refusal_of_the_node_is_one_line(url: str, deployment: Deployment) -> None:
    node = connect(url, deployment).node
    with pytest.raises(Refused, match="found a refusal") as caught:
        node.send({"to": deployment.contract, "data": "0x12345678"})
    assert "\n" not in str(caught.value)
    assert "node_modules" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (404, {}, b"<html>at /home/someone/server.js</html>"),
        (200, {}, b"<html></html>"),
        (200, {}, b'{"hello":"world"}'),
        (200, {}, b"[]"),
        (200, {}, b'{"jsonrpc":"2.0","id":0,"result":true}'),
        (200, {}, b"\xff\xfe"),
        (200, {}, b"[" * 100_000),
        (307, {"Location": "{url}"}, b""),
    ],
)
def test_a_stranger_on_the_port_gives_one_line(
    url: str, deployment: Deployment, status: int, headers: dict[str, str], body: bytes
) -> None:
    there = {name: value.format(url=url) for name, value in headers.items()}
    with (
        stranger(status, there, body) as address,
        pytest.raises(ServiceUnavailable, match="does not speak Ethereum") as caught,
    ):
        connect(address, deployment)
    assert "\n" not in str(caught.value)
    assert "server.js" not in str(caught.value)


def test_a_silent_stranger_is_given_up(deployment: Deployment) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(ServiceUnavailable, match="found no answer"):
            connect(address, deployment, timeout_s=0.2)


def test_proxies_of_the_environment_are_not_asked(
    url: str, nobody: str, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", nobody)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert connect(url, deployment).deployment == deployment


@contextmanager
def stranger(status: int, headers: dict[str, str], body: bytes) -> Iterator[str]:
    """A web server that gives this answer to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
