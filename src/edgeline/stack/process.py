"""Starts a local server once, finds it again from any process, stops it; knows not what it serves.

A server is on record in `services/NAME.json` of the state folder and writes to `logs/NAME.log`. It
has a session of its own, so Ctrl-C in the program that started it leaves it up.
"""

import contextlib
import os
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from edgeline.errors import ServiceUnavailable
from edgeline.files import acquire_lock, read_json, write_json
from edgeline.stack import process_info
from edgeline.stack.loopback import is_free
from edgeline.stack.process_info import Running

Progress = Callable[[str, str], None]

PORTS_TRIED = 20
LARGEST_LOG_BYTES = 5_000_000
PORT_TAKEN = (b"address already in use", b"eaddrinuse")
"""What servers write, in small letters, when another program has their port."""

# The child waits for a word before it becomes the server: it is on record before it exists, and if
# its starter is killed in between, the pipe closes and the child leaves.
# What it writes is for its user alone.
LAUNCHER = 'umask 077 && cd "$1" && shift && read -r go && exec "$@" </dev/null'


@dataclass(frozen=True)
class Service:
    """How to start one server and how to see that it answers."""

    name: str
    command: Callable[[int], list[str]]
    """Arguments that start it on a port (0 for a service that listens on none)."""
    healthy: Callable[[Running], bool]
    folder: Path
    port: int | None = None
    """Preferred port on 127.0.0.1; the next free one is taken where a stranger has it."""
    url: str = ""
    """Address with {port} in it."""
    environment: Mapping[str, str] = field(default_factory=dict)
    made_for: str = ""
    """Version and addresses that it depends on: a server made for other ones is started anew."""
    withheld: Collection[str] = ()
    """Variables of ours that it is not given."""
    patience_s: float = 180.0
    """Time to its first answer; a loaded machine of two cores has needed 60 s."""


def silent(name: str, news: str) -> None:
    """Report nothing."""


def ensure(service: Service, state: Path, on_progress: Progress = silent) -> Running:
    """Return the server that runs already, or start it; two callers at once start only one.

    Raises:
        ServiceUnavailable: it ended or gave no answer; the message holds its log's last line.
        EnvironmentUnfit: the state folder cannot be written.
    """
    with _only_starter(service.name, state, service.patience_s, on_progress):
        running = find(service.name, state)
        if running and running.made_for == service.made_for:
            with contextlib.suppress(ServiceUnavailable):
                _await_answer(service, running, state, on_progress)
                return running
        _end(service.name, running, state)
        running = _start(service, state, on_progress)
        on_progress(service.name, "ready")
        return running


def find(name: str, state: Path) -> Running | None:
    """Return the server on record if that very process is still alive."""
    try:
        running = Running(**(read_json(_record(name, state)) or {}))
    except TypeError:
        return None
    return running if process_info.leader(running) else None


def stop(name: str, state: Path) -> Running | None:
    """End the server on record and every process that it started; return what was ended."""
    if not _record(name, state).exists():
        return None
    with _only_starter(name, state, patience_s=60.0, on_progress=silent):
        running = find(name, state)
        _end(name, running, state)
        return running


def is_up(running: Running) -> bool:
    """Whether the very server is alive and has its port."""
    return bool(process_info.leader(running)) and process_info.holds_its_port(running)


def ended(name: str, state: Path) -> ServiceUnavailable:
    """To raise when a server is gone before those who need it have ended."""
    return ServiceUnavailable(
        expected=f"{name} to run until the end",
        found="it ended",
        remedy="the same command starts it again and goes on where this one stopped; "
        f"see {log_file(name, state)}",
    )


def log_file(name: str, state: Path) -> Path:
    """Where the server writes."""
    return state / "logs" / f"{name}.log"


def _start(service: Service, state: Path, on_progress: Progress) -> Running:
    first = service.port or 0
    for port in range(first, first + PORTS_TRIED):
        if service.port and not is_free(port):
            continue
        begin = _prepare_log(service.name, state)
        running = _launch(service, port, state)
        try:
            _await_answer(service, running, state, on_progress)
        except ServiceUnavailable:
            _end(service.name, running, state)
            # A stranger that took the port after we looked is no reason to give up. It may be gone
            # by now; then the server's own words tell.
            if service.port and not (is_free(port) and _had_its_port(service.name, state, begin)):
                continue
            raise
        return running
    raise ServiceUnavailable(
        expected=f"a free port for {service.name} from {first} to {first + PORTS_TRIED - 1}",
        found="all of them taken by other programs",
        remedy="stop one of these programs",
    )


