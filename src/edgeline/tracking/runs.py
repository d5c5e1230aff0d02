"""MLflow's experiments and runs: parameters, curves, tags, tables and pictures of a run.

Every function names the run it means; MLflow's notion of an active run is per thread and is never relied on.
The address is `MLFLOW_TRACKING_URI`, the tool's own variable.
"""

import logging
import os
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from pathlib import Path
from traceback import clear_frames
from typing import Any

import mlflow
from matplotlib.figure import Figure
from mlflow.data.numpy_dataset import from_numpy
from mlflow.entities import DatasetInput, InputTag, Metric, Param
from mlflow.tracking import MlflowClient
from numpy.typing import NDArray

PARENT = "mlflow.parentRunId"
FLOW_RUN = "prefect.flow_run_id"
PARAM_LENGTH = 6_000


def start_run(recipe: str, name: str, tags: Mapping[str, str], artifacts: Path) -> str:
    """Start the run that stands for one flow run; returns its id.

    `artifacts` is where a database of this machine keeps the files of a new experiment; a server decides itself.
    """
    client = MlflowClient()
    experiment = client.get_experiment_by_name(recipe)
    local = not mlflow.get_tracking_uri().startswith("http")
    location = str(artifacts / recipe) if local else None
    if experiment and location and experiment.artifact_location != location:
        # the project was moved: MLflow would go on writing to where it was
        former = f"{recipe}, in {experiment.artifact_location}"
        client.rename_experiment(experiment.experiment_id, former)
        experiment = None
    # without it the UI takes every experiment for one of language models
    kind = {"mlflow.experimentKind": "custom_model_development"}
    number = (
        experiment.experiment_id if experiment else client.create_experiment(recipe, location, kind)
    )
    run = client.create_run(number, run_name=name, tags=dict(tags))
    return str(run.info.run_id)


@contextmanager
def closed_with(run_id: str) -> Iterator[None]:
    """Close a run at the end of the block: as FINISHED, as KILLED where a person ended it, else as FAILED."""
    status = "FAILED"
    try:
        yield
        status = "FINISHED"
    except KeyboardInterrupt as error:
        status = "KILLED"
        # An interrupted query locks a database of this machine for as long as a frame holds its cursor.
        clear_frames(error.__traceback__)
        raise
    finally:
        MlflowClient().set_terminated(run_id, status=status)


@contextmanager
def child_run(parent: str, name: str) -> Iterator[str]:
    """A run below `parent` for one step; it never stays RUNNING, whatever happens inside."""
    client = MlflowClient()
    experiment = client.get_run(parent).info.experiment_id
    run = client.create_run(experiment, run_name=name, tags={PARENT: parent})
    with closed_with(run.info.run_id):
        yield run.info.run_id


def find_child(parent: str, name: str) -> str | None:
    """The run of one step below `parent`, if it has one."""
    client = MlflowClient()
    experiment = client.get_run(parent).info.experiment_id
    below = f"tags.`{PARENT}` = '{parent}' and attributes.run_name = '{name}'"
    found = client.search_runs([experiment], below, max_results=1)
    return str(found[0].info.run_id) if found else None


def end_abandoned_runs(flow_run: str) -> None:
    """Close what a flow run that is over left RUNNING, its steps included."""
    client = MlflowClient()
    experiments = [one.experiment_id for one in client.search_experiments()]
    for whole in client.search_runs(experiments, f"tags.`{FLOW_RUN}` = '{flow_run}'"):
        below = f"tags.`{PARENT}` = '{whole.info.run_id}'"
        for run in (whole, *client.search_runs([whole.info.experiment_id], below)):
            if run.info.status == "RUNNING":
                client.set_terminated(run.info.run_id, status="KILLED")


def log_params(run_id: str, values: Mapping[str, Any]) -> None:
    params = [Param(key, str(value)[:PARAM_LENGTH]) for key, value in values.items()]
    MlflowClient().log_batch(run_id, params=params)


def log_tags(run_id: str, tags: Mapping[str, str]) -> None:
    client = MlflowClient()
    for key, value in tags.items():
        client.set_tag(run_id, key, value)


def log_report(run_id: str, report: Any) -> None:
    """Every number of a report as a metric; a tuple of numbers becomes a curve."""
    _log(run_id, list(_numbers(report, "")))


def log_metrics(run_id: str, values: Mapping[str, float]) -> None:
    _log(run_id, [(key, value, 0) for key, value in values.items()])


def log_figures(run_id: str, figures: Mapping[str, Figure]) -> None:
    """Keep pictures with a run, each under its name."""
    for name, figure in figures.items():
        MlflowClient().log_figure(run_id, figure, f"{name}.png")


def log_table(run_id: str, rows: list[dict[str, Any]], name: str) -> None:
    columns = {key: [row[key] for row in rows] for key in rows[0]} if rows else {}
    MlflowClient().log_table(run_id, columns, name)


def log_text(run_id: str, text: str, name: str) -> None:
    MlflowClient().log_text(run_id, text, name)


def log_file(run_id: str, path: Path) -> None:
    MlflowClient().log_artifact(run_id, str(path))


def log_dataset(
    run_id: str, name: str, digest: str, values: NDArray[Any], labels: NDArray[Any], source: Path
) -> None:
    """Name the data that a run used; its digest is the data revision."""
    # mlflow cuts a digest that is longer than 36 characters off with an error
    dataset = from_numpy(values, targets=labels, source=str(source), name=name, digest=digest[:36])
    entity = DatasetInput(
        dataset._to_mlflow_entity(), tags=[InputTag("mlflow.data.context", "training")]
    )
    MlflowClient().log_inputs(run_id, [entity])


def run_url(run_id: str, server: str) -> str:
    """Page of a run in the MLflow UI at `server`."""
    experiment = MlflowClient().get_run(run_id).info.experiment_id
    return f"{server}/#/experiments/{experiment}/runs/{run_id}?workflowType=machine_learning"


def quieten() -> None:
    """Keep MLflow's words out of the terminal; it writes to its log only."""
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    warnings.filterwarnings(
        "ignore", message="The specified dataset source can be interpreted in multiple ways"
    )


def _log(run_id: str, numbers: list[tuple[str, float, int]]) -> None:
    now = int(time.time() * 1000)
    metrics = [Metric(key, value, now, step) for key, value, step in numbers]
    MlflowClient().log_batch(run_id, metrics=metrics)


def _numbers(value: Any, name: str) -> Iterator[tuple[str, float, int]]:
    """(metric, value, step) of every number in a report; the items of a tuple are the steps of a curve."""
    if isinstance(value, bool | int | float):
        yield name, float(value), 0
    elif is_dataclass(value):
        for field in fields(value):
            yield from _numbers(
                getattr(value, field.name), f"{name}.{field.name}" if name else field.name
            )
    elif isinstance(value, tuple):
        for step, item in enumerate(value):
            # nested tuples and tables have pictures of their own; only plain curves become metrics
            if isinstance(item, int | float) or is_dataclass(item):
                yield from (
                    (key, number, step) for key, number, at in _numbers(item, name) if at == 0
                )
