"""A copy of the project in a folder with an odd name, and its command line, run as a person runs it."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mlflow.tracking import MlflowClient
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from edgeline.stack import services

CHECKOUT = Path(__file__).parents[2]
PARTS = (
    *(
        "dvc.yaml",
        "dvc.lock",
        ".dvc",
        ".dvcignore",
        "prefect.yaml",
        "requirements.lock",
        "pyproject.toml",
    ),
    *("src", "flows", "tasks", "recipes", "contracts", "mlflow"),
)
LEFT_OUT = shutil.ignore_patterns("__pycache__", "cache", "tmp", "config.local")

# The whole line with networks of a few hundred weights: what is tested is how the steps hang together.
QUICK = (
    *("pretrained.items=200", "pretrained.epochs=1", "pretrained.widths=[4,8,16]"),
    *("finetune.epochs=4", "shrink.widths=[4,4,8]", "shrink.epochs=1", "shrink.lessons=2"),
    *(
        "federate.rounds=2",
        "federate.local_epochs=1",
        "quantise.latency_rounds=5",
        "split.rounds=3",
    ),
    *(
        "rehearse.items=40",
        "gate.min_accuracy=0",
        "gate.max_quantisation_loss=1",
        "gate.max_regression=1",
    ),
)


@dataclass(frozen=True)
class Project:
    """A checkout in which tests work."""

    root: Path

    def command(self, *arguments: str) -> list[str]:
        return [str(Path(sys.executable).parent / "edgeline"), *arguments]

    def edgeline(
        self, *arguments: str, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """The command line, without a terminal."""
        around = {**os.environ, **(env or {})}
        return subprocess.run(
            self.command(*arguments),
            cwd=self.root,
            env=around,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def run(
        self, *changes: str, story: str = "run", options: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """The summary of a quick run that must succeed."""
        return self.told(story, "digits", *self.quick(*changes), *options)

    def told(self, *arguments: str) -> dict[str, Any]:
        """The object that a command prints, which must succeed."""
        done = self.edgeline(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        summary: dict[str, Any] = json.loads(done.stdout)
        return summary

    def killed_after(self, step: str) -> str:
        """Run, and kill -9 soon after `step` has ended; returns what the run had said."""
        said = ""
        with subprocess.Popen(
            self.command("run", "digits", *self.quick()),
            cwd=self.root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            try:
                assert process.stderr
                for line in process.stderr:
                    said += line
                    if f" {step} " in line:
                        break
                time.sleep(0.1)
            finally:
                process.kill()
        return said

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
        server = json.loads((self.root / ".edgeline" / "services" / "prefect.json").read_text())[
            "url"
        ]
        body = json.dumps({"flow_runs": {"state": {"type": {"any_": [state]}}}}).encode()
        asked = urllib.request.Request(
            f"{server}/api/flow_runs/filter", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=30) as answer:
            found: list[dict[str, Any]] = json.load(answer)
        return found

    @staticmethod
    def quick(*changes: str) -> list[str]:
        """Options that make a run small, then those of the test."""
        return [word for setting in (*QUICK, *changes) for word in ("-p", setting)]

    @property
    def artifacts(self) -> list[Path]:
        return sorted(
            path.parent for path in (self.root / ".edgeline" / "artifacts").glob("*/manifest.json")
        )


def copied(folder: Path) -> Project:
    """The project as an archive holds it, with the checkout's node packages."""
    root = folder / "un projet à part"
    for name in PARTS:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=LEFT_OUT)
        else:
            root.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, root / name)
    (root / "node_modules").symlink_to(CHECKOUT / "node_modules")
    return Project(root)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project whose servers run for as long as the tests do."""
    made = copied(tmp_path_factory.mktemp("line"))
    yield made
    made.edgeline("down")


@pytest.fixture
def fresh_project(tmp_path: Path) -> Iterator[Project]:
    """A project in which nothing has run yet."""
    made = copied(tmp_path)
    yield made
    made.edgeline("down")


@pytest.fixture(scope="session")
def built(project: Project) -> dict[str, Any]:
    """The summary of one quick build; tests that need a released model start from it."""
    return project.run()


@pytest.fixture
def prefect(
    project: Project, built: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """This process on the project's own servers, its flows included."""
    around = services.environment(project.root)
    for name, value in around.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(project.root)
    with temporary_settings(
        updates={
            PREFECT_API_URL: around["PREFECT_API_URL"],
            PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
        }
    ):
        yield


@pytest.fixture
def tracked(project: Project, built: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """MLflow's own client on the project's database."""
    address = f"sqlite:///{project.root}/.edgeline/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    return MlflowClient(address)
