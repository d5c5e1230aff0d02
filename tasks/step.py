"""What every step has in common: it is done once for its key, and MLflow and the watcher hear of it.

A step is a function `(run, inputs...) -> (path, report)`; `step` makes it a Prefect task that
returns a `StepResult`.
"""

import functools
import inspect
import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

from prefect import Task, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from pydantic import TypeAdapter

from edgeline.recipe.section import Section
from edgeline.tracking import runs
from tasks.run import Run
from tasks.step_result import R, StepResult, key_of, parents, recall, remember
from tasks.watch import watcher

Step = Callable[..., tuple[Path, R]]

_journal_lock = threading.Lock()


def step(
    name: str, *, reuse: bool = True, beside: tuple[str, ...] = (), tracked: bool = True
) -> Callable[[Step[R]], Task[..., StepResult[R]]]:
    """Make a step function a Prefect task that is done once for the same inputs.

    `reuse=False` is for steps that ask or tell a service, and must do so each time. `beside` names
    arguments that follow from the others, and are therefore no part of the key. `tracked=False`
    gives the step no run of its own in MLflow, where another step tells of it.
    """

    def decorate(function: Step[R]) -> Task[..., StepResult[R]]:
        report_type: TypeAdapter[R] = TypeAdapter(get_args(get_type_hints(function)["return"])[1])
        signature = inspect.signature(function)

        @functools.wraps(function)
        def perform(*args: Any, **kwargs: Any) -> StepResult[R]:
            given = signature.bind(*args, **kwargs).arguments
            run = given["run"]
            inputs = [value for key, value in given.items() if key not in ("run", *beside)]
            key = key_of(name, function.__module__, run, inputs)
            watcher().started(name)
            product = recall(run, name, key, report_type) if reuse and not run.force else None
            if product is None:
                begun = time.monotonic()
                path, report = _carry_out(function, name, key, given, tracked)
                # a round knows better: it began with its clients
                seconds = getattr(report, "seconds", time.monotonic() - begun)
                product = StepResult.of(name, path, parents(inputs), report, seconds)
                remember(run, product, key)
            _enter(run, product, key)
            watcher().finished(name, figure(product), product.seconds, product.reused)
            get_run_logger().info("%s: %s", "reused" if product.reused else "done", figure(product))
            return product

        return task(name=name, task_run_name=name, cache_policy=NO_CACHE)(perform)

    return decorate


def _carry_out(
    function: Step[R], name: str, key: str, given: dict[str, Any], tracked: bool
) -> tuple[Path, R]:
    """Call the step with a folder of its own and, if it is tracked, a run of its own in MLflow."""
    run: Run = given["run"]
    folder = run.workspace.step(name, key)
    folder.mkdir(parents=True, exist_ok=True)
    if not tracked:
        return function(**{**given, "run": replace(run, folder=folder)})
    with runs.child_run(run.flow_run, name) as run_id:
        for settings in (value for value in given.values() if isinstance(value, Section)):
            runs.log_params(run_id, settings.model_dump())
        path, report = function(**{**given, "run": replace(run, tracked=run_id, folder=folder)})
        runs.log_report(run_id, report)
    return path, report


def figure(product: StepResult[Any]) -> str:
    """The few words on a report that fit a progress line."""
    return str(getattr(product.report, "figure", ""))


def _enter(run: Run, product: StepResult[Any], key: str) -> None:
    """Add a line to the journal of the run; steps may end in several threads at once."""
    line = json.dumps({**product.to_json(run), "key": key, "reused": product.reused})
    with _journal_lock, run.journal.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
