"""A chain of the benchmark's own: Ganache on a free port, its database in a folder that goes with it."""

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from web3 import HTTPProvider, Web3

from edgeline.anchoring.contract import AnchorContract, deploy, open_contract
from edgeline.anchoring.keys import Signer, load_signer
from edgeline.stack.node import find_node

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "node_modules" / "ganache" / "dist" / "node" / "cli.js"
COMPILED = ROOT / "contracts" / "ModelAnchor.json"
START_S = 60.0
PATIENCE_S = 300.0
"""web3 has a limit of ten seconds for an answer, which a list of many events can pass."""


@dataclass(frozen=True)
class Chain:
    """A new ModelAnchor contract, as web3 sees it and as this project does."""

    w3: Web3
    contract: Any
    registry: AnchorContract
    signer: Signer
    folder: Path
    """For what this project keeps on its side."""


@contextmanager
def new_chain(*options: str) -> Iterator[Chain]:
    """A Ganache with these options, and the contract; all of it is gone afterwards."""
    with TemporaryDirectory() as name, _ganache(Path(name), *options) as url:
        folder = Path(name) / "edgeline"
        made = deploy(url, "node", COMPILED, name="benchmark", locks=folder)
        registry = open_contract(url, made.deployment, timeout_s=PATIENCE_S)
        w3 = Web3(HTTPProvider(url, request_kwargs={"timeout": PATIENCE_S}))
        w3.eth.default_account = w3.eth.accounts[0]
        abi = json.loads(COMPILED.read_text(encoding="utf-8"))["abi"]
        contract = w3.eth.contract(Web3.to_checksum_address(made.deployment.contract), abi=abi)
        yield Chain(w3, contract, registry, load_signer("node", registry.node, folder), folder)


def send(w3: Web3, call: Any) -> Any:
    """A transaction of web3's default account as its manual sends it, all by default: the receipt."""
    return w3.eth.wait_for_transaction_receipt(call.transact())


def digest(*name: object) -> bytes:
    """32 bytes that depend on the name alone."""
    return sha256(" ".join(map(str, name)).encode()).digest()


@contextmanager
def _ganache(folder: Path, *options: str) -> Iterator[str]:
    node = find_node()
    assert node is not None, "no Node.js: run `python3 bootstrap.py setup`"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    where = ["--server.host=127.0.0.1", f"--server.port={port}", f"--database.dbPath={folder}/db"]
    command = [str(node), str(PROGRAM), *where, "--wallet.deterministic", "--logging.quiet"]
    process = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        end, probe = time.monotonic() + START_S, Web3(HTTPProvider(url))
        while not probe.is_connected():
            assert process.poll() is None, f"Ganache ended with status {process.returncode}"
            assert time.monotonic() < end, f"no answer from Ganache within {START_S:g} s"
            time.sleep(0.1)
        yield url
    finally:
        process.kill()
        process.wait()
