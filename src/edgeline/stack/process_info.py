"""What the machine says about a server: is it alive, does it hold its port, how much memory has it.

A process is the one that was started only while its number and its moment of creation both agree,
so a stranger or a recycled number is neither used nor killed. Strangers are never spoken to.
"""

import contextlib
import os
import time
from collections.abc import Collection
from dataclasses import dataclass

import psutil

# Set for a server and inherited by what it starts, so that a child is found after its parent died.
MARK = "EDGELINE_SERVICE"

# The clock from which a creation time is computed may be stepped by a second or two.
CLOCK_TOLERANCE_S = 2.0


@dataclass(frozen=True)
class Running:
    """A server that was started, as its record on disk tells."""

    name: str
    pid: int
    create_time: float
    port: int | None
    url: str
    made_for: str


def leader(running: Running) -> psutil.Process | None:
    """The very process that was started, if it is still alive."""
    try:
        process = psutil.Process(running.pid)
        same = abs(process.create_time() - running.create_time) <= CLOCK_TOLERANCE_S
    except psutil.Error:
        return None
    return process if same and _is_alive(process) else None


def is_older(pid: int, moment: float) -> bool:
    """Whether the process of this number is alive and was there at a moment, in seconds of the epoch."""
    try:
        return psutil.Process(pid).create_time() <= moment + CLOCK_TOLERANCE_S
    except (psutil.Error, ValueError):
        return False


def tree(running: Running) -> list[psutil.Process]:
    """The server and the processes below it."""
    first = leader(running)
    if not first:
        return []
    with contextlib.suppress(psutil.Error):
        return [first, *first.children(recursive=True)]
    return [first]


def marked(mark: str) -> list[psutil.Process]:
    """Every process that carries the mark, also one whose parent is gone."""
    processes = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == mark:
                processes.append(process)
    return processes


def holds_its_port(running: Running) -> bool:
    """Whether the server itself listens there: a stranger's answer is never taken for its own."""
    return any(listens(process, running.port) for process in tree(running))


def listens(process: psutil.Process, port: int | None) -> bool:
    """Whether this very process listens on the port."""
    with contextlib.suppress(psutil.Error):
        return any(
            connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
            for connection in process.net_connections(kind="tcp")
        )
    return False


def memory_bytes(running: Running) -> int:
    """Memory of the server and what it started; shared pages are divided where the system tells."""
    return sum(_memory_of(process) for process in tree(running))


def _memory_of(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.uss))
    except psutil.Error:
        return 0


def companions() -> list[psutil.Process]:
    """What this process started for itself alone; a server has a session of its own, and stays."""
    session = os.getsid(0)
    processes = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(ProcessLookupError):
            if os.getsid(child.pid) == session:
                processes.append(child)
    return processes


def end(processes: Collection[psutil.Process], grace_s: float = 10.0) -> None:
    """Ask them to end, then insist; psutil compares the creation time again before each signal."""
    for signal in (psutil.Process.terminate, psutil.Process.kill):
        for process in processes:
            with contextlib.suppress(psutil.Error):
                signal(process)
        deadline = time.monotonic() + grace_s
        while (
            processes := [one for one in processes if _is_alive(one)]
        ) and time.monotonic() < deadline:
            time.sleep(0.05)


def _is_alive(process: psutil.Process) -> bool:
    """A zombie has ended: we fetch it where it is our child, and wait for no other parent."""
    try:
        if process.status() != psutil.STATUS_ZOMBIE:
            return process.is_running()
    except psutil.Error:
        return False
    with contextlib.suppress(ChildProcessError):
        os.waitpid(process.pid, os.WNOHANG)
    return False
