"""Services that the user names by a variable and that are away: found at once, and named with their address."""

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from edgeline.errors import ServiceUnavailable
from edgeline.stack import outside, services
from edgeline.stack.environment import ADDRESSES, OURS
from tests.pipeline.checkout import Project, quick

AWAY = "127.0.0.1:9"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*ADDRESSES.values(), OURS):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def deaf() -> Iterator[str]:
    """Someone who takes calls and says nothing, as a stopped server does."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def gateway() -> Iterator[str]:
    """What stands before a server, and says with 502 that it is away; to everything else it says no."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(502 if "/away" in self.path else 401)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def refused(root: Path, monkeypatch: pytest.MonkeyPatch, name: str, address: str) -> str:
    monkeypatch.setenv(ADDRESSES[name], address)
    began = time.monotonic()
    with pytest.raises(ServiceUnavailable) as error:
        services.ensure_all([name], root)
    assert time.monotonic() - began < 10
    assert error.value.exit_code == 5
    return str(error.value)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("prefect", f"http://{AWAY}/api"),
        ("mlflow", f"http://{AWAY}"),
        ("mlflow", f"postgresql://anna:secret@{AWAY}/mlflow"),
        ("mlflow", f"mysql+pymysql://anna:secret@{AWAY}/mlflow"),
        ("nats", f"nats://{AWAY}"),
    ],
)
def test_nobody_there_is_told_with_variable_and_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, address: str
) -> None:
    words = refused(tmp_path, monkeypatch, name, address)

    assert f"{AWAY}, as {ADDRESSES[name]} says; found nobody listens there" in words
    assert "secret" not in words


@pytest.mark.parametrize("form", ["http://{}/away", "http://{}/away/"])
def test_a_gateway_without_its_server_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gateway: str, form: str
) -> None:
    assert "HTTP status 502" in refused(tmp_path, monkeypatch, "mlflow", form.format(gateway))


@pytest.mark.parametrize("name", ["prefect", "mlflow", "nats"])
def test_silence_is_told_within_ten_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deaf: str, name: str
) -> None:
    kind = "nats" if name == "nats" else "http"

    assert "no answer" in refused(tmp_path, monkeypatch, name, f"{kind}://{deaf}")


@pytest.mark.parametrize("address", ["no-address", "http://", "nats://127.0.0.1:port"])
@pytest.mark.parametrize("name", ["prefect", "nats"])
def test_what_is_no_address_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, address: str
) -> None:
    assert ADDRESSES[name] in refused(tmp_path, monkeypatch, name, address)


def test_a_database_in_no_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"sqlite:///{tmp_path}/unplugged/mlflow.db"

    assert "no folder" in refused(tmp_path, monkeypatch, "mlflow", address)


def test_who_answers_no_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gateway: str
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", f"http://{gateway}/api")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")

    assert services.ensure_all(["prefect", "mlflow"], tmp_path) == {}


def test_a_server_of_ours_that_ended_is_told_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(ServiceUnavailable, match="prefect to run until the end.*the same command"):
        services.require_alive(["prefect"], tmp_path)


@pytest.mark.xdist_group("line")
@pytest.mark.parametrize("name", ["prefect", "mlflow", "nats"])
def test_a_run_ends_at_once_with_five(copy: Project, name: str) -> None:
    began = time.monotonic()
    changed = quick("rehearse.items=41")
    done = copy.edgeline("run", "digits", *changed, env={ADDRESSES[name]: f"http://{AWAY}"})

    assert time.monotonic() - began < 10
    assert done.returncode == 5
    assert f"expected {name} at http://{AWAY}, as {ADDRESSES[name]} says" in done.stderr


def test_pages_are_those_of_the_service_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert services.page("mlflow", tmp_path) == ""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://anna:secret@lab.example/mlflow/")
    assert services.page("mlflow", tmp_path) == "https://lab.example/mlflow"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    assert services.page("mlflow", tmp_path) == ""


def test_a_silent_chain_is_known_within_ten_seconds(deaf: str) -> None:
    began = time.monotonic()

    assert not outside.chain_answers(f"http://{AWAY}")
    assert not outside.chain_answers(f"http://{deaf}")
    assert time.monotonic() - began < 20
