"""Federated rounds: the devices train where their data are, the central site averages what they send.

As a flow of its own it continues from the latest candidate; in `flows.build` it follows the shrunken network.
"""

import time
from typing import Any

from prefect import flow, unmapped
from prefect.task_runners import ThreadPoolTaskRunner

from edgeline.recipe.federate import Federate
from edgeline.rounds.round import ClientReport, RoundSpec
from flows.release import release
from tasks.anchor import settle
from tasks.data import version
from tasks.federate import choose, close, committed, dealt, gathered, planned, train, updates_folder
from tasks.lineage import stated
from tasks.release import candidate, tuned_ancestor
from tasks.run import Run, opened, run_name
from tasks.step_result import StepResult

# A step holds one core, whatever the machine has, so that the same run gives the same bits everywhere.
CORES: Any = ThreadPoolTaskRunner(max_workers=2)


@flow(name="federate", flow_run_name=run_name, task_runner=CORES)
def federate(
    recipe: str = "digits", settings: dict[str, str] | None = None, force: bool = False
) -> dict[str, Any]:
    """Improve the latest candidate with the devices' data and release what comes of it."""
    with opened(recipe, settings, force) as (run, line):
        settle(run, line.anchor)
        data = version(run, line.data)
        start = candidate(run, line.anchor)
        learned, closed = rounds(run, line.federate, start, data, after=start.report.rounds)
        said = stated(recipe, data, rounds=closed, after=start.report.lineage)
        return release(run, line, data, learned, said, tuned_ancestor(run, said))


def rounds(
    run: Run, settings: Federate, start: StepResult, data: StepResult, after: int = 0
) -> tuple[StepResult, list[StepResult]]:
    """The network that the rounds end with, and every round on the way; each is committed before the next begins."""
    latest, closed = start, []
    for spec in planned(settings, data, after):
        begun = time.monotonic()
        reports = (
            () if committed(run, spec, latest, data) else asked(run, settings, spec, latest, data)
        )
        latest = close(run, spec, latest, data, reports, begun)
        closed.append(latest)
    return choose(run, settings, start, data, closed), closed


def asked(
    run: Run, settings: Federate, spec: RoundSpec, latest: StepResult, data: StepResult
) -> tuple[ClientReport, ...]:
    """What the devices of a round report: their clients are mapped tasks over shards of devices."""
    shards = train.map(
        dealt(settings, spec, data),
        checkpoint=unmapped(latest.path),
        spec=unmapped(spec),
        into=unmapped(updates_folder(run, spec, latest)),
        deadline=time.monotonic() + spec.deadline_s,
    )
    return gathered(spec, shards)
