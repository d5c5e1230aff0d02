"""The variables under which the tools find the state folder and our servers."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import httpx
import pytest

from edgeline.errors import EnvironmentUnfit
from edgeline.stack import services
from edgeline.stack.environment import ADDRESSES, OURS, QUIET, environment
from edgeline.stack.private_keys import variables_with_keys
from edgeline.stack.proxy import NO_PROXY, PROXIES, socks_proxy
from edgeline.workspace import KEYSTORE_PASSWORD
from tests.nodes import free_port


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*ADDRESSES.values(), *QUIET, *NO_PROXY, OURS, "PREFECT_HOME"):
        monkeypatch.delenv(name, raising=False)


def test_tools_keep_to_the_state_folder(tmp_path: Path) -> None:
    found = environment(tmp_path)

    assert found["PREFECT_HOME"] == str(tmp_path / ".edgeline" / "prefect")
    assert found["MLFLOW_TRACKING_URI"] == f"sqlite:///{tmp_path}/.edgeline/mlflow.db"


def test_nothing_is_sent_home(tmp_path: Path) -> None:
    found = environment(tmp_path)

    assert found["DO_NOT_TRACK"] == found["DVC_NO_ANALYTICS"] == "1"
    assert found["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert found["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_what_the_user_set_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_LOGGING_LEVEL", "DEBUG")

    assert "PREFECT_LOGGING_LEVEL" not in environment(tmp_path)


def test_what_we_set_ourselves_is_not_taken_for_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = environment(tmp_path)
    for name, value in first.items():
        monkeypatch.setenv(name, value)

    assert environment(tmp_path) == first


def test_no_address_is_told_of_a_server_that_is_down(tmp_path: Path) -> None:
    found = environment(tmp_path)

    assert "PREFECT_API_URL" not in found
    assert "WEB3_PROVIDER_URI" not in found


def test_a_server_of_the_users_is_not_doubled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("NATS_URL", f"tls://127.0.0.1:{listener.getsockname()[1]}")

        assert services.ensure_all(["nats"], tmp_path) == {}
    assert services.running(tmp_path) == {}


def test_variables_that_hold_private_keys_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deployments").mkdir()
    (tmp_path / "deployments" / "sepolia.json").write_text('{"key":"env:BARE_KEY"}')
    (tmp_path / "deployments" / "gnosis.json").write_text('{"key":"file:~/key"}')
    (tmp_path / "deployments" / "broken.json").write_text("{")
    monkeypatch.setenv("BARE_KEY", 64 * "a")
    monkeypatch.setenv("OTHER_KEY", "0x" + 64 * "B")
    monkeypatch.setenv(KEYSTORE_PASSWORD, "a word")
    monkeypatch.setenv("GIT_COMMIT_SHA256", 64 * "c")

    assert variables_with_keys(tmp_path) == {"BARE_KEY", "OTHER_KEY", KEYSTORE_PASSWORD}


@pytest.mark.parametrize("folder", ["half%off", "what?"])
def test_a_path_that_cuts_database_addresses_is_refused(tmp_path: Path, folder: str) -> None:
    with pytest.raises(EnvironmentUnfit, match="move or rename"):
        environment(tmp_path / folder)


@pytest.mark.parametrize("name", NO_PROXY)
def test_this_machine_is_never_reached_through_a_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "intranet.example, 10.0.0.1")
    found = environment(tmp_path)

    expected = "intranet.example,10.0.0.1,localhost,127.0.0.1,::1"
    assert (found["no_proxy"], found["NO_PROXY"]) == (expected, expected)
    monkeypatch.setenv(name, "*")
    assert environment(tmp_path)[name] == "*"


def test_a_server_of_this_machine_answers_in_spite_of_a_dead_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    served = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
    # urlopen keeps the proxies of its first call for the whole process
    monkeypatch.setattr(urllib.request, "_opener", None)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with subprocess.Popen(served, cwd=tmp_path, stderr=subprocess.PIPE, stdout=-1) as server:
        try:
            _await_port(port)
            with pytest.raises(httpx.ConnectError):
                httpx.get(f"http://127.0.0.1:{port}")
            for key, value in environment(tmp_path).items():
                monkeypatch.setenv(key, value)
            assert httpx.get(f"http://127.0.0.1:{port}").status_code == 200
            assert urllib.request.urlopen(f"http://127.0.0.1:{port}").status == 200
        finally:
            server.kill()


@pytest.mark.parametrize("name", ["ALL_PROXY", "https_proxy"])
def test_a_socks_proxy_is_named_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for proxy in PROXIES:
        monkeypatch.delenv(proxy, raising=False)
    assert socks_proxy() == ""
    monkeypatch.setenv(name, "socks5h://proxy.example:1080")

    with pytest.raises(ImportError, match="socksio"):
        httpx.Client()
    with pytest.raises(EnvironmentUnfit, match=f"found SOCKS in {name}"):
        services.ensure_all(["nats"], tmp_path)


def _await_port(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)


NAMELESS = """
import getpass, os, sys
from pathlib import Path
from edgeline.stack.environment import environment
os.setuid(4321)
os.environ.update(environment(Path(sys.argv[1])))
print(getpass.getuser(), os.environ["LOGNAME"], Path.home())
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can take another number")
def test_a_user_without_an_entry_has_a_name_and_a_home(tmp_path: Path) -> None:
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    command = [sys.executable, "-c", NAMELESS, str(tmp_path)]
    done = subprocess.run(command, env=kept, capture_output=True, text=True, check=True)

    assert done.stdout == f"user-4321 user-4321 {tmp_path}/.edgeline\n"


def test_a_name_that_is_set_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)
    monkeypatch.delenv("LOGNAME", raising=False)
    monkeypatch.setenv("USER", "anna")
    found = environment(tmp_path)

    assert "USER" not in found
    assert found["LOGNAME"] == "anna"
