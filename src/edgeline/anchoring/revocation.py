"""What was revoked stays revoked, whatever becomes of the transaction, the block or the whole chain."""

from typing import Any

from edgeline.anchoring.interface import REVOKED, UNKNOWN
from edgeline.anchoring.keys import Signer
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.registry import Registry, transact
from edgeline.merkle import tree_id
from edgeline.statement import LEAF

STATEMENT, LEAF_OF_TREE = "revoke", "revokeLeaf"


def revoke_again(outbox: Outbox, registry: Registry, signer: Signer) -> tuple[str, ...]:
    """Revokes what was revoked from here and is not, or not yet; gives the keys that this concerned.

    What the chain does not know (yet) is left for another time.

    Raises:
        EdgelineError: the contract refuses; nothing is lost.
    """
    open_ = [one for one in outbox.revocations() if _is_open(registry, *one)]
    for _, function, arguments in open_:
        transact(registry, signer, function, *arguments)
    return tuple(key for key, _, _ in open_)


def _is_open(registry: Registry, key: str, function: str, arguments: list[Any]) -> bool:
    if function == STATEMENT:
        return registry.status(key) not in (UNKNOWN, REVOKED)
    root, size = arguments[:2]
    tree, leaf = registry.records([tree_id(bytes.fromhex(root), size).hex(), key])
    # a record of a leaf names the anchorer of the tree that it was revoked in
    return tree is not None and not (
        leaf is not None and leaf.kind == LEAF and leaf.anchorer == tree.anchorer
    )
