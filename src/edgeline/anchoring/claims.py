"""What it means when a claim and the chain disagree: who is wrong, and what a person should do."""

from edgeline.errors import NotAnchored, Tampered
from edgeline.receipt import RECEIPT_NAME, Deployment, Receipt, Statement, covers, differences


def require_stated(actual: Receipt, statement: Statement) -> Receipt:
    """The chain's receipt, if it is about this very statement."""
    if actual.statement != statement:
        raise Tampered(
            expected=f"{statement.digest} on the chain as {_history(statement)}",
            found=f"{_history(actual.statement)}, anchored by {actual.anchorer}",
            remedy="find out who gave this digest another history; the chain never overwrites",
        )
    return actual


def require_same(claimed: Receipt, actual: Receipt) -> Receipt:
    """The chain's receipt, if the one at hand says the same in every field."""
    for name, claim, found in differences(claimed, actual):
        raise contradiction(name, claim, found)
    return actual


def require_coverage(claimed: Receipt, digest: str) -> None:
    """The receipt at hand must be about the thing at hand."""
    if not covers(claimed, digest):
        raise contradiction("digest", claimed.statement.digest, digest)


def contradiction(field: str, claimed: object, actual: object) -> Tampered:
    return Tampered(
        expected=f"{RECEIPT_NAME} with {field} {_shown(actual)}",
        found=_shown(claimed),
        remedy="take the folder from its source again, or delete that file and ask the chain",
    )


def unknown(digest: str, claimed: Receipt | None, here: Deployment) -> Tampered | NotAnchored:
    """What no record means: a lie if the receipt at hand names this contract, else not anchored."""
    if claimed is None:
        return NotAnchored(
            expected=f"a record of {digest} on chain {here.chain_id}",
            found="none",
            remedy="anchor it, or ask who made it",
        )
    if _place(claimed.deployment) != _place(here):
        return NotAnchored(
            expected=f"a record of {digest} on chain {here.chain_id}, genesis {here.genesis}",
            found=f"none here; {RECEIPT_NAME} is of contract {claimed.deployment.contract} "
            f"on the chain with genesis {claimed.deployment.genesis}",
            remedy="ask a node of that chain",
        )
    return Tampered(
        expected=f"the record of {digest} that {RECEIPT_NAME} claims",
        found=f"no such record in contract {here.contract}",
        remedy="do not use this folder; ask whoever gave it to you",
    )


def _place(deployment: Deployment) -> tuple[int, str, str]:
    return deployment.chain_id, deployment.genesis, deployment.contract


def _history(statement: Statement) -> str:
    return f"{statement.kind} from parents [{_shown(statement.parents)}]"


def _shown(value: object) -> str:
    return ", ".join(value) if isinstance(value, list | tuple) else str(value)
