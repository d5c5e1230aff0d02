"""The lineage and the artifact written into the contract, once; and everything recomputed and asked back.

Nobody waits for the chain: what cannot be sent now stays in the outbox, and the next run sends it first.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from edgeline.anchoring.contract import AnchorContract
from edgeline.anchoring.deployment import known_chain
from edgeline.anchoring.flush import FlushReport
from edgeline.anchoring.interface import UNKNOWN
from edgeline.anchoring.outbox import Outbox
from edgeline.anchoring.receipts import receipt_of
from edgeline.anchoring.session import enqueue, flush_workspace, open_outbox, position
from edgeline.artifact import Artifact, open_artifact
from edgeline.auditing.chain_session import open_session
from edgeline.auditing.verdict import verify_folder
from edgeline.auditing.withdrawal import WITHDRAWN
from edgeline.errors import EdgelineError, EnvironmentUnfit, Revoked
from edgeline.provenance.lineage import Lineage, release_statement
from edgeline.provenance.receipt import RECEIPT_NAME, Receipt, receipt_path, write_receipt
from edgeline.provenance.statement import Statement, Subject
from edgeline.recipe.anchor import Anchor
from edgeline.stack.environment import ADDRESSES, set_by_user
from edgeline.tracking import registry
from edgeline.workspace import LOCAL, Workspace
from tasks.run import Run, local_chain_url
from tasks.step import step
from tasks.step_result import StepResult
from tasks.watch import watcher

if TYPE_CHECKING:
    from tasks.gate import GateReport
    from tasks.seal import SealReport


@dataclass(frozen=True)
class AnchorReport:
    """Where the artifact stands on the chain."""

    chain: str
    transaction: str
    """Empty while anchoring is pending."""
    block: int
    contract: str
    anchorer: str
    already: bool
    """Whether an earlier run had anchored the very same."""
    statements: int
    """Of this model's history, itself and its release included."""
    sent: int
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
        stands = "anchoring pending" if self.block is None else f"block {self.block} as anchored"
        return f"{self.files} files as sealed, {stands}"


@task(name="anchor-pending", cache_policy=NO_CACHE)
def anchor_pending(run: Run, settings: Anchor) -> int:
    """Send what earlier runs could not, and give the receipts to the artifacts that wait for them; returns how many.

    Raises:
        EnvironmentUnfit: there is no chain of that name; nobody trains first and hears of it then.
    """
    begun = time.monotonic()
    if settings.chain != LOCAL:
        known_chain(run.workspace, settings.chain)
    with open_outbox(run.workspace, settings.chain) as waiting:
        if not waiting.entries("pending") + waiting.entries("sent"):
            return 0
        try:
            contract, _ = _flush(run.workspace, settings.chain, waiting)
        except EnvironmentUnfit as error:
            get_run_logger().warning("anchoring pending: %s", error)
            return 0
        receipts = _awaited(run.workspace, waiting, contract)
    for receipt in receipts:
        write_receipt(receipt, receipt_path(run.workspace.artifacts / receipt.statement.subject))
    _tag_versions(settings.chain, receipts)
    figure = f"what waited was anchored, {len(receipts)} artifacts among it"
    watcher().finished("pending", figure, time.monotonic() - begun, reused=False)
    return len(receipts)


@step("anchor", reuse=False)
def anchor(
    run: Run,
    settings: Anchor,
    artifact: "StepResult[SealReport]",
    gate: "StepResult[GateReport]",
    lineage: Lineage,
) -> tuple[Path, AnchorReport]:
    """Anchor the lineage, parents first, then the artifact and its release; put the receipt beside the manifest.

    Raises:
        Revoked: the artifact, or something that it was made from, was revoked.
    """
    itself = _statement(open_artifact(artifact.path), lineage)
    statements = (*lineage, itself, release_statement(itself, gate.report.validation))
    with open_outbox(run.workspace, settings.chain) as waiting:
        enqueue(waiting, statements)
        try:
            contract, report = _flush(run.workspace, settings.chain, waiting)
            _require_usable(contract, statements, report)
            receipt = receipt_of(waiting, contract, itself.digest)
        except EnvironmentUnfit as error:
            get_run_logger().warning("anchoring pending: %s", error)
            count = len(statements)
            return artifact.path, AnchorReport(
                settings.chain, "", 0, "", "", False, count, 0, str(error)
            )
    write_receipt(receipt, receipt_path(artifact.path))
    return artifact.path / RECEIPT_NAME, _report(settings.chain, receipt, len(statements), report)


