"""Federated rounds: the devices train where their data are, the central site combines what they send.

As a flow of its own it continues from the latest candidate; in `flows.build` it follows the shrunken network.
"""

import time
from functools import partial
from pathlib import Path
from typing import Any

from prefect import flow, unmapped
from prefect.task_runners import ThreadPoolTaskRunner

from edgeline.provenance.lineage import Lineage
from edgeline.recipe.federate import Federate
from edgeline.rounds.best import FederateReport
from edgeline.rounds.client import ClientReport
from edgeline.rounds.commit import RoundReport
from edgeline.rounds.spec import RoundSpec
from flows.release import release
from tasks.anchor import anchor_pending
from tasks.candidate import find_candidate, find_tuned_ancestor
from tasks.data import DataReport, ensure_data
from tasks.federate import (
    assign_shards,
    carry_out_round,
    collect_updates,
    plan_rounds,
    select_best,
    train_shard,
)
from tasks.lineage import build_lineage
from tasks.rehearse import check_messages
from tasks.results import Results
from tasks.run import Run, run_name, start_run
from tasks.step_result import StepResult
from tasks.summary import summarise

# A step holds one core, whatever the machine has, so that the same run gives the same bits everywhere.
CORES: Any = ThreadPoolTaskRunner(max_workers=2)


@flow(name="federate", flow_run_name=run_name, task_runner=CORES)
def federate(
    recipe: str = "digits", settings: dict[str, str] | None = None, force: bool = False
) -> dict[str, Any]:
    """Improve the latest candidate with the devices' data and release what comes of it."""
    with start_run(recipe, settings, force) as (run, sections):
        anchor_pending(run, sections.anchor)
        data = ensure_data(run, sections.data)
        check_messages(run, data)
        start = find_candidate(run, sections.anchor)
        rounds, best = run_rounds(run, sections.federate, start, data, start.report)
        lineage = build_lineage(run, data, None, rounds, best, start.report)
        tuned = find_tuned_ancestor(run, lineage)
        released = release(run, sections, data, best, lineage, tuned)
        results = Results(data, None, rounds, best, released)
        return summarise(run, sections, results)


def run_rounds(
    run: Run,
    settings: Federate,
    start: StepResult[object],
    data: StepResult[DataReport],
    before: Lineage,
) -> tuple[list[StepResult[RoundReport]], StepResult[FederateReport]]:
    """Every round, each committed before the next begins, and the network that they end with.

    They are numbered on from those in the lineage `before`.
    """
    latest: StepResult[object] = start
    rounds: list[StepResult[RoundReport]] = []
    for spec in plan_rounds(settings, data, data.report.form.augmentation, before):
        train = partial(train_devices, settings, spec, latest, data)
        latest = carry_out_round(run, spec, latest, data, train)
        rounds.append(latest)
    return rounds, select_best(run, settings, start, data, rounds)


def train_devices(
    settings: Federate,
    spec: RoundSpec,
    latest: StepResult[object],
    data: StepResult[object],
    into: Path,
) -> tuple[ClientReport, ...]:
    """What the devices of a round report: their clients are mapped tasks over shards of devices."""
    futures = train_shard.map(
        assign_shards(settings, spec, data),
        checkpoint=unmapped(latest.path),
        spec=unmapped(spec),
        into=unmapped(into),
        deadline=time.monotonic() + spec.settings.deadline_s,
    )
    return collect_updates(spec, futures)
