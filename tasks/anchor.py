"""The lineage and the artifact written into the contract, once; then everything is recomputed and compared with it.

Nobody waits for the chain: what cannot be sent now stays in the outbox, and the next run sends it first.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from edgeline.anchoring.deployment import known_chain
from edgeline.anchoring.receipts import missing_receipts, receipt_of
from edgeline.anchoring.session import open_outbox, position
from edgeline.artifact import open_artifact
from edgeline.auditing.chain_session import open_session
from edgeline.auditing.verdict import verify_folder
from edgeline.auditing.withdrawal import require_usable
from edgeline.errors import EnvironmentUnfit
from edgeline.provenance.lineage import Lineage
from edgeline.provenance.receipt import RECEIPT_NAME, receipt_path, write_receipt
from edgeline.provenance.statement import Subject
from edgeline.recipe.anchor import Anchor
from edgeline.stack import services
from edgeline.tracking import registry
from edgeline.workspace import LOCAL
from tasks.run import Run
from tasks.sending import send
from tasks.step import step
from tasks.step_result import StepResult
from tasks.watch import watcher

if TYPE_CHECKING:
    from tasks.gate import GateReport


@dataclass(frozen=True)
class AnchorReport:
    """Where the artifact is anchored."""

    chain: str
    statements: int
    """Of this model's history, itself included."""
    transaction: str = ""
    """Empty while anchoring is pending, as what follows."""
    block: int = 0
    contract: str = ""
    anchorer: str = ""
    already: bool = False
    """Whether an earlier run had anchored the very same."""
    sent: int = 0
    """Transactions that this took."""
    pending: str = ""
    """Why the chain does not have them yet."""

    @property
    def figure(self) -> str:
        if self.pending:
            return f"anchoring pending: {self.pending}"
        took = f"{self.sent} transactions" if self.sent else "already anchored"
        return f"{self.statements} statements, {took}, block {self.block}"


@dataclass(frozen=True)
class VerifyReport:
    files: int
    """Files hashed again."""
    block: int | None
    """None where the chain could not be asked."""

    @property
    def figure(self) -> str:
        state = "anchoring pending" if self.block is None else f"block {self.block} as anchored"
        return f"{self.files} files as sealed, {state}"


@task(name="anchor-pending", cache_policy=NO_CACHE)
def anchor_pending(run: Run, settings: Anchor) -> int:
    """Send what earlier runs could not, and write the receipts that artifacts wait for; returns how many.

    Raises:
        EnvironmentUnfit: there is no chain of that name. A run says so before it trains.
    """
    began = time.monotonic()
    if settings.chain != LOCAL:
        known_chain(run.workspace, settings.chain)
    with open_outbox(run.workspace, settings.chain) as outbox:
        if not outbox.entries("pending") + outbox.entries("sent"):
            return 0
        try:
            contract, _ = send(run, settings, outbox)
        except EnvironmentUnfit as error:
            get_run_logger().warning("anchoring pending: %s", error)
            return 0
        receipts = missing_receipts(outbox, contract, run.workspace.artifacts)
    for receipt in receipts:
        write_receipt(receipt, receipt_path(run.workspace.artifacts / receipt.statement.subject))
    registry.tag_artifacts(
        {
            one.statement.subject: position(
                settings.chain, one.transaction, one.deployment.contract
            )
            for one in receipts
        }
    )
    figure = f"{len(receipts)} artifacts that waited were anchored"
    watcher().finished("pending", figure, time.monotonic() - began, reused=False)
    return len(receipts)


@step("anchor", reuse=False)
def anchor(
    run: Run,
    settings: Anchor,
    artifact: StepResult[object],
    gate: "StepResult[GateReport]",
    lineage: Lineage,
) -> tuple[Path, AnchorReport]:
    """Anchor the lineage, parents first, then the artifact; put the receipt beside the manifest.

    It follows the gate: what nobody may see is not anchored.

    Raises:
        Revoked: the artifact, its last release, or something that it was made from, was revoked.
    """
    digest, manifest = artifact.digest, open_artifact(artifact.path).manifest
    files = [Subject(name, entry.sha256) for name, entry in manifest.files.items()]
    about = {"recipe": manifest.recipe}
    lineage = lineage.add("artifact", digest, manifest.parents.values(), about, files=files)
    *_, itself = statements = tuple(lineage)
    with open_outbox(run.workspace, settings.chain) as outbox:
        outbox.add(*statements)
        released = [one for one in outbox.stated("release") if one.subject == digest][:1]
        try:
            contract, flushed = send(run, settings, outbox)
            require_usable(contract, (*statements, *released), dict(flushed.refused))
            receipt = receipt_of(outbox, contract, itself.digest)
        except EnvironmentUnfit as error:
            get_run_logger().warning("anchoring pending: %s", error)
            return artifact.path, AnchorReport(settings.chain, len(statements), pending=str(error))
    write_receipt(receipt, receipt_path(artifact.path))
    return artifact.path / RECEIPT_NAME, AnchorReport(
        chain=settings.chain,
        statements=len(statements),
        transaction=receipt.transaction,
        block=receipt.record.block,
        contract=receipt.deployment.contract,
        anchorer=receipt.record.anchorer,
        already=not flushed.sent,
        sent=flushed.sent,
    )


@step("verify", reuse=False)
def verify(
    run: Run,
    settings: Anchor,
    artifact: StepResult[object],
    receipt: StepResult[AnchorReport],
) -> tuple[Path, VerifyReport]:
    """Do what any stranger can do: hash every file again, and ask the chain."""
    if receipt.report.pending:
        return artifact.path, VerifyReport(len(open_artifact(artifact.path).manifest.files), None)
    url = services.chain_url(settings.chain, run.root)
    with open_session(run.workspace, settings.chain, url) as session:
        verdict = verify_folder(artifact.path, lambda: session)
    assert verdict.thing.manifest is not None
    return artifact.path, VerifyReport(len(verdict.thing.manifest.files), verdict.history[-1].block)
