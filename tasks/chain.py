"""The chain that a workspace anchors on: its contract, what is still to be sent to it, and who signs.

Reading never deploys anything. Only whoever is about to anchor makes the contract of the project's own chain, and
makes it again when that chain was wiped; then everything that the outbox remembers is sent once more.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from edgeline.anchoring.connect import connect
from edgeline.anchoring.contract import AnchorContract, deploy, open_contract
from edgeline.anchoring.deployment import Chain, known_chain, write_chain
from edgeline.anchoring.flush import FlushReport
from edgeline.anchoring.flush import flush as flush_outbox
from edgeline.anchoring.keys import signer
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.revocation import revoke_again
from edgeline.auditing.chain_session import Live
from edgeline.errors import EnvironmentUnfit, ServiceUnavailable, WorkspaceBusy
from edgeline.files import read_json
from edgeline.provenance.receipt import Deployment
from edgeline.provenance.statement import Statement
from edgeline.stack import services
from edgeline.stack.environment import ADDRESSES, set_by_user
from edgeline.workspace import LOCAL, Workspace

PATIENCE_S = 60.0
"""How long to wait for another run that is sending with the same key."""

PENDING = "pending"
"""In place of a transaction while the chain does not have it yet."""

Answer = TypeVar("Answer")


def address(workspace: Workspace, known: Chain) -> str:
    """Where a node of the chain answers."""
    return services.address("ganache", workspace.root) if known.name == LOCAL else known.url


def opened(workspace: Workspace, name: str) -> AnchorContract:
    """The contract, to be read."""
    known = known_chain(workspace, name)
    return open_contract(address(workspace, known), known.deployment)


def live(workspace: Workspace, name: str) -> Live:
    """The contract and all that is known here of what it holds, to be asked."""
    first = known_chain(workspace, name).block
    return Live(opened(workspace, name), workspace.anchoring(name), first_block=first)


def position(name: str, transaction: str, contract: str) -> dict[str, str]:
    """Where a model stands on a chain, as MLflow's tags tell it; empty texts: not yet."""
    return {
        "chain": name,
        "transaction": transaction or PENDING,
        "contract": contract or PENDING,
    }


def outbox(workspace: Workspace, name: str) -> Outbox:
    """What was ever to be anchored on a chain, sent or not."""
    return Outbox(workspace.anchoring(name) / "outbox.db")


def enter(waiting: Outbox, line: Iterable[Statement]) -> None:
    """Put a history into the outbox, parents first; rounds go as rounds of the federation that they belong to."""
    kinds: dict[str, str] = {}
    for statement in line:
        kinds[statement.digest] = statement.kind
        # what is issued again stands for itself: its federation was closed long ago
        if statement.kind != "round" or statement.salt:
            waiting.add(statement)
            continue
        about = statement.about
        task, number = str(about["task"]), int(about["number"])
        if number == 1:
            base = next(one for one in statement.parents if kinds[one] != "data")
            waiting.add_task(task, base, [])
        waiting.add_round(statement, task, number, str(about["updates"]), int(about["clients"]))


def flush(
    workspace: Workspace, name: str, waiting: Outbox, say: Callable[[str], object]
) -> tuple[AnchorContract, FlushReport]:
    """Send everything that waits, revocations included; gives the contract as it is afterwards.

    Raises:
        EnvironmentUnfit: the chain cannot be reached or does not let us; everything still waits.
    """
    known, registry = _ready(workspace, name, waiting, say)
    ours = signer(known.key, registry.node, workspace.anchoring(name))
    report = _patiently(
        lambda: flush_outbox(waiting, registry, ours, confirmations=known.confirmations)
    )
    if report.reopened:
        say(f"{report.reopened} statements were no longer on the chain and were sent again")
    refused = revoke_again(waiting, registry, ours)
    return registry, replace(report, refused=(*report.refused, *refused))


def _ready(
    workspace: Workspace, name: str, waiting: Outbox, say: Callable[[str], object]
) -> tuple[Chain, AnchorContract]:
    """The contract, to be written to; on the project's own chain it is made where it is missing."""
    path = workspace.deployment(name)
    if name != LOCAL or path.is_file():
        known = known_chain(workspace, name)
        try:
            return known, open_contract(address(workspace, known), known.deployment)
        except ServiceUnavailable:
            raise
        except EnvironmentUnfit as error:
            # a node that the user chose may simply be the wrong one
            if name != LOCAL or set_by_user(ADDRESSES["ganache"]):
                raise
            say(f"the local chain was wiped: {error.found}; its contract is made again")
    url = services.address("ganache", workspace.root)
    made = _known_before(workspace, waiting, url) or deploy(
        url, "node", workspace.contract, name=name, locks=workspace.anchoring(name)
    )
    write_chain(made, path)
    return made, open_contract(url, made.deployment)


def _known_before(workspace: Workspace, waiting: Outbox, url: str) -> Chain | None:
    """The contract that the outbox was filled for, if this node still has it: its file alone was lost."""
    place = waiting.place()
    if place is None:
        return None
    code_hash = str((read_json(workspace.contract) or {})["code_hash"])
    deployment = Deployment(*place, code_hash)
    try:
        connect(url, deployment)
    except ServiceUnavailable:
        raise
    except EnvironmentUnfit:
        return None
    return Chain(LOCAL, deployment, 0, url, "node", 1)


def _patiently(send: Callable[[], Answer]) -> Answer:
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            return send()
        except WorkspaceBusy:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
