"""Starts and stops the local servers of a project, and hands its flows to Prefect.

An address that the user set, in the tool's own variable, is honoured: no local server of that kind
is started.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

from edgeline.errors import ServiceUnavailable
from edgeline.stack import ganache, process
from edgeline.stack.disk import require_room
from edgeline.stack.environment import ADDRESSES, environment, set_by_user, state_folder
from edgeline.stack.loopback import query
from edgeline.stack.outside import require_given
from edgeline.stack.private_keys import variables_with_keys
from edgeline.stack.process import Progress, silent
from edgeline.stack.process_info import Running
from edgeline.stack.proxy import require_usable_proxy
from edgeline.stack.servers import POOL, SERVICES
from edgeline.workspace import LOCAL, Workspace

Outcome = TypeVar("Outcome")


def ensure_all(
    names: Iterable[str], root: Path, on_progress: Progress = silent
) -> dict[str, Running]:
    """Start the named services side by side, those that depend on another one last; ask those that the user gives.

    Raises:
        ServiceUnavailable: one of them did not answer.
        EnvironmentUnfit: a disk is full, or the user's proxy is one that the tools cannot use.
    """
    # it is there before a user's own database is looked for in it
    state = Workspace(root.resolve()).checked().closed().state
    names = set(names)
    require_usable_proxy()
    require_given(names)
    wanted, withheld = ours(names), variables_with_keys(root)

    def start(name: str) -> Running:
        service = SERVICES[name](root.resolve())
        return process.ensure(replace(service, withheld=withheld), state, on_progress)

    require_room(root)
    started: dict[str, Running] = {}
    try:
        for wave in _waves(wanted):
            started |= _side_by_side(start, wave)
    except ServiceUnavailable:
        require_room(root)
        raise
    return started


def ours(names: Iterable[str]) -> set[str]:
    """Those of the services that are started here, since the user gives none."""
    return {name for name in names if not set_by_user(ADDRESSES.get(name, ""))}


def require_alive(names: Iterable[str], root: Path) -> None:
    """Look whether services that a run began with are still there.

    Raises:
        ServiceUnavailable: one of them is not.
    """
    state, names = state_folder(root), set(names)
    for name in ours(names):
        if not process.find(name, state):
            raise process.ended(name, state)
    require_given(names)


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


def page(name: str, root: Path) -> str:
    """Where people look at a service: at the user's, where that has pages, else at ours; empty where neither is."""
    if name in ours([name]):
        server = process.find(name, state_folder(root))
        return server.url if server else ""
    parts = urlsplit(os.environ[ADDRESSES[name]])
    # without the password that may stand before the host
    shown = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    return urlunsplit(shown).rstrip("/") if parts.scheme in ("http", "https") else ""


def chain_url(chain: str, root: Path) -> str:
    """Where the node of the project's own chain answers; empty for any other chain, whose file says where.

    Raises:
        ServiceUnavailable: it is the project's own, and does not run.
    """
    return address("ganache", root) if chain == LOCAL else ""


def may_deploy() -> bool:
    """Whether the node of the project's own chain is ours, so that a missing contract may be made there again."""
    return not set_by_user(ADDRESSES["ganache"])


def chain_news(root: Path) -> str:
    """What a person should know of the project's own chain before anything is anchored there; most often nothing."""
    return ganache.set_aside(Workspace(root.resolve()))


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
