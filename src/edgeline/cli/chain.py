"""`edgeline chain`: where this project anchors, what still waits to be sent, and how to anchor by hand."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

import typer

from edgeline.anchoring.contract import AnchorContract, open_contract
from edgeline.anchoring.contract import deploy as deploy_contract
from edgeline.anchoring.deployment import Chain, known_chain, write_chain
from edgeline.anchoring.flush import FlushReport
from edgeline.anchoring.interface import role_names
from edgeline.anchoring.keys import load_signer
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.session import flush_workspace, local_key, node_url, open_chain, open_outbox
from edgeline.cli.console import show, waiting_for
from edgeline.cli.options import AsJson
from edgeline.errors import EnvironmentUnfit, RecipeError
from edgeline.stack import services
from edgeline.workspace import LOCAL, Workspace

Name = Annotated[
    str, typer.Argument(help="`local` is the project's own; another one is deployments/NAME.json.")
]


def deploy(
    name: Name = "local",
    url: Annotated[
        str | None,
        typer.Option(help="Address of a node of that chain; env:NAME where it holds a key."),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            help="Who signs: node, node:0xADDRESS, env:NAME, file:PATH, keystore:PATH or command:PROGRAM. "
            "By default the key of the project's own chain; on another, its node."
        ),
    ] = None,
    confirmations: Annotated[
        int, typer.Option(min=1, help="Blocks after which a record is taken to be final.")
    ] = 1,
    admin: Annotated[
        str | None, typer.Option(help="Account that gives roles; by default the one that deploys.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put the contract on a chain, and note in deployments/NAME.json where it is and how to reach it."""
    workspace = Workspace.find()
    path = workspace.deployment(name)
    if path.is_file():
        known = _deployed(workspace, name, any((url, admin, key, confirmations > 1)))
    else:
        if not url and name != LOCAL:
            raise RecipeError(
                expected="--url, the address of a node of that chain",
                found=f"none for {name}",
                remedy=f"only `{LOCAL}` is a chain of this project's own",
            )
        node = url or services.chain_url(name, workspace.root)
        is_own = name == LOCAL and not url and services.may_deploy()
        with waiting_for(f"deploying to {name}"):
            known = deploy_contract(
                node,
                key or local_key(workspace, is_own),
                name=name,
                locks=workspace.anchoring(name),
                confirmations=confirmations,
                admin=admin,
            )
        write_chain(known, path)
    show({"chain": name, "file": str(path), **_shown(known)}, as_json)


def _deployed(workspace: Workspace, name: str, asked_for_another: bool) -> Chain:
    """The chain that a contract was put on before, if it is still there."""
    known = known_chain(workspace, name)
    if asked_for_another:
        raise RecipeError(
            expected=f"no options for {name}, where the contract is deployed already",
            found=f"{workspace.deployment(name)} with contract {known.deployment.contract}",
            remedy="remove that file to deploy again, or edit it",
        )
    open_contract(node_url(known, services.chain_url(name, workspace.root)), known.deployment)
    return known


def status(name: Name = "local", as_json: AsJson = False) -> None:
    """Show the contract, the node, the key with its roles, and what still waits in the outbox."""
    workspace = Workspace.find()
    known = known_chain(workspace, name)
    with open_outbox(workspace, name) as waiting:
        counts, pending = waiting.counts(), waiting.entries("pending")
    contract = open_chain(workspace, name, services.chain_url(name, workspace.root))
    facts = {
        "chain": name,
        **_shown(known),
        "node": contract.node.place,
        "head": contract.node.head(),
        **_account(contract, known, workspace),
        "outbox": counts,
        "refused": [{"statement": row.key, "reason": row.reason} for row in pending if row.reason],
    }
    show(facts, as_json)


def flush(name: Name = "local", as_json: AsJson = False) -> None:
    """Send what waits in the outbox; on the project's own chain its contract is made where it is missing."""
    workspace = Workspace.find()
    with open_outbox(workspace, name) as waiting, waiting_for(f"sending to {name}") as say:
        _, report = flush_all(workspace, name, waiting, say)
    refused = [{"statement": key, "reason": reason} for key, reason in report.refused]
    show({"chain": name, **asdict(report), "refused": refused}, as_json)


def flush_all(
    workspace: Workspace, name: str, waiting: Outbox, say: Callable[[str], object]
) -> tuple[AnchorContract, FlushReport]:
    """Sends everything that waits; gives the contract as it is afterwards."""
    may_deploy = services.may_deploy()
    url = services.chain_url(name, workspace.root)
    return flush_workspace(workspace, name, waiting, url, say, may_deploy=may_deploy)


def _shown(known: Chain) -> dict[str, Any]:
    deployed = known.deployment
    return {
        "chain_id": deployed.chain_id,
        "genesis": deployed.genesis,
        "contract": deployed.contract,
        "deployed_in_block": known.block,
        "key": known.key,
        "confirmations": known.confirmations,
    }


def _account(contract: AnchorContract, known: Chain, workspace: Workspace) -> dict[str, Any]:
    """Who signs here, and what the contract lets them do; why not, where the key cannot be used."""
    try:
        who = load_signer(known.key, contract.node, workspace.anchoring(known.name)).address
    except EnvironmentUnfit as error:
        return {"account": None, "no_key": f"expected {error.expected}; found {error.found}"}
    key = contract.key(who)
    return {
        "account": who,
        "roles": role_names(key.roles),
        "suspect_since": key.compromised_since or None,
        "balance_wei": str(contract.node.balance(who)),
    }
