"""A node, taken for one of a contract's chain only after it was looked at.

A write to an address without code succeeds and records nothing; so chain id, genesis and code come first.
"""

from web3 import Web3

from edgeline.anchoring.interface import COMPILED
from edgeline.anchoring.node import Node
from edgeline.errors import EnvironmentUnfit
from edgeline.provenance.record import Deployment
from edgeline.provenance.trie import keccak256


class EarlierContract(EnvironmentUnfit):
    """The contract is there, and of a version that this one does not write to."""


NO_CODE = "0x" + keccak256(b"").hex()


def connect(url: str, deployment: Deployment, *, timeout_s: float = 10.0) -> Node:
    """The node at this address, after checking that it is of this chain and holds this contract.

    Raises:
        ServiceUnavailable: nothing answers at `url`, or something else than an Ethereum node.
        EnvironmentUnfit: the node is of another chain, or does not hold this contract.
        EarlierContract: it does, and the contract is of an earlier version.
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
    if deployment.code_hash != COMPILED["code_hash"]:
        raise EarlierContract(
            expected=f"a ModelAnchor contract of this version at {deployment.contract}",
            found="one of an earlier version",
            remedy="deploy a new one: `edgeline run` does so on the project's own chain, `edgeline chain deploy "
            "NAME` on another; until then, receipts are verified with --offline",
        )
    return node


def require_code(node: Node, deployment: Deployment) -> None:
    """Raises EnvironmentUnfit unless the contract's code is what it should be."""
    code = node.web3.eth.get_code(Web3.to_checksum_address(deployment.contract))
    found = "0x" + keccak256(bytes(code)).hex()
    if found != deployment.code_hash:
        raise EnvironmentUnfit(
            expected=f"the ModelAnchor contract at {deployment.contract} of {node.place}",
            found="no contract" if found == NO_CODE else f"another one (code hash {found})",
            remedy="name the right node with --url, or deploy the contract again",
        )
