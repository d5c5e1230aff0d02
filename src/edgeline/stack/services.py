"""Starts and stops the local servers of a project, and hands its flows to Prefect.

An address that the user set, in the tool's own variable, is honoured: no local server of that kind
is started.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from edgeline.errors import ServiceUnavailable
from edgeline.stack import process
from edgeline.stack.environment import ADDRESSES, environment, set_by_user, state_folder
from edgeline.stack.loopback import query
from edgeline.stack.process import Progress, silent
from edgeline.stack.process_info import Running
from edgeline.stack.servers import POOL, SERVICES
from edgeline.workspace import LOCAL

Outcome = TypeVar("Outcome")


def ensure_all(
    names: Iterable[str], root: Path, on_progress: Progress = silent
) -> dict[str, Running]:
    """Start the named services side by side, those that depend on another one last.

    Raises:
        ServiceUnavailable: one of them did not answer.
    """
    state = state_folder(root)
    wanted = {name for name in names if not set_by_user(ADDRESSES.get(name, ""))}

    def start(name: str) -> Running:
        return process.ensure(SERVICES[name](root.resolve()), state, on_progress)

    started: dict[str, Running] = {}
    for wave in _waves(wanted):
        started |= _side_by_side(start, wave)
    return started


def stop_all(root: Path, names: Iterable[str] = ()) -> list[Running]:
    """Stop the named services, all without a name; those that depend on another one first."""
    state = state_folder(root)
    stopped: dict[str, Running | None] = {}
    for wave in reversed(_waves(set(names) or set(SERVICES))):
        stopped |= _side_by_side(lambda name: process.stop(name, state), wave)
    return [server for server in stopped.values() if server]


def _waves(names: set[str]) -> list[list[str]]:
    """Split names so that each wave depends only on the ones before."""
    chosen = [name for name in SERVICES if name in names]
    return [
        [name for name in chosen if name != "worker"],
        [name for name in chosen if name == "worker"],
    ]


def _side_by_side(do: Callable[[str], Outcome], names: list[str]) -> dict[str, Outcome]:
    with ThreadPoolExecutor(max_workers=len(SERVICES)) as pool:
        return dict(zip(names, pool.map(do, names), strict=True))


def running(root: Path) -> dict[str, Running]:
    """Return those of our servers that are alive; starts and asks nothing."""
    state = state_folder(root)
    servers = ((name, process.find(name, state)) for name in SERVICES)
    return {name: server for name, server in servers if server}


def chain_url(chain: str, root: Path) -> str:
    """Where the node of the project's own chain answers; empty for any other chain, whose file says where.

    Raises:
        ServiceUnavailable: it is the project's own, and does not run.
    """
    return address("ganache", root) if chain == LOCAL else ""


def may_deploy() -> bool:
    """Whether the node of the project's own chain is ours, so that a missing contract may be made there again."""
    return not set_by_user(ADDRESSES["ganache"])


def address(name: str, root: Path) -> str:
    """Where a service is: as the user says in the tool's own variable, else where ours listens.

    Raises:
        ServiceUnavailable: neither.
    """
    variable = ADDRESSES[name]
    # what `run` itself put into os.environ is forgotten once that server is gone: a stranger may be there
    given = os.environ[variable] if set_by_user(variable) else ""
    url = given or environment(root).get(variable)
    if not url:
        raise ServiceUnavailable(
            expected=f"{name} to run", found="none of ours", remedy="run `edgeline up`"
        )
    return url


def apply_deployments(root: Path) -> None:
    """Hand the flows of prefect.yaml with their schedules to the Prefect server.

    Raises:
        ServiceUnavailable: no server, or it refused them.
    """
    api = address("prefect", root)
    # On a server of the user's the work pool is the user's too.
    if not set_by_user(ADDRESSES["prefect"]) and not _has_pool(api):
        _prefect(root, "work-pool", "create", POOL, "--type", "process")
    _prefect(root, "--no-prompt", "deploy", "--all")


def _has_pool(api: str) -> bool:
    try:
        query(f"{api}/work_pools/{POOL}")
    except OSError:
        return False
    return True


def _prefect(root: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "prefect", *arguments],
        cwd=root,
        env={**os.environ, **environment(root)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        output = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise ServiceUnavailable(
            expected=f"`prefect {' '.join(arguments)}` to succeed",
            found=output[-1] if output else f"exit code {done.returncode}",
            remedy=f"see {process.log_file('prefect', state_folder(root))}",
        )
