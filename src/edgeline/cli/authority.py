"""The commands of `edgeline chain` that say who may do what, and what may no longer be believed."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeline.cli.chain import REVOKED, OnChain, app, project, show, waiting_for
from edgeline.cli.recipe import AsJson

if TYPE_CHECKING:
    from edgeline.anchoring.outbox import Outbox
    from edgeline.anchoring.registry import Registry

Account = Annotated[str, typer.Argument(help="Address of an account, 0x and 40 digits.")]

NOBODY = "0x" + 40 * "0"
NO_DETAIL = 64 * "0"


@app.command()
def revoke(
    thing: Annotated[str, typer.Argument(help="A file, a folder, or a digest.")],
    reason: Annotated[
        str,
        typer.Option(
            help="unspecified, superseded, defective, data withdrawn, key compromised or not allowed."
        ),
    ],
    detail: Annotated[
        Path | None,
        typer.Option(
            help="A document that says more; its SHA-256 is written down.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    chain: OnChain = "local",
    as_json: AsJson = False,
) -> None:
    """Say for ever that something must not be used any more; what was made from it fails verification too."""
    from edgeline.anchoring.subject import name
    from edgeline.cli.ask import of_revision
    from edgeline.datasets import card
    from edgeline.digest import sha256_file
    from edgeline.errors import NotAnchored, RecipeError
    from edgeline.receipt import REASONS

    numbers = {words: number for number, words in enumerate(REASONS)}
    if reason not in numbers:
        raise RecipeError(
            expected=f"a reason among {', '.join(numbers)}",
            found=reason,
            remedy="name one of them, in quotes where it has a space",
        )
    why = numbers[reason], sha256_file(detail) if detail else NO_DETAIL
    workspace = project()
    from tasks import chain as chains

    registry = chains.opened(workspace, chain)
    digest = name(thing, lambda one: of_revision(chain, one), card.check).digest
    with chains.outbox(workspace, chain) as known:
        found = {one.digest for one in known.about(digest)} | {digest}
        calls = {
            key: call for key in sorted(found) if (call := _revocation(registry, known, key, why))
        }
    if not calls:
        raise NotAnchored(
            expected=f"something valid on chain {registry.deployment.chain_id}",
            found=f"no valid statement about {digest}",
            remedy="`edgeline audit what` says what the chain knows of it",
        )
    for function, arguments in calls.values():
        _tell(chain, function, *arguments)
    show({"chain": chain, "revoked": list(calls), "reason": reason}, as_json)


@app.command()
def roles(
    account: Account,
    names: Annotated[
        list[str] | None,
        typer.Argument(help="ADMIN, ANCHORER, COORDINATOR, REVOKER; none takes all away."),
    ] = None,
    chain: OnChain = "local",
    as_json: AsJson = False,
) -> None:
    """Give an account exactly these roles."""
    from edgeline.anchoring.registry import ROLES
    from edgeline.errors import RecipeError

    wanted = [name.upper() for name in names or []]
    if unknown := sorted(set(wanted) - set(ROLES)):
        raise RecipeError(
            expected=f"roles among {', '.join(ROLES)}",
            found=", ".join(unknown),
            remedy="name some of them, or none to take all away",
        )
    _tell(chain, "setRoles", account, sum(ROLES[name] for name in set(wanted)))
    show({"chain": chain, "account": account, "roles": sorted(wanted)}, as_json)


@app.command()
def rotate(successor: Account, chain: OnChain = "local", as_json: AsJson = False) -> None:
    """Offer this project's roles on the chain to another account, which must accept them."""
    _tell(chain, "rotateKey", successor)
    show({"chain": chain, "offered_to": successor}, as_json)


@app.command()
def accept(predecessor: Account, chain: OnChain = "local", as_json: AsJson = False) -> None:
    """Take over the roles that another account offered to this project's."""
    _tell(chain, "acceptKey", predecessor)
    show({"chain": chain, "accepted_from": predecessor}, as_json)


@app.command()
def compromised(
    account: Account,
    since: Annotated[
        datetime,
        typer.Argument(
            help="UTC; what the account anchored before stays valid.",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"],
        ),
    ],
    chain: OnChain = "local",
    as_json: AsJson = False,
) -> None:
    """Say since when an account is in wrong hands; the date can only be moved to an earlier one."""
    seconds = int(since.replace(tzinfo=UTC).timestamp())
    _tell(chain, "markCompromised", account, seconds)
    show({"chain": chain, "account": account, "compromised_since": seconds}, as_json)


@app.command()
def retire(
    successor: Annotated[
        str, typer.Argument(help="Address of the next contract, if there is one.")
    ] = NOBODY,
    chain: OnChain = "local",
    as_json: AsJson = False,
) -> None:
    """End all anchoring in this contract; what it holds stays, and can still be revoked."""
    _tell(chain, "retire", successor)
    show({"chain": chain, "retired": True, "successor": successor}, as_json)


def _tell(chain: str, function: str, *arguments: object) -> None:
    """One transaction with the project's key for this chain."""
    workspace = project()
    from edgeline.anchoring.keys import signer
    from edgeline.anchoring.registry import transact
    from tasks import chain as chains

    known = chains.chain(workspace, chain)
    registry = chains.opened(workspace, chain)
    with waiting_for(f"{function} on {chain}"):
        transact(
            registry,
            signer(known.key, registry.node, workspace.anchoring(chain)),
            function,
            *arguments,
        )


def _revocation(
    registry: "Registry", known: "Outbox", key: str, why: tuple[int, str]
) -> tuple[str, list[object]] | None:
    """The call that revokes a statement; None for what is not there, or is revoked already."""
    if registry.status(key):
        return ("revoke", [key, *why]) if registry.status(key) != REVOKED else None
    tree = known.tree_of(key)
    if tree is None:
        return None
    from edgeline.anchoring.receipts import receipt_of

    place = receipt_of(known, registry, key).inclusion
    assert place is not None
    leaf: list[object] = [place.root, place.size, place.index, key, list(place.path)]
    return "revokeLeaf", [*leaf, *why]
