"""Servers that all workers share, a project that was built once, and copies of it for tests that change things.

`project` and `built` are only read: a test that changes what it finds takes `copy`, or `module_copy` where
every test of a file puts right what it does. Whoever asks for the built project belongs to the group
`line`, and so runs in one worker: its copies anchor on one chain from one account.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlflow.tracking import MlflowClient

from edgeline.stack import services
from edgeline.stack.environment import environment
from tests.pipeline.checkout import Project, checked_out, copied, quick, served
from tests.sharing import once, stopped_with_this_run


@pytest.fixture(scope="session")
def project(run_folder: Path) -> Project:
    """The project whose servers serve all tests that do not stop them."""
    return served(run_folder)


@pytest.fixture(scope="session")
def built(project: Project, run_folder: Path) -> dict[str, Any]:
    """The summary of a quick build by `edgeline run`, a process as a shell starts it."""

    def build(folder: Path) -> None:
        with project.process("run", "digits", *quick(), "--json") as process:
            summary, said = process.communicate()
        assert process.returncode == 0, said
        (folder / "summary.json").write_text(summary)

    summary: dict[str, Any] = json.loads(
        (once(run_folder, "built", build) / "summary.json").read_text()
    )
    return summary


@pytest.fixture
def copy(project: Project, built: dict[str, Any], tmp_path: Path) -> Project:
    """A copy of the built project for one test to change; it knows the same servers."""
    return copied(project, tmp_path / "copy", shared_addresses(project, *SERVERS_AND_CHAIN))


@pytest.fixture(scope="module")
def module_copy(
    project: Project, built: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """A copy of the built project for the tests of a file."""
    folder = tmp_path_factory.mktemp("copy")
    return copied(project, folder, shared_addresses(project, *SERVERS_AND_CHAIN))


SERVERS = ("PREFECT_API_URL", "NATS_URL")
SERVERS_AND_CHAIN = (*SERVERS, "WEB3_PROVIDER_URI")


def shared_addresses(project: Project, *variables: str) -> dict[str, str]:
    around = environment(project.root)
    return {name: around[name] for name in variables}


@pytest.fixture
def chainless(
    project: Project, built: dict[str, Any], tmp_path: Path, run_folder: Path
) -> Iterator[Project]:
    """A copy of the built project that will have a chain of its own, on which there is nothing yet."""
    made = copied(project, tmp_path / "chainless", shared_addresses(project, *SERVERS))
    stopped_with_this_run(run_folder, made.root)
    yield made
    services.stop_all(made.root)


@pytest.fixture(scope="session")
def unbuilt(
    project: Project, tmp_path_factory: pytest.TempPathFactory, run_folder: Path
) -> Iterator[Project]:
    """A project in which nothing has run yet, with a chain of its own."""
    addresses = shared_addresses(project, *SERVERS)
    made = checked_out(tmp_path_factory.mktemp("unbuilt"), addresses)
    stopped_with_this_run(run_folder, made.root)
    yield made
    services.stop_all(made.root)


@pytest.fixture
def fresh_project(tmp_path: Path, run_folder: Path) -> Iterator[Project]:
    """A project in which nothing has run yet, not even a server."""
    made = checked_out(tmp_path)
    stopped_with_this_run(run_folder, made.root)
    yield made
    services.stop_all(made.root)


@pytest.fixture
def prefect(project: Project) -> Iterator[None]:
    """This process on the servers, for flows that a test calls itself."""
    with project.entered():
        yield


@pytest.fixture
def tracked(
    project: Project, built: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> MlflowClient:
    """MLflow's own client on the built project's database."""
    return project.tracked(monkeypatch)