@step("verify", reuse=False)
def verify(
    run: Run,
    settings: Anchor,
    artifact: "StepResult[SealReport]",
    receipt: StepResult[AnchorReport],
) -> tuple[Path, VerifyReport]:
    """Do what any stranger can do: hash every file again, and ask the chain."""
    if receipt.report.pending:
        return artifact.path, VerifyReport(len(open_artifact(artifact.path).manifest.files), None)
    url = local_chain_url(run.workspace, settings.chain)
    with open_session(run.workspace, settings.chain, url) as session:
        verdict = verify_folder(artifact.path, lambda: session)
    assert verdict.thing.manifest is not None
    return artifact.path, VerifyReport(len(verdict.thing.manifest.files), verdict.record.block)


def _flush(workspace: Workspace, chain: str, waiting: Outbox) -> tuple[AnchorContract, FlushReport]:
    """Send everything that waits; a node that the user chose gets no new contract unasked."""
    say, url = get_run_logger().warning, local_chain_url(workspace, chain)
    may_deploy = not set_by_user(ADDRESSES["ganache"])
    return flush_workspace(workspace, chain, waiting, url, say, may_deploy=may_deploy)


def _statement(artifact: Artifact, lineage: Lineage) -> Statement:
    """The statement about an artifact and every file in it, made from what its manifest names."""
    manifest = artifact.manifest
    files = [Subject(name, entry.sha256) for name, entry in manifest.files.items()]
    about = {"recipe": manifest.recipe}
    parents = manifest.parents.values()
    return lineage.add("artifact", artifact.digest, parents, about, files=files).of(artifact.digest)


def _require_usable(
    contract: AnchorContract, statements: Sequence[Statement], report: FlushReport
) -> None:
    """Every statement is on the chain and valid."""
    statuses = contract.statuses([statement.digest for statement in statements])
    for statement, status in zip(statements, statuses, strict=True):
        if status in WITHDRAWN:
            raise Revoked(
                expected=f"a model whose whole history is valid on chain {contract.deployment.chain_id}",
                found=f"{statement.kind} {statement.subject} {WITHDRAWN[status]}",
                remedy="`edgeline audit revoked` says by whom and why; change what it was made from",
            )
    for statement, status in zip(statements, statuses, strict=True):
        if status == UNKNOWN:
            reason = dict(report.refused).get(statement.digest, "no record, and no reason given")
            raise EdgelineError(
                expected=f"the contract to take {statement.kind} {statement.subject}",
                found=reason,
                remedy="`edgeline chain status` lists what waits; nothing is lost",
            )


def _awaited(workspace: Workspace, waiting: Outbox, contract: AnchorContract) -> list[Receipt]:
    """Receipts of the artifacts that have none yet and are on the chain by now."""
    folders = [
        folder
        for folder in workspace.artifacts.glob("[0-9a-f]*")
        if not receipt_path(folder).is_file()
    ]
    artifacts = [
        statement
        for folder in folders
        for statement in waiting.about(folder.name)
        if statement.kind == "artifact"
    ]
    statuses = contract.statuses([statement.digest for statement in artifacts])
    return [
        receipt_of(waiting, contract, statement.digest)
        for statement, status in zip(artifacts, statuses, strict=True)
        if status
    ]


def _tag_versions(name: str, receipts: list[Receipt]) -> None:
    """Write into MLflow where those models are anchored that were registered before."""
    by_artifact = {receipt.statement.subject: receipt for receipt in receipts}
    for version in registry.versions():
        if receipt := by_artifact.get(version.artifact):
            contract = receipt.deployment.contract
            registry.tag_version(version, position(name, receipt.transaction, contract))


def _report(name: str, receipt: Receipt, statements: int, report: FlushReport) -> AnchorReport:
    return AnchorReport(
        chain=name,
        transaction=receipt.transaction,
        block=receipt.record.block,
        contract=receipt.deployment.contract,
        anchorer=receipt.record.anchorer,
        already=not report.sent,
        statements=statements,
        sent=report.sent,
    )
