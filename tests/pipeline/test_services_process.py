"""One small web server, started, found, doubted and stopped."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import psutil
import pytest

from edgeline.errors import EnvironmentUnfit, ServiceUnavailable
from edgeline.stack import process, process_info
from edgeline.stack.loopback import is_free
from edgeline.stack.process import LAUNCHER, Service
from edgeline.stack.process_info import Running
from tests.nodes import free_port

NAME = "web"


def answers(running: Running) -> bool:
    with urllib.request.urlopen(running.url, timeout=2) as answer:
        return answer.status == 200


def web(port: int, folder: Path) -> Service:
    return Service(
        name=NAME,
        command=lambda port: [
            sys.executable,
            "-m",
            "http.server",
            "--bind",
            "127.0.0.1",
            str(port),
        ],
        healthy=answers,
        folder=folder,
        port=port,
        url="http://127.0.0.1:{port}",
        patience_s=60,
    )


def other_program(state: Path, statement: str) -> subprocess.Popen[str]:
    """A process that knows what this file knows, and the folder `state`."""
    script = f"from test_services_process import *; state = Path({str(state)!r}); {statement}"
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "état d'été"
    folder.mkdir()
    yield folder
    process.stop(NAME, folder)


@pytest.fixture
def port() -> int:
    return free_port()


def test_a_second_call_finds_the_same_server(state: Path, port: int) -> None:
    first = process.ensure(web(port, state), state)

    assert process.ensure(web(port, state), state) == first
    assert process.find(NAME, state) == first
    assert first.url == f"http://127.0.0.1:{port}"


def test_it_has_a_session_of_its_own(state: Path, port: int) -> None:
    running = process.ensure(web(port, state), state)

    assert os.getsid(running.pid) == running.pid != os.getsid(0)


def test_two_callers_at_once_start_only_one(state: Path, port: int) -> None:
    callers = [
        other_program(state, f"print(process.ensure(web({port}, state), state).pid)")
        for _ in range(2)
    ]
    told = {caller.communicate(timeout=120)[0].strip() for caller in callers}

    running = process.find(NAME, state)
    assert running
    assert told == {str(running.pid)}


def test_a_strangers_port_is_left_and_never_spoken_to(state: Path, port: int) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        running = process.ensure(web(port, state), state)
        stranger.setblocking(False)

        assert running.port is not None
        assert running.port > port
        with pytest.raises(BlockingIOError):
            stranger.accept()


def test_a_port_that_was_taken_for_a_moment_is_left_for_the_next(state: Path, port: int) -> None:
    ours = web(port, state)
    fails = "raise SystemExit('OSError: [Errno 98] Address already in use')"

    def command(asked: int) -> list[str]:
        return [sys.executable, "-c", fails] if asked == port else ours.command(asked)

    assert process.ensure(replace(ours, command=command), state).port == port + 1


def test_a_recycled_number_is_neither_ours_nor_killed(state: Path, port: int) -> None:
    ours = process.ensure(web(port, state), state)
    process.stop(NAME, state)
    stranger = replace(ours, pid=os.getpid(), create_time=psutil.Process().create_time() - 60)
    process._remember(stranger, state)

    assert process.find(NAME, state) is None
    assert process.stop(NAME, state) is None


def test_a_killed_server_is_started_again(state: Path, port: int) -> None:
    first = process.ensure(web(port, state), state)
    os.kill(first.pid, signal.SIGKILL)
    second = process.ensure(web(port, state), state)

    assert second.pid != first.pid
    assert answers(second)


def test_a_server_made_for_another_version_is_replaced(state: Path, port: int) -> None:
    first = process.ensure(web(port, state), state)
    second = process.ensure(replace(web(port, state), made_for="web 2"), state)

    assert not psutil.pid_exists(first.pid) or process_info.leader(first) is None
    assert second.made_for == "web 2"


def test_a_failed_start_tells_the_last_line_and_the_log(state: Path, port: int) -> None:
    broken = replace(web(port, state), command=lambda _: ["sh", "-c", "echo no such disk; exit 3"])

    with pytest.raises(ServiceUnavailable, match="it last wrote: no such disk") as failure:
        process.ensure(broken, state)
    assert str(process.log_file(NAME, state)) in failure.value.remedy
    assert process.find(NAME, state) is None


def test_a_silent_server_is_ended_after_its_patience(state: Path, port: int) -> None:
    deaf = replace(web(port, state), healthy=lambda _: False, patience_s=0.5)

    with pytest.raises(ServiceUnavailable, match="no answer in"):
        process.ensure(deaf, state)
    assert process_info.marked(process._mark(NAME, state)) == []


def test_a_starter_killed_half_way_leaves_its_server_to_the_next(state: Path, port: int) -> None:
    dying = f"replace(web({port}, state), healthy=lambda running: os.kill(os.getpid(), 9))"
    starter = other_program(state, f"process.ensure({dying}, state)")
    starter.communicate(timeout=120)
    left = process.find(NAME, state)

    assert starter.returncode == -signal.SIGKILL
    assert left
    assert process.ensure(web(port, state), state).pid == left.pid


def test_a_child_without_a_record_never_becomes_the_server(tmp_path: Path) -> None:
    command = ["sh", "-c", LAUNCHER, "sh", str(tmp_path), "touch", "started"]
    with_word = subprocess.run(command, input=b"go\n", check=False)
    (tmp_path / "started").unlink()
    without = subprocess.run(command, stdin=subprocess.DEVNULL, check=False)

    assert with_word.returncode == 0
    assert without.returncode != 0
    assert not (tmp_path / "started").exists()


def test_stopping_ends_the_children_of_a_dead_parent(state: Path) -> None:
    script = "sleep 300 & echo $! > child; wait"
    parent = Service(
        name=NAME,
        command=lambda _: ["sh", "-c", script],
        healthy=lambda _: (state / "child").exists(),
        folder=state,
    )
    running = process.ensure(parent, state)
    child = psutil.Process(int((state / "child").read_text()))
    os.kill(running.pid, signal.SIGKILL)
    process.stop(NAME, state)

    with contextlib.suppress(psutil.NoSuchProcess):
        assert child.status() == psutil.STATUS_ZOMBIE


def test_marks_below_a_traceback_are_not_its_last_words(state: Path, port: int) -> None:
    script = "echo 'OSError: no such disk'; echo '    ^^^^^^'; exit 3"
    broken = replace(web(port, state), command=lambda _: ["sh", "-c", script])

    with pytest.raises(ServiceUnavailable, match="it last wrote: OSError: no such disk"):
        process.ensure(broken, state)


def test_companions_are_those_of_this_session(state: Path, port: int) -> None:
    server = process.ensure(web(port, state), state)
    with subprocess.Popen(["sleep", "60"]) as companion:
        found = {one.pid for one in process_info.companions()}
        companion.kill()

    assert companion.pid in found
    assert server.pid not in found


def test_stopping_twice_is_harmless(state: Path, port: int) -> None:
    running = process.ensure(web(port, state), state)

    assert process.stop(NAME, state) == running
    assert process.stop(NAME, state) is None
    assert is_free(port)


def test_progress_is_told_while_it_starts(state: Path, port: int) -> None:
    news: list[str] = []
    process.ensure(web(port, state), state, lambda name, text: news.append(f"{name}: {text}"))

    assert news[0] == "web: starting (0 s)"
    assert news[-1] == "web: ready"


def test_a_state_folder_that_is_a_file_is_named(tmp_path: Path, port: int) -> None:
    (tmp_path / "state").touch()

    with pytest.raises(EnvironmentUnfit, match="a folder that can be written, .*state"):
        process.ensure(web(port, tmp_path), tmp_path / "state")


def test_a_log_that_grew_large_is_put_aside(state: Path, port: int) -> None:
    log = process.log_file(NAME, state)
    log.parent.mkdir()
    log.write_bytes(b"x" * (process.LARGEST_LOG_BYTES + 1))
    process.ensure(web(port, state), state)

    assert log.stat().st_size < process.LARGEST_LOG_BYTES
    assert log.with_suffix(".log.1").stat().st_size > process.LARGEST_LOG_BYTES


def test_memory_of_a_server_is_counted(state: Path, port: int) -> None:
    running = process.ensure(web(port, state), state)

    assert process_info.memory_bytes(running) > 1_000_000
    assert asdict(running)["name"] == NAME
