"""A real Ganache with a real contract, once a session; each test anchors digests of its own."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edgeline.anchoring.registry import Node, Registry, connect, deploy
from edgeline.digest import sha256_bytes
from edgeline.errors import ServiceUnavailable
from edgeline.receipt import Deployment
from edgeline.stack.node import find_node

ROOT = Path(__file__).parents[2]
GANACHE = ROOT / "node_modules" / "ganache" / "dist" / "node" / "cli.js"

StartChain = Callable[..., tuple[subprocess.Popen[bytes], str]]


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


@pytest.fixture(scope="session")
def compiled() -> Path:
    return ROOT / "contracts" / "ModelAnchor.json"


@pytest.fixture
def nobody() -> str:
    """An address at which nothing listens."""
    return f"http://127.0.0.1:{_free_port()}"


@pytest.fixture(scope="session")
def start_chain() -> Iterator[StartChain]:
    """Starts a Ganache on a database folder and waits for it; all are ended with the session."""
    node = find_node()
    assert node is not None
    started: list[subprocess.Popen[bytes]] = []

    def start(database: Path, *options: str) -> tuple[subprocess.Popen[bytes], str]:
        port = _free_port()
        where = [
            f"--server.port={port}",
            "--server.host=127.0.0.1",
            f"--database.dbPath={database}",
        ]
        command = [
            str(node),
            str(GANACHE),
            *where,
            "--wallet.deterministic",
            "--logging.quiet",
            *options,
        ]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        started.append(process)
        url = f"http://127.0.0.1:{port}"
        _wait_for(url)
        return process, url

    yield start
    for process in started:
        process.kill()
        process.wait()


def _wait_for(url: str) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            Node(url, timeout_s=5).identity()
            return
        except ServiceUnavailable:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


@pytest.fixture(scope="session")
def url(start_chain: StartChain, tmp_path_factory: pytest.TempPathFactory) -> str:
    return start_chain(tmp_path_factory.mktemp("chain"))[1]


@pytest.fixture(scope="session")
def other_url(start_chain: StartChain, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A chain of the same number that began at another time: what is left after a wipe."""
    return start_chain(tmp_path_factory.mktemp("other"), "--chain.time=2020-01-01T00:00:00Z")[1]


@pytest.fixture(scope="session")
def deployment(url: str, compiled: Path) -> Deployment:
    return deploy(url, compiled)


@pytest.fixture
def registry(url: str, deployment: Deployment) -> Registry:
    return connect(url, deployment)


@pytest.fixture
def digest(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Digests that no other test uses, by a name within the test."""
    return lambda name: sha256_bytes(f"{request.node.nodeid} {name}".encode())
