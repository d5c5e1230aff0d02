"""The chain that a workspace anchors on: its contract, what is still to be sent to it, and who signs.

Reading never deploys anything. Only whoever is about to anchor makes the contract of the project's own chain, and
makes it again when that chain was wiped or holds a contract of an earlier version; then everything that the outbox
remembers is sent once more. Addresses are arguments: nothing here starts or finds a server.
"""

from collections.abc import Callable
from dataclasses import replace

from edgeline.anchoring.address import resolve
from edgeline.anchoring.contract import AnchorContract, EarlierContract, deploy, open_contract
from edgeline.anchoring.deployment import Chain, known_chain, write_chain
from edgeline.anchoring.flush import FlushReport, flush
from edgeline.anchoring.keys import load_signer
from edgeline.anchoring.outbox import OUTBOX, Outbox
from edgeline.anchoring.receipts import renewed_receipts
from edgeline.anchoring.revocation import revoke_again
from edgeline.errors import EnvironmentUnfit, ServiceUnavailable
from edgeline.provenance.receipt import write_receipt
from edgeline.workspace import LOCAL, Workspace

PATIENCE_S = 60.0
"""How long to wait for another run that is sending with the same key."""

PENDING = "pending"
"""In place of a transaction while the chain does not have it yet."""


def open_outbox(workspace: Workspace, name: str) -> Outbox:
    """What was ever to be anchored on a chain, sent or not."""
    return Outbox(workspace.anchoring(name) / OUTBOX)


def open_chain(workspace: Workspace, name: str, local_url: str) -> AnchorContract:
    """The contract of a chain, to be read; `local_url` is where the node of the project's own chain answers.

    Raises:
        NotAnchored: nothing was ever anchored on the project's own chain.
        EnvironmentUnfit: there is no such chain, or its node does not hold this contract.
    """
    known = known_chain(workspace, name)
    return open_contract(node_url(known, local_url), known.deployment)


def node_url(known: Chain, local_url: str) -> str:
    """Where a node of the chain answers.

    Raises:
        EnvironmentUnfit: its address should be in a variable, and is not.
    """
    return local_url if known.name == LOCAL else resolve(known.url)


def local_key(workspace: Workspace, is_ours: bool) -> str:
    """Who signs on the project's own chain: its key, or an account of the node that the user gives in place of ours."""
    return f"file:{workspace.chain_key}" if is_ours else "node"


def position(name: str, transaction: str, contract: str) -> dict[str, str]:
    """Where a model stands on a chain, as MLflow's tags tell it; empty texts: not yet."""
    return {
        "chain": name,
        "transaction": transaction or PENDING,
        "contract": contract or PENDING,
    }


def flush_workspace(
    workspace: Workspace,
    name: str,
    outbox: Outbox,
    local_url: str,
    say: Callable[[str], object],
    *,
    may_deploy: bool = True,
) -> tuple[AnchorContract, FlushReport]:
    """Sends everything that waits, revocations included; gives the contract as it is afterwards.

    On the project's own chain, whose node answers at `local_url`, the contract is made where it is missing, and made
    again if the chain no longer holds it and `may_deploy`: a node that the user chose may simply be the wrong one.
    `say` is told in a line what is worth knowing.

    Raises:
        EnvironmentUnfit: the chain cannot be reached or does not let us; everything still waits.
    """
    known, contract = _ready(workspace, name, local_url, say, may_deploy)
    signer = load_signer(known.key, contract.node, workspace.anchoring(name))
    confirmations = known.confirmations
    report = flush(outbox, contract, signer, confirmations=confirmations, patience_s=PATIENCE_S)
    if report.reopened:
        say(
            f"{report.reopened} statements were no longer on the chain and were sent again, to contract "
            f"{contract.deployment.contract} on genesis {contract.deployment.genesis}"
        )
        renewed = renewed_receipts(workspace, outbox, contract)
        for path, receipt in renewed.items():
            write_receipt(receipt, path)
        if renewed:
            say(f"the chain was reset: {len(renewed)} receipts were renewed")
    refused = revoke_again(outbox, contract, signer)
    return contract, replace(report, refused=(*report.refused, *refused))


def _ready(
    workspace: Workspace,
    name: str,
    local_url: str,
    say: Callable[[str], object],
    may_deploy: bool,
) -> tuple[Chain, AnchorContract]:
    """The contract, to be written to."""
    path = workspace.deployment(name)
    if name != LOCAL or path.is_file():
        known = known_chain(workspace, name)
        try:
            return known, open_contract(node_url(known, local_url), known.deployment)
        except ServiceUnavailable:
            raise
        except EnvironmentUnfit as error:
            is_ours = may_deploy or isinstance(error, EarlierContract)
            if name != LOCAL or not is_ours:
                raise
            say(f"the local chain has no contract of ours: {error.found}; a new one is deployed")
    made = deploy(
        local_url, local_key(workspace, may_deploy), name=name, locks=workspace.anchoring(name)
    )
    write_chain(made, path)
    return made, open_contract(local_url, made.deployment)
