"""How a flow is run by hand: watched on a terminal, its logs in a file, without the idle second of a heartbeat."""

import contextlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from edgeline.workspace import Workspace
from flows.build import build
from flows.federate import federate
from tasks.run import cancel as cancel
from tasks.run import close_abandoned as close_abandoned
from tasks.watch import Watcher, watched_by

STORIES = {"build": build, "federate": federate}


def run_flow(
    story: str, recipe: str, settings: dict[str, str], force: bool, watcher: Watcher
) -> dict[str, Any]:
    """Run a flow to its end and return its summary; its errors are raised as they were."""
    # the heartbeat's thread is joined in mid-sleep, which costs every run a second
    without_heartbeat = temporary_settings(updates={PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None})
    with _log_to_file(), watched_by(watcher), without_heartbeat:
        summary: dict[str, Any] = STORIES[story](recipe=recipe, settings=settings, force=force)
        return summary


@contextmanager
def _log_to_file() -> Iterator[None]:
    """Write the logs of Prefect, MLflow and the rest to `.edgeline/logs/run.log` instead of the terminal."""
    path = Workspace.find().logs / "run.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    file = logging.FileHandler(path, encoding="utf-8")
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    # MLflow's logger has a handler of its own, which writes to the terminal
    before = {name: logging.getLogger(name).handlers for name in (None, "mlflow")}
    told, logging.raiseExceptions = logging.raiseExceptions, False
    for name in before:
        logging.getLogger(name).handlers = [file]
    logging.captureWarnings(True)
    try:
        yield
    finally:
        for name, handlers in before.items():
            logging.getLogger(name).handlers = handlers
        logging.captureWarnings(False)
        # a log that finds no room on its disk is no reason to fill the terminal, nor to fail
        with contextlib.suppress(OSError):
            file.close()
        logging.raiseExceptions = told
