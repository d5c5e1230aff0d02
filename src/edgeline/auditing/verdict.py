"""Is this thing what was anchored, and does that still hold?

What is on disk is hashed before anything is asked, so that no chain is needed to find it broken. Then
comes the receipt, which proves what it can by itself; then the chain, which alone knows what was revoked
since, of the thing or of anything that it came from. Imports no web3.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgeline.anchoring.subject import Named
from edgeline.artifact import open_artifact
from edgeline.auditing.answers import Entry, shown_time
from edgeline.auditing.evidence import (
    Evidence,
    of_chain,
    of_receipt,
    require_files,
    require_history,
)
from edgeline.auditing.withdrawal import require_valid
from edgeline.digest import JsonValue
from edgeline.errors import NotAnchored, Revoked
from edgeline.provenance.proof import check
from edgeline.provenance.receipt import Receipt, read_receipt, receipt_path
from edgeline.provenance.record import Deployment, Record

if TYPE_CHECKING:
    from edgeline.auditing.chain_session import Live

LIVE = 3


@dataclass(frozen=True)
class Verdict:
    """A thing that is intact, anchored and valid, as far as was asked; anything else is an error."""

    named: Named
    evidence: Evidence
    level: int
    """1: in the record's tree, or its own; 2: the record is in a block; 3: the chain was asked."""
    trusted: tuple[str, ...]
    """Sentences: what has to be believed all the same."""
    receipt_at_hand: bool
    deployment: Deployment

    @property
    def record(self) -> Record:
        """As the chain holds it; offline, as the receipt proves it."""
        return self.evidence.record

    def to_json(self) -> dict[str, JsonValue]:
        entry, record = self.evidence.entry, self.evidence.record
        manifest = self.named.manifest
        return {
            "verdict": "anchored",
            "what": self.named.what,
            "folder": str(self.named),
            "digest": self.named.digest,
            "files": len(manifest.files) if manifest else None,
            "receipt": "agrees" if self.receipt_at_hand else "missing",
            "level": self.level,
            "trusted": list(self.trusted),
            "statement": entry.statement,
            "kind": entry.kind,
            "name": entry.name or None,
            "tree": entry.tree or None,
            "parents": list(entry.parents),
            "lineage": [_ancestor(one) for one in self.evidence.ancestors],
            "anchorer": record.anchorer,
            "time": shown_time(record.time),
            "block": record.block,
            "block_hash": entry.block_hash,
            "transaction": entry.transaction,
            "chain_id": self.deployment.chain_id,
            "contract": self.deployment.contract,
        }


def verify(
    named: Named,
    receipt: Receipt | None,
    open_live: "Callable[[], Live]",
    pinned: str | None = None,
) -> Verdict:
    """Compares the thing with its receipt, the receipt with the chain, and asks what holds today.

    Raises:
        Tampered: thing, receipt and chain disagree.
        EnvironmentUnfit: the chain cannot be asked.
        NotAnchored: the thing is intact, and the chain does not know it.
        Revoked: it was revoked or anchored with a compromised key, or something it came from was.
    """
    if receipt is None and pinned is not None:
        raise _no_receipt(named)
    if receipt is not None:
        require_files(named, receipt.statement)
        # of a revocation, the chain knows more
        with suppress(Revoked):
            check(receipt, named.digest, pinned)
    live = open_live()
    if receipt is not None:
        live.note(receipt)
        evidence = of_receipt(live.registry, receipt)
    else:
        evidence = of_chain(live.registry, live.audit(), named)
    require_history(named, evidence)
    require_valid(live, named, evidence)
    at_hand = receipt is not None
    return Verdict(named, evidence, LIVE, live.trusted, at_hand, live.registry.deployment)


def verify_offline(
    named: Named,
    receipt: Receipt | None,
    pinned: str | None = None,
    deployment: Deployment | None = None,
) -> Verdict:
    """What the receipt proves by itself; asks nobody.

    Raises:
        Tampered: thing and receipt disagree, or the receipt proves nothing.
        NotAnchored: there is no receipt, or none with a storage proof where a block is pinned.
        Revoked: it was revoked when the receipt was written.
    """
    if receipt is None:
        raise _no_receipt(named)
    require_files(named, receipt.statement)
    proof = check(receipt, named.digest, pinned, deployment)
    evidence = Evidence.from_receipt(receipt)
    require_history(named, evidence)
    contract = f"contract {receipt.deployment.contract} is the right one"
    trusted = proof.trusted if deployment else (contract, *proof.trusted)
    return Verdict(named, evidence, proof.level, trusted, True, receipt.deployment)


def verify_folder(folder: Path, open_live: "Callable[[], Live]") -> Verdict:
    """An artifact: every byte against the folder's name, then its receipt, then the chain."""
    artifact = open_artifact(folder)
    named = Named("artifact", artifact.digest, folder, artifact.manifest)
    return verify(named, read_receipt(receipt_path(folder)), open_live)


def _no_receipt(named: Named) -> NotAnchored:
    return NotAnchored(
        expected=f"a receipt beside {named}",
        found="none, so that nothing can be proven without asking the chain",
        remedy="name one with --receipt, or ask the chain without --offline and --block",
    )


def _ancestor(entry: Entry) -> JsonValue:
    return {
        "statement": entry.statement,
        "kind": entry.kind,
        "subject": entry.subject,
        "name": entry.name or None,
    }
