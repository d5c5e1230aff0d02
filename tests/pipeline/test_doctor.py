"""What the doctor sees in a project folder that was made for it, and in this one."""

import json
import socket
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edgeline.cli import app
from edgeline.stack.doctor import Finding, examine
from edgeline.stack.servers import PORTS

PROJECT = """
[project]
requires-python = ">=3.11"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "un projet"
    (root / "recipes").mkdir(parents=True)
    (root / "dvc.yaml").touch()
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "requirements.lock").write_text(f"psutil=={version('psutil')}\nnowhere==1.0\n")
    return root


@pytest.fixture
def taken() -> Iterator[int]:
    """One of our ports in the hands of another program, whoever that is."""
    port = PORTS["nats"]
    with socket.socket() as stranger:
        try:
            stranger.bind(("127.0.0.1", port))
            stranger.listen()
        except OSError:
            pass
        yield port


def _found(root: Path, check: str) -> Finding:
    return next(finding for finding in examine(root) if check in finding.check)


def test_a_good_project_has_nothing_broken(project: Path) -> None:
    broken = {finding.check for finding in examine(project) if finding.state == "broken"}

    assert broken == {"Ganache"}


def test_a_version_beside_the_lock_is_named(project: Path) -> None:
    (project / "requirements.lock").write_text("psutil==1.0\n")
    finding = _found(project, "locked versions")

    assert finding.state == "broken"
    assert finding.found == f"psutil {version('psutil')} (lock: 1.0)"


def test_a_pin_for_another_machine_is_passed_over(project: Path) -> None:
    (project / "requirements.lock").write_text("psutil==1.0 ; sys_platform == 'amiga'\n")

    assert _found(project, "locked versions").state == "ok"


def test_a_port_of_a_strangers_is_only_a_note(project: Path, taken: int) -> None:
    finding = _found(project, f"port {taken}")

    assert finding.state == "note"
    assert "next free one" in finding.remedy


def test_a_state_folder_that_is_a_file_is_broken(project: Path) -> None:
    (project / ".edgeline").touch()

    assert _found(project, "state folder").state == "broken"


def test_the_command_ends_with_five_when_something_is_broken(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    done = CliRunner().invoke(app, ["doctor", "--json"])
    findings = json.loads(done.stdout)["findings"]

    assert done.exit_code == 5
    assert findings[0] == {
        "check": "Python",
        "state": "ok",
        "found": ".".join(str(part) for part in sys.version_info[:3]),
        "remedy": "",
    }


def test_status_and_down_of_a_project_at_rest(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    services = json.loads(CliRunner().invoke(app, ["status", "--json"]).stdout)["services"]

    assert services == dict.fromkeys(("prefect", "mlflow", "ganache", "nats", "worker"))
    assert CliRunner().invoke(app, ["down"]).stdout == "nothing runs\n"
