"""What every step has in common: it is done once for its key, and MLflow and the watcher hear of it.

A step is a function `(run, inputs...) -> (path, report)`; `step` makes it a Prefect task that
returns a `StepResult`. A report may have a `figure`, the few words that fit a progress line, and
`gains`, comparisons of what it made with what was there before.
"""

import functools
import inspect
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from logging import INFO, WARNING
from pathlib import Path
from types import GenericAlias
from typing import Any, ParamSpec, TypeVar, get_args

from prefect import Task, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from pydantic import TypeAdapter

from edgeline.comparison import HARMED
from edgeline.recipe.section import Section
from edgeline.tracking import runs
from tasks.run import Run
from tasks.step_cache import key_of, note_use, parents_of, recall, remember
from tasks.step_result import StepResult, identity
from tasks.watch import watcher

P = ParamSpec("P")
R = TypeVar("R")


def step(
    name: str, *, reuse: bool = True, not_in_key: tuple[str, ...] = (), tracked: bool = True
) -> Callable[[Callable[P, tuple[Path, R]]], Task[P, StepResult[R]]]:
    """Make a step function a Prefect task that is done once for the same inputs.

    `reuse=False` is for steps that call a service and must do so each time. `not_in_key` names
    arguments that follow from the others, and are therefore no part of the key. `tracked=False`
    gives the step no run of its own in MLflow, where another step logs its figures.
    """

    def decorate(function: Callable[P, tuple[Path, R]]) -> Task[P, StepResult[R]]:
        signature = inspect.signature(function)
        kind: Any = GenericAlias(StepResult, get_args(signature.return_annotation)[1])
        result_type: TypeAdapter[StepResult[R]] = TypeAdapter(kind)

        @functools.wraps(function)
        def perform(*args: P.args, **kwargs: P.kwargs) -> StepResult[R]:
            arguments = signature.bind(*args, **kwargs).arguments
            run: Run = arguments["run"]
            inputs = [value for key, value in arguments.items() if key not in ("run", *not_in_key)]
            key = key_of(name, function.__module__, run, inputs)
            watcher().started(name)
            result = recall(run, name, key, result_type) if reuse and not run.force else None
            if result is None:
                result = _carry_out(function, name, key, arguments, parents_of(inputs), tracked)
                remember(run, result, key)
            note_use(run, result, key)
            gains = getattr(result.report, "gains", ())
            remarks = [one.remark(run.score) for one in gains]
            figure = "; ".join(filter(None, (getattr(result.report, "figure", ""), *remarks)))
            harmed = any(one.by(run.score).effect == HARMED for one in gains)
            watcher().finished(name, figure, result.seconds, result.reused, harmed)
            how, level = ("reused" if result.reused else "done"), WARNING if harmed else INFO
            get_run_logger().log(level, "%s: %s", how, figure)
            return result

        return task(name=name, task_run_name=name, cache_policy=NO_CACHE)(perform)

    return decorate


def _carry_out(
    function: Callable[..., tuple[Path, R]],
    name: str,
    key: str,
    arguments: dict[str, Any],
    parents: tuple[str, ...],
    tracked: bool,
) -> StepResult[R]:
    """Call the step with a folder of its own and, if it is tracked, a run of its own in MLflow."""
    run: Run = arguments["run"]
    folder = run.workspace.step(name, key)
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with runs.child_run(run.flow_run, name) if tracked else nullcontext(run.tracked) as run_id:
        if tracked:
            for settings in (value for value in arguments.values() if isinstance(value, Section)):
                runs.log_params(run_id, settings.model_dump())
        own = replace(run, tracked=run_id, folder=folder)
        path, report = function(**{**arguments, "run": own})
        digest, seconds = identity(path), time.monotonic() - began
        if tracked:
            runs.log_report(run_id, report)
            runs.log_tags(run_id, {"digest": digest, "parents": ", ".join(parents)})
    return StepResult(name, path, digest, parents, report, seconds, reused=False)
