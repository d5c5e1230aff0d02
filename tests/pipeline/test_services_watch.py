"""Services that end while a run needs them: told in time, with what to do."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue

import pytest

from edgeline.errors import ServiceUnavailable
from edgeline.stack import outside, process, watch
from edgeline.stack.environment import ADDRESSES, OURS
from edgeline.stack.process_info import Running
from edgeline.stack.watch import watched
from tests.brokers import nats_server
from tests.nodes import free_port
from tests.pipeline.test_services_process import web

Told = Queue[ServiceUnavailable]
Watch = Callable[..., AbstractContextManager[Told]]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*ADDRESSES.values(), OURS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(watch, "LOOK_S", 0.05)
    monkeypatch.setattr(watch, "GIVEN_S", 0.2)
    monkeypatch.setattr(watch, "OURS_S", 0.2)


@pytest.fixture
def watching(tmp_path: Path) -> Watch:
    @contextmanager
    def watching(running: tuple[Running, ...] = (), given: tuple[str, ...] = ()) -> Iterator[Told]:
        told: Told = Queue()
        with watched(running, given, tmp_path, told.put):
            yield told

    return watching


def test_the_end_of_a_server_of_ours_is_told(tmp_path: Path, watching: Watch) -> None:
    state = tmp_path / ".edgeline"
    running = process.ensure(web(free_port(), tmp_path), state)
    with watching((running,)) as told:
        assert process.is_up(running)
        os.kill(running.pid, signal.SIGKILL)
        assert "web to run until the end; found it ended" in str(told.get(timeout=60))
    process.stop(running.name, state)


@contextmanager
def web_server() -> Iterator[tuple[str, Callable[[], None]]]:
    """Its address, and what ends it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def end() -> None:
            server.shutdown()
            server.server_close()

        yield f"http://127.0.0.1:{server.server_port}", end


@contextmanager
def broker(folder: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    with nats_server(folder) as (address, server):
        yield address, server.kill


@pytest.mark.parametrize("name", ["prefect", "mlflow", "nats"])
def test_the_end_of_a_service_that_the_user_gives_is_told_with_variable_and_address(
    tmp_path: Path, watching: Watch, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with broker(tmp_path) if name == "nats" else web_server() as (address, end):
        monkeypatch.setenv(ADDRESSES[name], address)
        with watching(given=("prefect", "mlflow", "ganache", "nats")) as told:
            (look,) = outside.looks([name])
            assert look() is None
            end()
            error = told.get(timeout=60)
    assert f"{name} at {address}, as {ADDRESSES[name]} says; found" in str(error)
    assert "the same command goes on" in str(error)


def test_a_silent_service_is_away(
    watching: Watch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As one of which the process was stopped: its socket takes calls, and nobody answers."""
    monkeypatch.setattr(outside, "ANSWER_S", 0.2)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        monkeypatch.setenv("NATS_URL", f"nats://127.0.0.1:{deaf.getsockname()[1]}")
        with watching(given=("nats",)) as told:
            assert "no answer" in str(told.get(timeout=60))


def test_who_comes_back_in_time_was_never_away(
    watching: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that is started anew while the run goes on."""
    looked, away = threading.Semaphore(0), [True, False, True, False, False, False]

    def look() -> ServiceUnavailable | None:
        looked.release()
        error = ServiceUnavailable(expected="it", found="nothing", remedy="wait")
        return error if away and away.pop(0) else None

    monkeypatch.setattr(outside, "looks", lambda _: [look])
    with watching(given=("mlflow",)) as told:
        for _ in range(7):
            assert looked.acquire(timeout=60)
    assert told.empty()


@pytest.mark.parametrize("address", ["postgresql://a:b@127.0.0.1:9/m", "sqlite:////nowhere/m.db"])
def test_a_database_is_not_called_each_second(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """MySQL shuts out whoever breaks off a hundred times."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    assert outside.looks(["mlflow"]) == []


def test_nothing_is_told_after_the_watch(watching: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "GIVEN_S", 0.0)
    over = threading.Event()

    def look() -> ServiceUnavailable:
        over.wait()
        return ServiceUnavailable(expected="it", found="nothing", remedy="wait")

    monkeypatch.setattr(outside, "looks", lambda _: [look])
    before = set(threading.enumerate())
    with watching(given=("mlflow",)) as told:
        (thread,) = set(threading.enumerate()) - before
    over.set()
    thread.join(timeout=60)
    assert told.empty()
