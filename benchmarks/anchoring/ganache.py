"""A chain of the benchmark's own: Ganache on a free port, its database in a folder that goes with it."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from web3 import HTTPProvider, Web3

from edgeline.anchoring.contract import AnchorContract, deploy, open_contract
from edgeline.anchoring.interface import COMPILED, ROLES
from edgeline.anchoring.keys import Signer, load_signer
from edgeline.stack.node import find_node
from tests.nodes import running_ganache

ROOT = Path(__file__).parents[2]
ENOUGH_GAS = 10**9
PATIENCE_S = 300.0
"""web3 has a limit of ten seconds for an answer, which a list of many events can pass."""


@dataclass(frozen=True)
class Chain:
    """A new ModelAnchor contract, as web3 sees it and as this project does."""

    w3: Web3
    contract: Any
    ours: AnchorContract
    signer: Signer
    folder: Path
    """For what this project keeps on its side."""


@contextmanager
def new_chain(*options: str) -> Iterator[Chain]:
    """A Ganache with these options, and the contract; all of it is gone afterwards."""
    with (
        TemporaryDirectory() as name,
        running_ganache(*options, database=Path(name) / "db") as node,
    ):
        url = node.url
        folder = Path(name) / "edgeline"
        made = deploy(url, "node", name="benchmark", locks=folder)
        ours = open_contract(url, made.deployment, timeout_s=PATIENCE_S)
        w3 = Web3(HTTPProvider(url, request_kwargs={"timeout": PATIENCE_S}))
        w3.eth.default_account = w3.eth.accounts[0]
        contract = w3.eth.contract(
            Web3.to_checksum_address(made.deployment.contract), abi=COMPILED["abi"]
        )
        yield Chain(w3, contract, ours, load_signer("node", ours.node, folder), folder)


def anchor_many(chain: Chain, pairs: Sequence[tuple[bytes, bytes]], kind: int) -> Any:
    """Statements and subjects, anchored through a helper contract in one transaction: its receipt."""
    many = _helper(chain.w3, chain.contract)
    statements, subjects = zip(*pairs, strict=True)
    call = many.functions.anchorAll(chain.contract.address, statements, subjects, kind)
    receipt = chain.w3.eth.wait_for_transaction_receipt(call.transact({"gas": ENOUGH_GAS}))
    assert receipt["status"] == 1
    return receipt


@cache
def _helper(w3: Web3, contract: Any) -> Any:
    """Many.sol, compiled by npm's solc, on the chain and with the role ANCHORER."""
    source = {"Many.sol": {"content": Path(__file__).with_name("Many.sol").read_text()}}
    outputs = {"*": {"*": ["abi", "evm.bytecode.object"]}}
    settings = {"evmVersion": "shanghai", "outputSelection": outputs}
    asked = {"language": "Solidity", "sources": source, "settings": settings}
    solc = [str(find_node()), str(ROOT / "contracts" / "solc_shim.js"), "--standard-json"]
    done = subprocess.run(solc, input=json.dumps(asked), capture_output=True, text=True, check=True)
    made = json.loads(done.stdout)["contracts"]["Many.sol"]["Many"]
    factory = w3.eth.contract(abi=made["abi"], bytecode=made["evm"]["bytecode"]["object"])
    address = send(w3, factory.constructor())["contractAddress"]
    send(w3, contract.functions.setRoles(address, ROLES["ANCHORER"]))
    return w3.eth.contract(address, abi=made["abi"])


def send(w3: Web3, call: Any) -> Any:
    """A transaction of web3's default account as its manual sends it, all by default: the receipt."""
    return w3.eth.wait_for_transaction_receipt(call.transact())


def digest(*name: object) -> bytes:
    """32 bytes that depend on the name alone."""
    return sha256(" ".join(map(str, name)).encode()).digest()
