"""Federated rounds: the devices train where their data are, the central site combines what they send.

As a flow of its own it continues from the latest candidate; in `flows.build` it follows the shrunken network.
"""

import time
from typing import Any

from prefect import flow, unmapped
from prefect.task_runners import ThreadPoolTaskRunner

from edgeline.recipe.federate import Federate
from edgeline.rounds.client import ClientReport
from edgeline.rounds.spec import RoundSpec
from flows.release import release
from tasks.anchor import anchor_pending
from tasks.candidate import find_candidate, find_tuned_ancestor
from tasks.data import DataReport, ensure_data
from tasks.federate import (
    RoundStepReport,
    assign_shards,
    collect_updates,
    commit_round,
    is_committed,
    plan_rounds,
    select_best,
    train_shard,
    updates_folder,
)
from tasks.lineage import build_lineage
from tasks.results import FederationResults, Results
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
        start = find_candidate(run, sections.anchor)
        federation = run_rounds(run, sections.federate, start, data, after=start.report.rounds)
        lineage = build_lineage(run, data, None, federation.rounds, start.report.lineage)
        tuned = find_tuned_ancestor(run, lineage)
        released = release(run, sections, data, federation.federate, lineage, tuned)
        results = Results(data, None, federation, released)
        return summarise(run, sections, results, latest=False)


def run_rounds(
    run: Run,
    settings: Federate,
    start: StepResult[object],
    data: StepResult[DataReport],
    after: int = 0,
) -> FederationResults:
    """The network that the rounds end with, and every round on the way; each is committed before the next begins."""
    latest: StepResult[object] = start
    rounds: list[StepResult[RoundStepReport]] = []
    for spec in plan_rounds(settings, data, data.report.form.augmentation, after):
        began = time.monotonic()
        done = is_committed(run, spec, latest, data)
        reports = () if done else run_clients(run, settings, spec, latest, data)
        latest = commit_round(run, spec, latest, data, reports, began)
        rounds.append(latest)
    return FederationResults(select_best(run, settings, start, data, rounds), tuple(rounds))


def run_clients(
    run: Run,
    settings: Federate,
    spec: RoundSpec,
    latest: StepResult[object],
    data: StepResult[object],
) -> tuple[ClientReport, ...]:
    """What the devices of a round report: their clients are mapped tasks over shards of devices."""
    futures = train_shard.map(
        assign_shards(settings, spec, data),
        checkpoint=unmapped(latest.path),
        spec=unmapped(spec),
        into=unmapped(updates_folder(run, spec, latest)),
        deadline=time.monotonic() + spec.settings.deadline_s,
    )
    return collect_updates(spec, futures)