def _prepare_log(name: str, state: Path) -> int:
    """Put a log that grew large aside; return where the next server begins to write."""
    log = log_file(name, state)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.touch(0o600)
    if log.stat().st_size > LARGEST_LOG_BYTES:
        os.replace(log, log.with_suffix(".log.1"))
        log.touch(0o600)
    return log.stat().st_size


def _had_its_port(name: str, state: Path, begin: int) -> bool:
    """Whether the server wrote nothing of its port being taken, from byte `begin` of its log on."""
    with log_file(name, state).open("rb") as log:
        log.seek(begin)
        return not any(words in log.read().lower() for words in PORT_TAKEN)


def _launch(service: Service, port: int, state: Path) -> Running:
    log = log_file(service.name, state)
    reading, writing = os.pipe()
    try:
        # posix_spawn rather than Popen: nobody waits for this child.
        pid = os.posix_spawn(
            "/bin/sh",
            ["sh", "-c", LAUNCHER, "sh", str(service.folder), *service.command(port)],
            {
                **{name: os.environ[name] for name in os.environ.keys() - service.withheld},
                **service.environment,
                process_info.MARK: _mark(service.name, state),
            },
            file_actions=[
                (os.POSIX_SPAWN_DUP2, reading, 0),
                (os.POSIX_SPAWN_OPEN, 2, str(log), os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600),
                (os.POSIX_SPAWN_DUP2, 2, 1),
            ],
            setsid=True,
        )
        running = Running(
            name=service.name,
            pid=pid,
            create_time=psutil.Process(pid).create_time(),
            port=port or None,
            url=service.url.format(port=port),
            made_for=service.made_for,
        )
        _remember(running, state)
        os.write(writing, b"go\n")
        return running
    finally:
        os.close(reading)
        os.close(writing)


def _await_answer(service: Service, running: Running, state: Path, on_progress: Progress) -> None:
    """Ask again and again, telling once a second how long it took."""
    began, told = time.monotonic(), 0
    while process_info.leader(running):
        if _answers(service, running):
            return
        waited = time.monotonic() - began
        if waited > service.patience_s:
            found = f"no answer in {service.patience_s:.0f} s"
            raise _unavailable(service.name, state, found)
        if waited >= told:
            on_progress(service.name, f"starting ({int(waited)} s)")
            told += 1
        time.sleep(0.2)
    raise _unavailable(service.name, state, "it ended")


def _answers(service: Service, running: Running) -> bool:
    if running.port is not None and not process_info.holds_its_port(running):
        return False
    try:
        return service.healthy(running)
    except (OSError, ValueError):
        return False


def _unavailable(name: str, state: Path, what: str) -> ServiceUnavailable:
    log = log_file(name, state)
    text = log.read_text(errors="replace") if log.exists() else ""
    # the marks below a line of a traceback say nothing
    lines = [line.strip() for line in text.splitlines() if any(map(str.isalnum, line))]
    last = f"; it last wrote: {lines[-1][:200]}" if lines else ""
    return ServiceUnavailable(expected=f"{name} to answer", found=what + last, remedy=f"see {log}")


def _end(name: str, running: Running | None, state: Path) -> None:
    """End the server and, by their mark, children that a dead parent left behind."""
    known = process_info.tree(running) if running else []
    process_info.end({*process_info.marked(_mark(name, state)), *known})
    _record(name, state).unlink(missing_ok=True)


def _only_starter(
    name: str, state: Path, patience_s: float, on_progress: Progress
) -> AbstractContextManager[None]:
    return acquire_lock(
        state / "services" / f"{name}.lock",
        f"no other program that starts or stops {name}",
        patience_s=patience_s,
        on_wait=lambda waited_s: on_progress(
            name, f"another program is starting it ({waited_s} s)"
        ),
    )


def _mark(name: str, state: Path) -> str:
    return f"{state.resolve()}:{name}"


def _record(name: str, state: Path) -> Path:
    return state / "services" / f"{name}.json"


def _remember(running: Running, state: Path) -> None:
    write_json(_record(running.name, state), asdict(running))
