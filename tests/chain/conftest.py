"""Real chains with a real contract, once a session; each test anchors digests of its own.

`chain` and what follows from it runs a test on Ganache and on Anvil; `url` and `deployment` are Ganache's.
What changes roles or keys does so in a contract of its own.
"""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edgeline.anchoring.contract import AnchorContract, deploy, open_contract, transact
from edgeline.anchoring.deployment import Chain
from edgeline.anchoring.interface import ROLES
from edgeline.anchoring.keys import Signer, load_signer
from edgeline.anchoring.node import Node
from edgeline.anchoring.outbox import Outbox
from edgeline.digest import sha256_bytes
from edgeline.provenance.record import Deployment
from edgeline.provenance.statement import Statement, Subject
from tests import nodes
from tests.nodes import LocalNode, free_port

# Of the mnemonic with which both chains begin; known to everyone, worth nothing.
KEYS = (
    "0x4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d",
    "0x6cbed15c793ce57650b9877cf6fa156fbef513c4e6134f022a85b1ffdd59b2a1",
    "0x6370fd033278c143179d81c5526140625662b8daa446c22ee2d73db3707e620c",
)

StartChain = Callable[..., tuple[subprocess.Popen[bytes], str]]
Make = Callable[..., Statement]


@pytest.fixture
def nobody() -> str:
    """An address at which nothing listens."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="session")
def started() -> Iterator[list[LocalNode]]:
    kept: list[LocalNode] = []
    yield kept
    for node in kept:
        node.kill()


@pytest.fixture(scope="session")
def start_chain(started: list[LocalNode]) -> StartChain:
    """Starts a Ganache on a database folder and waits for it; all are ended with the session."""

    def start(database: Path | None, *options: str) -> tuple[subprocess.Popen[bytes], str]:
        node = nodes.start_ganache(*options, database=database)
        started.append(node)
        return node.process, node.url

    return start


@pytest.fixture(scope="session")
def start_anvil(started: list[LocalNode]) -> Callable[..., str]:
    """Starts an Anvil and gives its address."""

    def start(*options: str, hardfork: str = "shanghai") -> str:
        if nodes.anvil_program() is None:
            pytest.skip("no Anvil for this machine: npm ci")
        node = nodes.start_anvil(*options, hardfork=hardfork)
        started.append(node)
        return node.url

    return start


@pytest.fixture(scope="session")
def url(start_chain: StartChain, tmp_path_factory: pytest.TempPathFactory) -> str:
    return start_chain(tmp_path_factory.mktemp("chain"))[1]


@pytest.fixture(scope="session")
def other_url(start_chain: StartChain, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A chain of the same number that began at another time: what is left after a wipe."""
    return start_chain(tmp_path_factory.mktemp("other"), "--chain.time=2020-01-01T00:00:00Z")[1]


@pytest.fixture(scope="session")
def deployment(url: str, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return deployed(url, tmp_path_factory.mktemp("locks")).deployment


@pytest.fixture(scope="session", params=["ganache", "anvil"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def chain(
    backend: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Chain:
    """A contract on each kind of chain, from its node's first account."""
    locks = tmp_path_factory.mktemp("locks")
    if backend == "ganache":
        return deployed(request.getfixturevalue("url"), locks)
    return deployed(request.getfixturevalue("start_anvil")(), locks)


@pytest.fixture
def contract(chain: Chain) -> AnchorContract:
    """That contract."""
    return open_contract(chain.url, chain.deployment)


@pytest.fixture
def own(chain: Chain, tmp_path: Path) -> AnchorContract:
    """A contract on that chain for one test alone, which may change roles and keys in it."""
    return open_contract(chain.url, deployed(chain.url, tmp_path).deployment)


@pytest.fixture
def ours(contract: AnchorContract, tmp_path: Path) -> Signer:
    """The account that deployed it, signed for by its node."""
    return load_signer("node", contract.node, tmp_path)


@pytest.fixture
def stranger(
    own: AnchorContract, ours: Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Signer:
    """Another account that may anchor in the test's own contract."""
    other = account(1, own.node, tmp_path, monkeypatch)
    transact(own, ours, "setRoles", other.address, ROLES["ANCHORER"])
    return other


@pytest.fixture
def fresh(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Chain:
    """The same on a chain that no other test sees, to be wiped, rewound or stopped.

    It began at another time: two Anvils that start within the same second are the same chain.
    """
    if backend == "ganache":
        start_chain = request.getfixturevalue("start_chain")
        return deployed(start_chain(None, "--chain.time=2021-01-01T00:00:00Z")[1], tmp_path)
    began = ("--timestamp", "1609459200")
    return deployed(request.getfixturevalue("start_anvil")(*began), tmp_path)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox(tmp_path / "anchoring" / "outbox.db") as made:
        yield made


@pytest.fixture
def digest(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Digests that no other test uses, by a name within the test."""
    return lambda name: sha256_bytes(f"{request.node.nodeid} {name}".encode())


@pytest.fixture
def make(digest: Callable[[str], str]) -> Make:
    """Statements that no other test makes, by a name within the test."""

    def made(name: str, *parents: Statement, kind: str = "tuned", **more: object) -> Statement:
        subject = Subject("weights.safetensors", digest(name))
        return Statement((subject,), kind, tuple(parent.digest for parent in parents), **more)  # type: ignore[arg-type]

    return made


def deployed(url: str, locks: Path, source: str = "node") -> Chain:
    return deploy(url, source, name="local", locks=locks)


def account(number: int, node: Node, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Signer:
    """One of the accounts with which the chains begin, signing here."""
    monkeypatch.setenv("EDGELINE_TEST_KEY", KEYS[number])
    return load_signer("env:EDGELINE_TEST_KEY", node, folder)
