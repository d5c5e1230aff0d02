"""A copy of the project in a folder with an odd name, and its command line."""

import contextlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from mlflow.tracking import MlflowClient
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from edgeline.cli import app
from edgeline.errors import EdgelineError
from edgeline.stack import services
from edgeline.stack.environment import environment
from tests.sharing import once, stopped_with_this_run

CHECKOUT = Path(__file__).parents[2]
PARTS = (
    *("dvc.yaml", "dvc.lock", ".dvc", ".dvcignore", "prefect.yaml"),
    *("requirements.lock", "pyproject.toml"),
    *("src", "flows", "tasks", "recipes", "contracts", "mlflow"),
)
SHARED = ("prefect", "mlflow", "ganache", "nats")
FOLDER = "un projet à part"
OF_SERVERS = shutil.ignore_patterns("services", "logs", "ganache", "prefect", "node_modules.lock")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "cache", "tmp", "config.local")

# The whole line with networks of a few hundred weights: what is tested is how the steps hang together.
QUICK = (
    *("pretrained.items=200", "pretrained.epochs=1", "pretrained.widths=[4,8,16]"),
    *("finetune.epochs=4", "shrink.widths=[4,4,8]", "shrink.epochs=1", "shrink.lessons=2"),
    *("federate.rounds=2", "federate.local_epochs=1", "quantise.latency_rounds=5"),
    *("split.rounds=3", "rehearse.items=40", "gate.min_accuracy=0"),
    *("gate.max_quantisation_loss=1", "gate.max_regression=1", "gate.allow_below_baseline=true"),
)


