"""Is this thing what was anchored, and does that still hold?

The receipt is checked first, for what it proves by itself: no chain is needed to find it broken. Then
the chain is asked, which alone knows what was revoked since, of the thing or of anything that it came
from. Whoever calls has hashed what is on disk. Imports no web3.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgeline.anchoring.subject import Named
from edgeline.artifact import open_artifact
from edgeline.auditing.answers import to_json
from edgeline.auditing.evidence import (
    History,
    check_receipt,
    require_files,
    require_history,
    search_chain,
    stated_history,
)
from edgeline.auditing.withdrawal import require_valid
from edgeline.digest import JsonValue
from edgeline.errors import NotAnchored, Revoked
from edgeline.provenance.proof import check
from edgeline.provenance.receipt import Receipt, read_receipt, receipt_path
from edgeline.provenance.record import Deployment

if TYPE_CHECKING:
    from edgeline.auditing.chain_session import ChainSession

LIVE = 3


@dataclass(frozen=True)
class Verdict:
    """A thing that is intact, anchored and valid, as far as was asked; anything else is an error."""

    thing: Named
    history: History
    level: int
    """1: in the record's tree, or its own; 2: the record is in a block; 3: the chain was asked."""
    trusted: tuple[str, ...]
    """Sentences: what has to be believed all the same."""
    has_receipt: bool
    deployment: Deployment
    is_proven: bool = True
    """False where the receipt alone says so: whoever makes one at home can invent contract, chain and blocks."""

    def to_json(self) -> dict[str, JsonValue]:
        manifest = self.thing.manifest
        *ancestors, entry = map(to_json, self.history)
        place = ("anchorer", "time", "block", "block_hash", "transaction")
        of_ancestors = ("statement", "kind", "subject", "name")
        return {
            "verdict": "anchored" if self.is_proven else "claimed",
            "what": self.thing.what,
            "folder": str(self.thing),
            "digest": self.thing.digest,
            "files": len(manifest.files) if manifest else None,
            "receipt": "agrees" if self.has_receipt else "missing",
            "level": self.level,
            "trusted": list(self.trusted),
            **{key: entry[key] for key in ("statement", "kind", "name", "tree", "parents", *place)},
            "lineage": [{key: one[key] for key in of_ancestors} for one in ancestors],
            "chain_id": self.deployment.chain_id,
            "contract": self.deployment.contract,
        }


def verify(
    thing: Named,
    receipt: Receipt | None,
    open_session: "Callable[[], ChainSession]",
    pinned: str | None = None,
) -> Verdict:
    """Compares the thing with its receipt, the receipt with the chain, and asks what holds today.

    Raises:
        Tampered: thing, receipt and chain disagree.
        EnvironmentUnfit: the chain cannot be asked.
        NotAnchored: the thing is intact, and the chain holds no statement about it.
        Revoked: it was revoked or anchored with a compromised key, or something it came from was.
    """
    if receipt is None and pinned is not None:
        raise _no_receipt(thing)
    if receipt is not None:
        require_files(thing, receipt)
        # Of a revocation, the chain knows more.
        with suppress(Revoked):
            check(receipt, thing.digest, pinned)
    session = open_session()
    if receipt is not None:
        session.archive.add_receipt(receipt)
        history = check_receipt(session.contract, receipt)
    else:
        history = search_chain(session.contract, session.audit(), thing)
    require_history(thing, history)
    require_valid(session, thing, history)
    deployment = session.contract.deployment
    return Verdict(thing, history, LIVE, session.trusted, receipt is not None, deployment)


def verify_offline(
    thing: Named,
    receipt: Receipt | None,
    pinned: str | None = None,
    deployment: Deployment | None = None,
    *,
    is_recorded: bool = False,
) -> Verdict:
    """What the receipt proves by itself; asks nobody.

    Without a pinned block it proves nothing of the chain, unless `is_recorded`: whoever asks anchored it, and
    wrote down the block then.

    Raises:
        Tampered: thing and receipt disagree, or the receipt proves nothing.
        NotAnchored: there is no receipt, or none with a storage proof where a block is pinned.
        Revoked: it was revoked when the receipt was written.
    """
    if receipt is None:
        raise _no_receipt(thing)
    require_files(thing, receipt)
    proof = check(receipt, thing.digest, pinned, deployment)
    history = stated_history(receipt)
    require_history(thing, history)
    contract = f"contract {receipt.deployment.contract} is the right one"
    trusted = proof.trusted if deployment else (contract, *proof.trusted)
    proven = pinned is not None or is_recorded
    return Verdict(thing, history, proof.level, trusted, True, receipt.deployment, proven)


def verify_folder(folder: Path, open_session: "Callable[[], ChainSession]") -> Verdict:
    """An artifact: every byte against the folder's name, then its receipt, then the chain."""
    artifact = open_artifact(folder)
    thing = Named("artifact", artifact.digest, folder, artifact.manifest)
    return verify(thing, read_receipt(receipt_path(folder)), open_session)


def _no_receipt(thing: Named) -> NotAnchored:
    return NotAnchored(
        expected=f"a receipt beside {thing}",
        found="none, so that nothing can be proven without asking the chain",
        remedy="name one with --receipt, or ask the chain without --offline and --block",
    )
