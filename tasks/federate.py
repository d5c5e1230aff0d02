"""Federated rounds: shards of devices train as mapped tasks, the central site commits each round.

A client task receives its own folders and the round's checkpoint, and nothing of any other device.
"""

import time
from collections.abc import Callable
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture

from edgeline.datasets import load_set
from edgeline.figures import curves
from edgeline.provenance.lineage import Lineage
from edgeline.recipe.federate import Federate
from edgeline.rounds import best, commit, shard
from edgeline.rounds import spec as specs
from edgeline.rounds.best import FederateReport
from edgeline.rounds.client import EXAMPLES, ClientReport
from edgeline.rounds.commit import RoundReport
from edgeline.rounds.spec import RoundSpec
from edgeline.tracking import runs
from tasks.run import Run
from tasks.step import step
from tasks.step_result import StepResult

Shard = tuple[Path, ...]
"""Folders of the devices that one task trains, one after the other."""


@task(name="train-shard", task_run_name="round {spec.number}: {folders}", cache_policy=NO_CACHE)
def train_shard(
    folders: Shard, checkpoint: Path, spec: RoundSpec, into: Path, deadline: float
) -> tuple[ClientReport, ...]:
    """Train the devices of one shard; each sees its own folder and the round's checkpoint alone."""
    return shard.train_shard(folders, checkpoint, spec, into, deadline, time.monotonic)


def collect_updates(
    spec: RoundSpec, futures: list[PrefectFuture[tuple[ClientReport, ...]]]
) -> tuple[ClientReport, ...]:
    """Wait for every shard; the devices of a task that failed as a whole are named like any that failed alone."""
    for future in futures:
        future.wait()
    reports = [
        report for future in futures if future.state.is_completed() for report in future.result()
    ]
    missing = sorted(set(spec.devices) - {report.device for report in reports})
    lost = [ClientReport(name, spec.number, reason="its task ended early") for name in missing]
    return (*reports, *lost)


@step("round", not_in_key=("train",), tracked=False)
def carry_out_round(
    run: Run,
    spec: RoundSpec,
    start: StepResult[object],
    data: StepResult[object],
    train: Callable[[Path], tuple[ClientReport, ...]],
) -> tuple[Path, RoundReport]:
    """Let the devices `train` and leave their updates in a folder, then close the round with those that can be used.

    Once it is closed it is done, whatever happens next: no device trains for it again.
    """
    return commit.commit_round(
        start.path,
        spec,
        train(run.folder),
        run.folder,
        run.workspace.checkpoints,
        load_set(data.path, "validation").examples,
    )


def plan_rounds(
    settings: Federate, data: StepResult[object], augmentation: str, before: Lineage
) -> tuple[RoundSpec, ...]:
    """The rounds to come, numbered on from those in the lineage of the start."""
    folders = (data.path / "shares" / "devices").glob(f"*/{EXAMPLES}")
    after = sum(statement.kind == "round" for statement in before)
    return specs.plan_rounds(settings, (path.parent.name for path in folders), augmentation, after)


def assign_shards(
    settings: Federate, spec: RoundSpec, data: StepResult[object]
) -> tuple[Shard, ...]:
    """The round's devices by shard, as folders."""
    folder = data.path / "shares" / "devices"
    return shard.assign_shards([folder / device for device in spec.devices], settings.shards)


@step("federate")
def select_best(
    run: Run,
    settings: Federate,
    start: StepResult[object],
    data: StepResult[object],
    rounds: list[StepResult[RoundReport]],
) -> tuple[Path, FederateReport]:
    """Keep the network that is best on validation, the start included; of equals the latest."""
    path, report = best.select_best(
        start.path,
        start.step,
        [(result.path, result.report) for result in rounds],
        load_set(data.path, "validation").examples,
        load_set(data.path, "test").examples,
    )
    first = rounds[0].report.number if rounds else 1
    picture = curves.rounds(report.accuracies, kept=len(report.rounds), first=first)
    runs.log_figures(run.tracked, {"rounds": picture})
    rows = [
        {**row, "kept": result.report.number <= report.chosen}
        for result in rounds
        for row in result.report.rows()
    ]
    runs.log_table(run.tracked, rows, "devices.json")
    return path, report