@dataclass(frozen=True)
class Answer:
    """What a command said, and how it ended."""

    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Project:
    """A checkout in which tests work, and the addresses of the servers that it finds by itself nowhere."""

    root: Path
    addresses: Mapping[str, str] = field(default_factory=dict)

    @property
    def variables(self) -> dict[str, str]:
        """The registry is a file of the project: what only shows it needs no server."""
        registry = f"sqlite:///{self.root}/.edgeline/mlflow.db"
        return {**self.addresses, "MLFLOW_TRACKING_URI": registry} if self.addresses else {}

    def edgeline(self, *arguments: str, env: Mapping[str, str] | None = None) -> Answer:
        """The command line, in this process: what it prints and how it ends, as `main` does it."""
        # a library that keeps one of these streams for its log can write to it for ever
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        code: object = 0
        with (
            self.entered(env or {}),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                app(args=list(arguments), prog_name="edgeline")
            except SystemExit as end:
                code = end.code or 0
            except EdgelineError as error:
                print(f"edgeline: {' '.join(str(error).split())}", file=err)
                code = error.exit_code
        assert isinstance(code, int)
        return Answer(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))

    @contextlib.contextmanager
    def entered(self, env: Mapping[str, str] | None = None) -> Iterator[None]:
        """This process stands in the project's folder, with its variables and Prefect's settings."""
        folder, before, path = Path.cwd(), dict(os.environ), list(sys.path)
        os.environ.update({**self.variables, **(env or {})})
        around = environment(self.root)
        os.environ.update(around)
        os.chdir(self.root)
        prefect = {
            PREFECT_API_URL: os.environ.get("PREFECT_API_URL"),
            PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
        }
        try:
            with temporary_settings(updates=prefect), warnings.catch_warnings():
                # as in a process of its own; a test of the piece itself sees its warnings
                warnings.simplefilter("default")
                yield
        finally:
            os.chdir(folder)
            sys.path[:] = path
            os.environ.clear()
            os.environ.update(before)

    def run(
        self, *changes: str, story: str = "run", options: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """The summary of a quick run that must succeed."""
        return self.ask(story, "digits", *quick(*changes), *options)

    def ask(self, *arguments: str, env: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The object that a command prints, which must succeed."""
        done = self.edgeline(*arguments, "--json", env=env)
        assert done.returncode == 0, done.stderr
        summary: dict[str, Any] = json.loads(done.stdout)
        return summary

    @contextlib.contextmanager
    def process(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """The command line as a shell starts it, killed at the end of the block if it lives so long."""
        with subprocess.Popen(
            [str(Path(sys.executable).parent / "edgeline"), *arguments],
            cwd=self.root,
            env={**os.environ, **self.variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def ended_after(self, step: str, number: int) -> tuple[int, str]:
        """Run, and send a signal soon after `step` has ended; returns how the run ended and what it had said."""
        said = ""
        with self.process("run", "digits", *quick()) as process:
            assert process.stderr
            for line in process.stderr:
                said += line
                if f" {step} " in line:
                    break
            time.sleep(0.1)
            process.send_signal(number)
            said += process.communicate(timeout=120)[1]
        return process.returncode, said

    def tracked(self, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
        """MLflow's own client on the project's database, also for what MLflow asks by itself."""
        address = f"sqlite:///{self.root}/.edgeline/mlflow.db"
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        return MlflowClient(address)

    @staticmethod
    def eventually(true: Callable[[], object], seconds: float) -> bool:
        """Ask again and again; false when the time is over."""
        end = time.monotonic() + seconds
        while not true():
            if time.monotonic() > end:
                return False
            time.sleep(0.5)
        return True

    def prefect_runs(self, state: str) -> list[dict[str, Any]]:
        """Flow runs that the project's server shows in a state."""
        api = {**environment(self.root), **self.variables}["PREFECT_API_URL"]
        with SyncPrefectClient(api) as client:
            found = client.read_flow_runs(
                flow_run_filter=FlowRunFilter(state={"type": {"any_": [state]}})
            )
        return [run.model_dump(mode="json") for run in found]


def quick(*changes: str) -> list[str]:
    """Options that make a run small, then those of the test."""
    return [word for setting in (*QUICK, *changes) for word in ("-p", setting)]


def copy_parts(parts: Iterable[str], root: Path) -> None:
    """Files and folders of the checkout, as an archive holds them."""
    root.mkdir(parents=True)
    for name in parts:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=LEFT_OUT)
        else:
            shutil.copy2(source, root / name)


def served(run_folder: Path) -> Project:
    """The project of this run of the tests whose servers serve all that do not stop them."""

    def start(folder: Path) -> None:
        root = checked_out(folder).root
        stopped_with_this_run(run_folder, root)
        services.ensure_all(SHARED, root)

    return Project(once(run_folder, "servers", start) / FOLDER)


def checked_out(folder: Path, addresses: Mapping[str, str] | None = None) -> Project:
    """The project as an archive holds it, with the checkout's node packages."""
    root = folder / FOLDER
    copy_parts(PARTS, root)
    (root / "node_modules").symlink_to(CHECKOUT / "node_modules")
    return Project(root, addresses or {})


def copied(project: Project, folder: Path, addresses: Mapping[str, str]) -> Project:
    """A project with its data and its history, as if it had always lain in `folder`."""
    root = folder / FOLDER
    shutil.copytree(project.root, root, symlinks=True, ignore=OF_SERVERS)
    registry = root / ".edgeline" / "mlflow.db"
    with contextlib.closing(sqlite3.connect(registry)) as database, database:
        for table, column in _columns(database):
            move = f'UPDATE "{table}" SET "{column}" = replace("{column}", ?, ?)'
            database.execute(
                f'{move} WHERE instr("{column}", ?)',
                (str(project.root), str(root), str(project.root)),
            )
    return Project(root, addresses)


def _columns(database: sqlite3.Connection) -> list[tuple[str, str]]:
    """Tables with their columns that hold text."""
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return [
        (table, column)
        for (table,) in tables
        for _, column, kind, *_ in database.execute(f'PRAGMA table_info("{table}")').fetchall()
        if kind.startswith(("VARCHAR", "TEXT"))
    ]
