"""What was revoked stays revoked, whatever becomes of the transaction, the block or the whole chain."""

from typing import Any

from edgeline.anchoring.contract import AnchorContract, transact
from edgeline.anchoring.interface import REVOKED, UNKNOWN
from edgeline.anchoring.keys import Signer
from edgeline.anchoring.outbox import Outbox
from edgeline.errors import EdgelineError, EnvironmentUnfit
from edgeline.merkle import tree_id
from edgeline.provenance.statement import LEAF

STATEMENT, LEAF_OF_TREE = "revoke", "revokeLeaf"


def revoke_again(
    outbox: Outbox, contract: AnchorContract, signer: Signer
) -> tuple[tuple[str, str], ...]:
    """Revokes what was revoked from here and is not, or not yet; gives key and reason of what the contract refuses.

    What the chain does not know (yet), and what it refuses, is left for another time.
    """
    refused = []
    for key, function, arguments in outbox.revocations():
        if not _is_open(contract, key, function, arguments):
            continue
        try:
            transact(contract, signer, function, *arguments)
        except EnvironmentUnfit:
            raise
        except EdgelineError as error:
            refused.append((key, error.found))
    return tuple(refused)


def _is_open(contract: AnchorContract, key: str, function: str, arguments: list[Any]) -> bool:
    if function == STATEMENT:
        return contract.status(key) not in (UNKNOWN, REVOKED)
    root, size = arguments[:2]
    tree, leaf = contract.records([tree_id(bytes.fromhex(root), size).hex(), key])
    # a record of a leaf names the anchorer of the tree that it was revoked in
    return tree is not None and not (
        leaf is not None and leaf.kind == LEAF and leaf.anchorer == tree.anchorer
    )
