"""Looks for what would keep the line from working on this machine; changes and starts nothing.

Versions that go together are read from pyproject.toml and requirements.lock, not repeated here.
"""

import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from packaging.requirements import Requirement
from packaging.version import Version

from edgeline.stack import process
from edgeline.stack.disk import free_bytes
from edgeline.stack.environment import state_folder
from edgeline.stack.loopback import is_free
from edgeline.stack.node import OLDEST, find_node, major_version
from edgeline.stack.proxy import REMEDY, socks_proxy
from edgeline.stack.servers import PORTS
from edgeline.workspace import OWNER_ONLY

State = Literal["ok", "note", "broken"]

# Room for a day of runs; with less, one of them ends in the middle of a write.
SCARCE_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Finding:
    """What was looked at and what was found."""

    check: str
    state: State
    found: str
    remedy: str = ""


def examine(root: Path) -> tuple[Finding, ...]:
    """Look at everything, in the order of `CHECKS`."""
    return tuple(finding for look in CHECKS for finding in look(root))


def _python(root: Path) -> Iterator[Finding]:
    wanted = _project(root)["requires-python"]
    running = ".".join(str(part) for part in sys.version_info[:3])
    fits = Requirement(f"python{wanted}").specifier.contains(running)
    yield _finding(
        "Python", fits, running, f"make .venv anew with Python {wanted}: delete it, make run"
    )


def _locked_versions(root: Path) -> Iterator[Finding]:
    """Compare what is installed with the lock; a package that is not installed is not missed."""
    pins = [Requirement(line) for line in _lines(root / "requirements.lock")]
    meant = [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]
    drifted = []
    for pin in meant:
        installed = _installed(pin.name)
        # 2.13.0+cpu is 2.13.0 for another kind of machine
        if installed and not pin.specifier.contains(Version(installed).public, prereleases=True):
            drifted.append(f"{pin.name} {installed} (lock: {str(pin.specifier).lstrip('=')})")
    yield _finding(
        "locked versions",
        not drifted,
        ", ".join(drifted) or f"as in requirements.lock ({len(meant)} pins)",
        "python3 bootstrap.py setup, after deleting .venv/complete",
    )


def _ports(root: Path) -> Iterator[Finding]:
    state = state_folder(root)
    for name, port in PORTS.items():
        ours = process.find(name, state)
        if ours:
            yield Finding(f"port {port}, {name}", "ok", f"ours runs at {ours.url}")
        elif is_free(port):
            yield Finding(f"port {port}, {name}", "ok", "free")
        else:
            yield Finding(
                f"port {port}, {name}", "note", "taken", "nothing: the next free one is used"
            )


def _node(root: Path) -> Iterator[Finding]:
    node = find_node()
    version_of_node = f"{major_version(node)}, {node}" if node else "missing"
    yield _finding(
        f"Node.js {OLDEST} or later",
        node is not None,
        version_of_node,
        "python3 bootstrap.py setup",
    )
    ganache = root / "node_modules" / "ganache"
    there = ganache.exists()
    yield _finding(
        "Ganache", there, "installed" if there else "missing", "python3 bootstrap.py setup"
    )


def _proxy(root: Path) -> Iterator[Finding]:
    if variable := socks_proxy():
        yield Finding("proxy", "broken", f"SOCKS in {variable}", REMEDY)


def _disks(root: Path) -> Iterator[Finding]:
    for folder, free in free_bytes(root).items():
        remedy = f"make room: less than {SCARCE_BYTES / 1e9:.0f} GB is left"
        fits = free >= SCARCE_BYTES
        yield _finding(f"disk of {folder}", fits, f"{free / 1e9:.1f} GB free", remedy)


def _writable(root: Path) -> Iterator[Finding]:
    """Try it: permissions alone do not tell of a read-only disk."""
    state = state_folder(root)
    try:
        state.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=state):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        yield Finding("state folder", "broken", reason, f"make {state} writable for you")
        return
    if state.stat().st_mode & ~OWNER_ONLY & 0o777:
        yield Finding("state folder", "note", "others may enter it", f"chmod 700 {state}")
    else:
        yield Finding("state folder", "ok", "can be written, by you alone")


CHECKS: tuple[Callable[[Path], Iterator[Finding]], ...] = (
    _python,
    _locked_versions,
    _node,
    _ports,
    _writable,
    _disks,
    _proxy,
)


def _finding(check: str, fits: bool, found: str, remedy: str) -> Finding:
    return Finding(check, "ok", found) if fits else Finding(check, "broken", found, remedy)


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _project(root: Path) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    return project


def _lines(path: Path) -> list[str]:
    lines = (line.strip() for line in path.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]
