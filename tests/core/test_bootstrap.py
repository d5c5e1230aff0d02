"""The set-up script, run in a small project whose pip and npm are stand-ins that keep a diary."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgeline.workspace import AWKWARD

SCRIPT = Path(__file__).resolve().parents[2] / "bootstrap.py"

PYTHON = """#!/bin/sh
case "$*" in
  "-c "*) echo /usr/bin/node ;;
  *) echo "pip $*" >> diary
     if [ -e broken ]; then echo "no such package: moonshine"; exit 1; fi ;;
esac
"""
NPM = """#!/bin/sh
echo "npm $*" >> diary
rm -rf node_modules && mkdir node_modules
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "un été à la mer"
    for name in ("requirements.lock", "pyproject.toml", "package-lock.json"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("1")
    (root / "bootstrap.py").write_text(SCRIPT.read_text())
    _program(root / ".venv" / "bin" / "python", PYTHON)
    _program(root / "tools" / "npm", NPM)
    _program(root / "tools" / "node", "#!/bin/sh\n")
    _program(root / ".venv" / "bin" / "pip", "")
    made_by = f"version = 3.11.7\ncommand = python3 -m venv {root}/.venv\n"
    (root / ".venv" / "pyvenv.cfg").write_text(made_by)
    return root


def _program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def _setup(root: Path, path: str = "tools:/usr/bin:/bin") -> subprocess.CompletedProcess[str]:
    tools = os.pathsep.join(str(root / part) for part in path.split(":"))
    return subprocess.run(
        [sys.executable, root / "bootstrap.py", "setup"],
        cwd="/",
        env={"PATH": tools, "HOME": "/nowhere", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def _diary(root: Path) -> list[str]:
    return (root / "diary").read_text().splitlines()


def test_a_python_that_is_too_old_can_read_it() -> None:
    assert ast.parse(SCRIPT.read_text(), feature_version=(3, 6))


def test_setup_installs_packages_and_then_modules(project: Path) -> None:
    done = _setup(project)

    assert done.returncode == 0, done.stderr
    lock = project / "requirements.lock"
    assert _diary(project) == [
        f"pip -m pip install -c {lock} -e .[lab,chain,pipeline,remotes,dev]",
        "npm ci --ignore-scripts --no-audit --no-fund",
    ]


def test_a_second_setup_installs_nothing(project: Path) -> None:
    _setup(project)
    (project / "diary").write_text("")

    assert _setup(project).returncode == 0
    assert _diary(project) == []


def test_a_changed_lock_is_installed_without_the_network_for_building(project: Path) -> None:
    _setup(project)
    (project / "diary").write_text("")
    (project / "requirements.lock").write_text("2")
    _setup(project)

    assert [line.split(" -c ")[0] for line in _diary(project)] == [
        "pip -m pip install --no-build-isolation"
    ]


def test_a_failed_setup_says_why_and_how_to_repeat(project: Path) -> None:
    (project / "broken").touch()
    done = _setup(project)

    assert done.returncode == 5
    assert "no such package: moonshine" in done.stderr
    again = "again with: .venv/bin/python -m pip install -c requirements.lock -e"
    assert again in done.stderr.splitlines()[-1]


def test_the_next_setup_repairs_a_failed_one(project: Path) -> None:
    (project / "broken").touch()
    _setup(project)
    (project / "broken").unlink()

    assert _setup(project).returncode == 0
    assert len(_diary(project)) == 3


def test_modules_that_lost_their_stamp_are_installed_again(project: Path) -> None:
    _setup(project)
    (project / "node_modules" / ".complete").unlink()
    (project / "diary").write_text("")
    _setup(project)

    assert _diary(project) == ["npm ci --ignore-scripts --no-audit --no-fund"]


@pytest.mark.parametrize("name", ["50 % off", "a:b", "what?", "line\nfeed"])
def test_a_path_that_a_tool_cannot_bear_is_refused_before_anything(
    project: Path, name: str
) -> None:
    done = _setup(project.rename(project.with_name(name)))

    assert done.returncode == 5
    assert done.stderr.startswith(f"expected a path without {AWKWARD}; found '")
    assert len(done.stderr.splitlines()) == 1
    assert not (project.with_name(name) / "diary").exists()
    assert not (project.with_name(name) / ".edgeline").exists()


@pytest.mark.parametrize(
    ("pretended", "words"),
    [
        ("sys.version_info = (3, 14, 0); platform.python_version = lambda: '3.14.0'", "3.14.0"),
        ("sys.version_info = (3, 9, 2); platform.python_version = lambda: '3.9.2'", "3.9.2"),
    ],
)
def test_a_python_without_packages_is_named_at_once(
    project: Path, pretended: str, words: str
) -> None:
    (project / ".venv" / "pyvenv.cfg").unlink()
    done = _pretending(project, f"sys.executable = '/bin/false'; {pretended}")

    assert done.returncode == 5
    assert done.stderr == (
        f"expected Python 3.11 to 3.13; found {words}; install python3.13 and its venv\n"
    )
    assert not (project / "diary").exists()


@pytest.mark.parametrize(
    ("system", "mac", "machine"),
    [("Darwin", "13.7", "arm64"), ("Darwin", "15.1", "x86_64"), ("Linux", "", "x86_64")],
)
def test_a_system_without_packages_is_named_at_once(
    project: Path, system: str, mac: str, machine: str
) -> None:
    pretended = (
        f"platform.system = lambda: {system!r}; platform.mac_ver = lambda: ({mac!r}, '', '');"
        f"platform.machine = lambda: {machine!r}; platform.libc_ver = lambda: ('', '')"
    )
    done = _pretending(project, pretended)

    assert done.returncode == 5
    assert (
        f"found {system} {mac or 'without it'} on {machine}, which has no packages" in done.stderr
    )
    assert not (project / "diary").exists()


def _pretending(root: Path, pretended: str) -> subprocess.CompletedProcess[str]:
    """Set-up where Python says something else of itself or of the machine."""
    script = str(root / "bootstrap.py")
    program = (
        f"import platform, runpy, sys; {pretended}; sys.argv = ['bootstrap.py', 'setup'];"
        f"runpy.run_path({script!r}, run_name='__main__')"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        env={"PATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_whom_npm_asked_in_vain_is_shown(project: Path) -> None:
    """The words are those of npm 10."""
    words = ["npm error code ECONNREFUSED", "npm error request to https://mirror.example/x failed"]
    words += [f"npm error     at frame {number}" for number in range(20)]
    _program(
        project / "tools" / "npm",
        "#!/bin/sh\n" + "".join(f"echo '{one}'\n" for one in words) + "exit 1\n",
    )
    done = _setup(project)

    assert done.returncode == 5
    assert done.stderr.splitlines()[:2] == [words[1], words[-15]]


def test_a_python_without_venv_gets_one_line_of_advice(project: Path) -> None:
    (project / ".venv" / "pyvenv.cfg").unlink()
    unfit = (
        "import runpy, sys; sys.executable = '/bin/false'; sys.argv = ['bootstrap.py', 'setup'];"
        f"runpy.run_path({str(project / 'bootstrap.py')!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", unfit],
        env={"PATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 5
    assert len(done.stderr.splitlines()) == 1
    assert "apt install python3-venv" in done.stderr


def test_an_environment_of_another_folder_is_not_taken(project: Path) -> None:
    moved = project.with_name("elsewhere")
    project.rename(moved)
    probe = "import bootstrap; print(bootstrap.is_made(bootstrap.VENV))"
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=moved, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "False"


def test_checks_run_side_by_side_and_are_shown_in_their_order(project: Path) -> None:
    probe = (
        "import bootstrap, sys\n"
        "waits = 'while [ ! -e ready ]; do sleep 0.01; done; echo one'\n"
        "fails = 'touch ready; echo two; exit 3'\n"
        "checks = {'waits': ['sh', '-c', waits], 'fails': ['sh', '-c', fails]}\n"
        "sys.exit(bootstrap.report(checks))"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=project, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1, done.stderr
    assert done.stdout.split("\n") == [
        *("", "== waits", "one", "", "== fails", "two", ""),
        *("fails failed; again with: sh -c 'touch ready; echo two; exit 3'", ""),
    ]
