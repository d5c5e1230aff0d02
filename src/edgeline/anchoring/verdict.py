"""Is this folder what was sealed, and does the chain know it?

Imports no web3: to find a folder broken, no chain is needed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from edgeline.anchoring.claims import require_coverage, require_stated
from edgeline.artifact import Artifact, open_artifact
from edgeline.digest import JsonValue
from edgeline.receipt import Receipt, Statement, read_receipt

if TYPE_CHECKING:
    from edgeline.anchoring.registry import Registry


@dataclass(frozen=True)
class Verdict:
    """An intact artifact that the chain knows; anything else is an error."""

    artifact: Artifact
    receipt: Receipt
    """As the chain writes it."""
    receipt_at_hand: bool
    """Whether the folder holds the same receipt; without one, the chain alone was asked."""

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "verdict": "anchored",
            "folder": str(self.artifact.folder),
            "files": len(self.artifact.manifest.files),
            "receipt": "agrees" if self.receipt_at_hand else "missing",
            **to_json(self.receipt),
        }


def statement_of(artifact: Artifact) -> Statement:
    """What is anchored about an artifact: its digest, made from the parents in its manifest."""
    return Statement(artifact.digest, "artifact", tuple(artifact.manifest.parents.values()))


def line_of(artifact: Artifact) -> list[Statement]:
    """All that is anchored for an artifact, parents first: its ancestors, then itself."""
    ancestors = artifact.manifest.lineage
    return [
        *(Statement(one.digest, one.kind, one.parents) for one in ancestors),
        statement_of(artifact),
    ]


def verify_folder(folder: Path, open_registry: Callable[[], "Registry"]) -> Verdict:
    """Checks every byte against the folder's name; if all are sound, opens the registry and asks.

    Raises:
        Tampered: name, manifest, files, receipt or chain disagree.
        EnvironmentUnfit: the chain cannot be asked.
        NotAnchored: the folder is intact, and the chain does not know it.
    """
    artifact = open_artifact(folder)
    claimed = read_receipt(folder)
    if claimed is not None:
        require_coverage(claimed, artifact.digest)
    registry = open_registry()
    *ancestors, itself = line_of(artifact)
    actual = require_stated(registry.verify(itself.digest, claimed), itself)
    for ancestor in ancestors:
        require_stated(registry.verify(ancestor.digest, None), ancestor)
    return Verdict(artifact, actual, receipt_at_hand=claimed is not None)


def to_json(receipt: Receipt) -> dict[str, JsonValue]:
    """One line of the log for programs: flat, the time as ISO 8601 in UTC."""
    return {
        "digest": receipt.statement.digest,
        "kind": receipt.statement.kind,
        "parents": list(receipt.statement.parents),
        "anchorer": receipt.anchorer,
        "time": shown_time(receipt),
        "block": receipt.block,
        "transaction": receipt.transaction,
        "contract": receipt.deployment.contract,
    }


def shown_time(receipt: Receipt) -> str:
    return datetime.fromtimestamp(receipt.time, UTC).isoformat().replace("+00:00", "Z")
