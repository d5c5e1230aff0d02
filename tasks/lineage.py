"""The lineage of what a run made: each step's parents, as statements that a chain can hold."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from edgeline.digest import sha256_file
from edgeline.provenance.lineage import Lineage
from edgeline.rounds.best import FederateReport
from edgeline.rounds.commit import RoundReport
from tasks.data import DataReport
from tasks.results import TrainingResults
from tasks.run import Run
from tasks.step_result import StepResult

Remarks = dict[str, str | int]


@task(name="lineage", cache_policy=NO_CACHE)
def build_lineage(
    run: Run,
    data: StepResult[DataReport],
    training: TrainingResults | None,
    rounds: list[StepResult[RoundReport]],
    best: StepResult[FederateReport],
    before: Lineage,
) -> Lineage:
    """The lineage `before`, with a statement about each thing that the run has made since.

    Rounds behind the best one say of themselves that they were not kept.
    """
    things: list[tuple[str, StepResult[object], Remarks]] = [
        ("data", data, {"revision": data.report.revision})
    ]
    if training:
        loaded = training.pretrained.report.loaded
        weights: Remarks = {"weights": loaded.sha256} if loaded else {}
        things += [
            ("pretrained", training.pretrained, weights),
            ("tuned", training.finetune, {}),
            ("small", training.shrink, {}),
        ]
    num_kept = len(rounds) - len(best.report.not_kept)
    things += [("round", one, one.report.remarks()) for one in rounds[:num_kept]]
    things += [("round", one, {**one.report.remarks(), "kept": 0}) for one in rounds[num_kept:]]
    lineage = before
    for kind, result, remarks in things:
        about = {"recipe": run.recipe, **remarks}
        lineage = lineage.add(kind, result.digest, result.parents, about)
    return lineage


@task(name="lineage-of-parts", cache_policy=NO_CACHE)
def add_parts(
    run: Run, lineage: Lineage, parts: StepResult[object], checkpoint: StepResult[object]
) -> Lineage:
    """The lineage with a statement about each part of the model that was made of `checkpoint`."""
    files = sorted(parts.path.iterdir())
    for index, file in enumerate(files):
        about: Remarks = {"recipe": run.recipe, "index": index, "of": len(files)}
        name, digest = f"parts/{file.name}", sha256_file(file)
        lineage = lineage.add("part", digest, (checkpoint.digest,), about, name=name)
    return lineage
