"""The common tail of every road: from a checkpoint to a model that anyone can check."""

from edgeline.provenance.lineage import Lineage
from edgeline.recipe import Recipe
from tasks.anchor import anchor, verify
from tasks.data import DataReport
from tasks.export import export, reference
from tasks.gate import gate
from tasks.lineage import add_parts
from tasks.quantise import quantise
from tasks.register import register
from tasks.rehearse import rehearse
from tasks.results import ReleaseResults
from tasks.run import Run
from tasks.seal import seal
from tasks.split import split
from tasks.step_result import StepResult


def release(
    run: Run,
    sections: Recipe,
    data: StepResult[DataReport],
    learned: StepResult[object],
    lineage: Lineage,
    tuned: StepResult[object] | None,
) -> ReleaseResults:
    """Export, quantise, split, seal, rehearse, gate, anchor, verify and register a checkpoint.

    `lineage` is that of `learned`; size and speed are compared with `tuned`, the large network.
    """
    whole = export(run, learned, data)
    large = reference(run, tuned, data) if tuned else None
    int8 = quantise(run, sections.quantise, whole, data, large)
    parts = split(run, sections.split, whole, int8, data)

    lineage = add_parts(run, lineage, parts, learned)
    artifact = seal(run, whole, learned, data, int8, parts, lineage)
    rehearsal = rehearse(run, sections.rehearse, artifact, data)
    passed = gate(run, sections.gate, whole, artifact, data, large)

    receipt = anchor(run, sections.anchor, artifact, passed, lineage)
    verified = verify(run, sections.anchor, artifact, receipt)
    registered = register(run, sections.anchor, artifact, passed, receipt)
    return ReleaseResults(
        whole, large, int8, parts, artifact, rehearsal, passed, receipt, verified, registered
    )
