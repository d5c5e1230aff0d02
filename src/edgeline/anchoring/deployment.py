"""The file that says which contract on which chain, how it is reached, and who signs; never the key itself.

Reaching it checks chain id, genesis and code, since a write to an address without code succeeds and records nothing.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeline.anchoring.node import Node, octets
from edgeline.digest import MAX_SAFE_INTEGER, canonical_json, parse_canonical
from edgeline.errors import EnvironmentUnfit
from edgeline.receipt import Deployment
from edgeline.trie import keccak256
from edgeline.workspace import LOCAL, write_bytes

SCHEMA = "edgeline.deployment/2"
MAX_BYTES = 2**16
NO_CODE = "0x" + keccak256(b"").hex()


@dataclass(frozen=True)
class Chain:
    """A contract on a chain, by the name of its file."""

    name: str
    deployment: Deployment
    block: int
    """In which the contract was made; nothing about it is older."""
    url: str
    key: str
    """Where the key is, as `keys.signer` reads it."""
    confirmations: int
    """Blocks from its own on after which a record counts as final: 1 is its own alone."""


def reach(url: str, deployment: Deployment, *, timeout_s: float = 10.0) -> Node:
    """The node at this address, after checking that it is of this chain and holds this contract.

    Raises:
        ServiceUnavailable: nothing answers at `url`, or something else than an Ethereum node.
        EnvironmentUnfit: the node is of another chain, or does not hold this contract.
    """
    node = Node(url, timeout_s)
    chain_id, genesis = node.identity()
    if (chain_id, genesis) != (deployment.chain_id, deployment.genesis):
        raise EnvironmentUnfit(
            expected=f"chain {deployment.chain_id} with genesis {deployment.genesis} at {node.place}",
            found=f"chain {chain_id} with genesis {genesis}",
            remedy="name the right node with --url, or give this one its database back",
        )
    require_code(node, deployment)
    return node


def require_code(node: Node, deployment: Deployment) -> None:
    """Raises EnvironmentUnfit unless the contract's code is what it should be."""
    answer = node.ask("eth_getCode", deployment.contract, "latest")
    found = "0x" + keccak256(node.read(octets, answer, "code")).hex()
    if found != deployment.code_hash:
        raise EnvironmentUnfit(
            expected=f"the ModelAnchor contract at {deployment.contract} of {node.place}",
            found="no contract" if found == NO_CODE else f"another one (code hash {found})",
            remedy="name the right node with --url, or deploy the contract again",
        )


def write_chain(chain: Chain, path: Path) -> Path:
    """Puts the description into a file, whole or not at all."""
    values = {
        "schema": SCHEMA,
        **_deployment_json(chain.deployment),
        "block": chain.block,
        "url": chain.url,
        "key": chain.key,
        "confirmations": chain.confirmations,
    }
    write_bytes(path, canonical_json(values))
    return path


def read_chain(path: Path) -> Chain:
    """The chain that this file describes, named like the file.

    Raises:
        EnvironmentUnfit: there is none, or it is not as it was written.
    """
    try:
        with path.open("rb") as file:
            return _chain(path.stem, parse_canonical(file.read(MAX_BYTES)))
    except (ValueError, OSError) as error:
        local = path.stem == LOCAL
        raise EnvironmentUnfit(
            expected=f"a deployed contract described by {path}",
            found=str(error) if isinstance(error, ValueError) else "no readable file",
            remedy="run `edgeline run`" if local else "make it with `edgeline chain deploy`",
        ) from None


def _deployment_json(deployment: Deployment) -> dict[str, Any]:
    return {
        "chain_id": deployment.chain_id,
        "genesis": deployment.genesis,
        "contract": deployment.contract,
        "code_hash": deployment.code_hash,
    }


def _chain(name: str, values: object) -> Chain:
    match values:
        case {
            "schema": str(schema),
            "chain_id": int(chain_id),
            "genesis": str(genesis),
            "contract": str(contract),
            "code_hash": str(code_hash),
            "block": int(block),
            "url": str(url),
            "key": str(key),
            "confirmations": int(confirmations),
            **more,
        } if schema == SCHEMA and not more:
            if not all(map(_is_count, (chain_id, block, confirmations))):
                raise ValueError("a number that is no count")
            deployment = Deployment(chain_id, genesis, contract, code_hash)
            return Chain(name, deployment, block, url, key, confirmations)
    raise ValueError(f"not the fields of {SCHEMA}")


def _is_count(value: int) -> bool:
    return type(value) is int and 0 <= value <= MAX_SAFE_INTEGER
