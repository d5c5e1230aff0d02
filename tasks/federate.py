"""Federated rounds: shards of devices train as mapped tasks, the central site averages and commits.

A client task receives its own folders and the round's checkpoint, and nothing of any other device.
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from pydantic import TypeAdapter

from edgeline.datasets import load_set
from edgeline.figures import curves
from edgeline.finetuning.evaluate import scores
from edgeline.metrics import Scores
from edgeline.models.checkpoint import load
from edgeline.recipe.federate import Federate
from edgeline.rounds.client import EXAMPLES, train_shard
from edgeline.rounds.round import ClientReport, RoundReport, RoundSpec, close_round, plan, shards
from edgeline.tracking import runs
from tasks.run import Run
from tasks.step import step
from tasks.step_cache import key_of, recall
from tasks.step_result import StepResult

if TYPE_CHECKING:
    from tasks.data import DataReport

Shard = tuple[Path, ...]
"""Folders of the devices that one task trains, one after the other."""


@dataclass(frozen=True)
class RoundStepReport:
    """A round that is over."""

    round: RoundReport
    seconds: float
    """From the first client's beginning to the new checkpoint."""

    @property
    def figure(self) -> str:
        left = "".join(f"; without {one.device}" for one in self.round.left_out)
        return f"{self.round.number}: {self.round.after:.3f} on validation, {len(self.round.devices)} devices{left}"


@dataclass(frozen=True)
class FederateReport:
    """What the devices' data added."""

    test: Scores
    before: Scores
    """Of the network that the rounds began with, on the test set."""
    validation: float
    """Of the chosen network."""
    chosen: int
    """Number of the round whose network was kept; 0 when none beat the start on validation."""
    rounds: tuple[float, ...]
    """Validation accuracy after each round."""
    devices: int
    bytes: int

    @property
    def figure(self) -> str:
        kept = f"round {self.chosen}" if self.chosen else "the start"
        change = f"{self.test.accuracy:.3f} on test, from {self.before.accuracy:.3f}"
        return f"{change}, {kept} kept"


@task(name="train-shard", task_run_name="round {spec.number}: {shard}", cache_policy=NO_CACHE)
def train(
    shard: Shard, checkpoint: Path, spec: RoundSpec, into: Path, deadline: float
) -> tuple[ClientReport, ...]:
    """Train the devices of one shard; each sees its own folder and the round's checkpoint alone."""
    return train_shard(shard, checkpoint, spec, into, deadline, time.monotonic)


def gathered(
    spec: RoundSpec, shards: list[PrefectFuture[tuple[ClientReport, ...]]]
) -> tuple[ClientReport, ...]:
    """Wait for every shard; the devices of a task that failed as a whole are named like any that failed alone."""
    for shard in shards:
        shard.wait()
    reports = [
        report for shard in shards if shard.state.is_completed() for report in shard.result()
    ]
    missing = sorted(set(spec.devices) - {report.device for report in reports})
    lost = [
        ClientReport(device, spec.number, 0, None, None, 0.0, "its task ended early")
        for device in missing
    ]
    return (*reports, *lost)


@step("round", beside=("reports", "begun"), tracked=False)
def close(
    run: Run,
    spec: RoundSpec,
    start: StepResult[object],
    data: "StepResult[DataReport]",
    reports: tuple[ClientReport, ...],
    begun: float,
) -> tuple[Path, RoundStepReport]:
    """Average what can be trusted and commit the round; from here on it is done, whatever happens next."""
    path, report = close_round(
        start.path,
        spec,
        reports,
        updates_folder(run, spec, start),
        run.workspace.checkpoints,
        load_set(data.path, "validation").examples,
    )
    return path, RoundStepReport(report, time.monotonic() - begun)


def committed(
    run: Run, spec: RoundSpec, start: StepResult[object], data: "StepResult[DataReport]"
) -> bool:
    """Whether an earlier run closed this very round, so that nobody need train for it."""
    if run.force:
        return False
    key = key_of("round", close.fn.__module__, run, [spec, start, data])
    return recall(run, "round", key, TypeAdapter(RoundStepReport)) is not None


def planned(
    settings: Federate, data: "StepResult[DataReport]", after: int
) -> tuple[RoundSpec, ...]:
    """The rounds to come, numbered on from those that the start has behind it."""
    folders = (data.path / "shares" / "devices").glob(f"*/{EXAMPLES}")
    devices = sorted(path.parent.name for path in folders)
    specs = plan(settings, devices, data.report.form.augmentation)
    return tuple(replace(spec, number=spec.number + after) for spec in specs)


def dealt(settings: Federate, spec: RoundSpec, data: "StepResult[DataReport]") -> list[Shard]:
    """The round's devices by shard, as folders."""
    folder = data.path / "shares" / "devices"
    return [
        tuple(folder / device for device in shard)
        for shard in shards(spec.devices, settings.shards)
    ]


def updates_folder(run: Run, spec: RoundSpec, start: StepResult[object]) -> Path:
    """Where the devices of a round leave their updates."""
    return run.workspace.run(run.name) / "updates" / f"{spec.number:03}-{start.digest[:16]}"


@step("federate")
def choose(
    run: Run,
    settings: Federate,
    start: StepResult[object],
    data: "StepResult[DataReport]",
    rounds: list[StepResult[RoundStepReport]],
) -> tuple[Path, FederateReport]:
    """Keep the network that is best on validation, the start included; of equals the latest."""
    reports = [product.report.round for product in rounds]
    standing = [(reports[0].before or 0.0, 0, start.path)] if reports else [(0.0, 0, start.path)]
    standing += [
        (report.after or 0.0, report.number, product.path)
        for report, product in zip(reports, rounds, strict=True)
    ]
    validation, number, path = max(standing)
    test = load_set(data.path, "test").examples
    picture = curves.rounds([accuracy for accuracy, _, _ in standing])
    runs.log_figures(run.tracked, {"rounds": picture})
    runs.log_table(run.tracked, _rows(reports), "devices.json")
    return path, FederateReport(
        test=scores(load(path), *test),
        before=scores(load(start.path), *test),
        validation=validation,
        chosen=number,
        rounds=tuple(report.after or 0.0 for report in reports),
        devices=len({device for report in reports for device in report.devices}),
        bytes=path.stat().st_size,
    )


def _rows(reports: list[RoundReport]) -> list[dict[str, object]]:
    return [
        {
            "round": report.number,
            "device": client.device,
            "examples": client.examples,
            "loss": client.loss,
            "update": client.update or "",
            "seconds": round(client.seconds, 3),
            "left out": client.reason or "",
        }
        for report in reports
        for client in report.clients
    ]
