"""A small project whose data are a table of eighty flowers: what a source archive holds of it, and its data."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dvc.cli.parser import get_main_parser

from edgeline import revisions
from edgeline.recipe.data import Data
from edgeline.revisions.repository import dvc_environment
from tests.pipeline.checkout import Answer, Project, copy_parts
from tests.sharing import once

BINARIES = Path(sys.executable).parent
VERSIONED = ("dvc.yaml", "dvc.lock", ".dvc", ".dvcignore", ".gitignore", "src", "tasks", "recipes")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

DEADLY = """
import os, signal, sys

def die(event, arguments):
    if event == "os.rename" and os.path.basename(os.fsdecode(arguments[1])) == "{name}":
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(die)
"""


@dataclass(frozen=True)
class Flowers:
    """A project, and what a person does to its data."""

    root: Path
    name: str = "plants"

    @property
    def folder(self) -> Path:
        return self.root / "data" / self.name

    @property
    def cache(self) -> Path:
        return self.root / ".dvc" / "cache" / "files" / "md5"

    @property
    def remote(self) -> Path:
        return self.root / ".edgeline" / "remote"

    @property
    def table(self) -> Path:
        return self.root / "my files" / "flowers.csv"

    def settings(self, **changes: object) -> Data:
        """Of eighty flowers: ten for each of the two tests, twelve central, the others on three devices."""
        given = {"source": "table", "path": "my files/flowers.csv", "label": "species"}
        sizes = {"validation": 10, "test": 10, "central": 12, "devices": 3, "augmentation": "none"}
        return Data(**{**given, **sizes, **changes})

    def write(self, *, without: int | None = None, **species: str) -> None:
        """The table; `without` leaves out a row, `row_7="b"` gives another species."""
        rows = ["petal,sepal,species"]
        for row in range(80):
            if row != without:
                kind = species.get(f"row_{row}", "ab"[row % 2])
                rows.append(f"{row % 7}.{row},{row * row % 11}.{row},{kind}")
        self.table.parent.mkdir(exist_ok=True)
        self.table.write_text("\n".join(rows) + "\n")

    def ensure(self, hour: int = 0, **changes: object) -> revisions.Revision:
        """What a run does, so many hours after noon."""
        with revisions.use_settings(self.root, self.name, self.settings(**changes)):
            revisions.check(self.root, self.name)
            return revisions.ensure(self.root, self.name, NOON + timedelta(hours=hour))

    def dvc(self, *arguments: str) -> None:
        """DVC as a person calls it."""
        self.run(str(BINARIES / "dvc"), *arguments)

    def configure(self, *arguments: str) -> None:
        """A command of DVC's that only changes its configuration, in this process, which saves a second."""
        with contextlib.chdir(self.root), pytest.MonkeyPatch.context() as patch:
            for name, value in dvc_environment(self.root, self.root / ".edgeline" / "site").items():
                patch.setenv(name, value)
            command = get_main_parser().parse_args([*arguments, "--quiet"])
            assert command.func(command).do_run() == 0

    def edgeline(self, *arguments: str) -> Answer:
        """A command that must succeed, in this process."""
        answer = Project(self.root).edgeline(*arguments)
        assert answer.returncode == 0, answer.stderr
        return answer

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command of a person who has not activated the environment."""
        return subprocess.run(
            command,
            cwd=self.root,
            env=self.surroundings,
            capture_output=True,
            text=True,
            check=True,
        )

    @property
    def surroundings(self) -> dict[str, str]:
        """DVC keeps to the project, and git to itself."""
        kept = ("PYTHONPATH", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        return {
            "PATH": f"{BINARIES}:/usr/bin:/bin",
            "HOME": str(self.root),
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": str(self.root / ".edgeline" / "site"),
            **{name: os.environ[name] for name in kept if name in os.environ},
        }

    @contextmanager
    def killed_when(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """`edgeline` with these arguments, killed at the end of the block, if it lives so long."""
        with subprocess.Popen(
            [str(BINARIES / "edgeline"), *arguments],
            cwd=self.root,
            env=self.surroundings,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as process:
            try:
                yield process
            finally:
                process.kill()


def project(root: Path) -> Flowers:
    """What a source archive of the project holds, as far as its data are concerned."""
    copy_parts(VERSIONED, root)
    (root / "dvc.lock").unlink()
    return Flowers(root)


def without_remote(flowers: Flowers) -> Flowers:
    """As a person sets it up who keeps the data here alone; every revision that is sent takes a process."""
    flowers.configure("config", "--unset", "core.remote")
    return flowers


@pytest.fixture
def deadly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], AbstractContextManager[object]]:
    """A time in which each process that begins is killed with a file of that name written, but not yet in place."""

    @contextmanager
    def to_write(name: str) -> Iterator[None]:
        (tmp_path / "sitecustomize.py").write_text(DEADLY.format(name=name))
        with monkeypatch.context() as surroundings:
            surroundings.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
            yield

    return to_write


@pytest.fixture(scope="session")
def made(run_folder: Path) -> Flowers:
    """The data, made once, in a folder without .git whose name has a space and an accent; only read."""

    def make(folder: Path) -> None:
        flowers = project(folder / "à part")
        flowers.write()
        flowers.ensure()

    return Flowers(once(run_folder, "un projet", make) / "à part")


@pytest.fixture
def flowers(made: Flowers, tmp_path: Path) -> Flowers:
    """A copy of the project with its data, for one test to spoil; it sends no revision to a remote."""
    return without_remote(Flowers(shutil.copytree(made.root, tmp_path / "un projet à part")))


@pytest.fixture
def fresh(tmp_path: Path) -> Flowers:
    """A project without data, and without a remote."""
    flowers = without_remote(project(tmp_path / "un projet à part"))
    flowers.write()
    return flowers
