"""The common tail of every road: from a checkpoint to a model that anyone can check."""

from typing import Any

from edgeline.recipe import Recipe
from tasks.anchor import anchor, verify
from tasks.compress import quantise
from tasks.export import export, reference
from tasks.gate import gate
from tasks.lineage import Said, ancestors, history, of_parts
from tasks.rehearse import rehearse
from tasks.release import register, seal
from tasks.run import Run
from tasks.split import split
from tasks.step_result import StepResult
from tasks.summary import summarise


def release(
    run: Run,
    line: Recipe,
    data: StepResult,
    learned: StepResult,
    said: Said,
    tuned: StepResult | None,
) -> dict[str, Any]:
    """Export, quantise, split, seal, rehearse, gate, anchor, verify and register; returns the run's summary.

    `said` is what there is to say on the chain of everything that was made on the way, parents first; `tuned`
    is the large network, against which size and speed are stated.
    """
    whole = export(run, learned, data)
    large = reference(run, tuned, data) if tuned else None
    int8 = quantise(run, line.quantise, whole, data, large)
    parts = split(run, line.split, whole, int8, data)

    pieces = of_parts(said, run.recipe, parts.path, learned)
    lineage = ancestors((*history(said, learned.digest), *pieces))
    artifact = seal(run, whole, learned, data, int8, parts, lineage)
    rehearse(run, line.rehearse, artifact, data)
    passed = gate(run, line.gate, whole, artifact, data)

    receipt = anchor(run, line.anchor, artifact, passed, (*said, *pieces))
    verify(run, line.anchor, artifact, receipt)
    register(run, artifact, passed, receipt)
    return summarise(run, line)
