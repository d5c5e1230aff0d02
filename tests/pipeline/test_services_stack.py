"""The real servers, in a folder with spaces and accents: files and blocks stay."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import pytest

from edgeline.serving.broker import largest_frame
from edgeline.stack import services
from edgeline.stack.environment import ADDRESSES, OURS, environment
from edgeline.stack.loopback import query
from edgeline.stack.servers import PORTS
from tests.pipeline.checkout import Project

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("une journée d'été")
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    with pytest.MonkeyPatch.context() as patch:
        for name in (*ADDRESSES.values(), OURS, "PREFECT_HOME"):
            patch.delenv(name, raising=False)
        yield folder
        services.stop_all(folder)


def _rpc(url: str, method: str, *arguments: object) -> Any:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(arguments)}
    return query(url, body)["result"]


def test_files_logged_by_path_show_in_the_mlflow_server(project: Project, tmp_path: Path) -> None:
    picture = tmp_path / "courbe.txt"
    picture.write_text("0.966")
    client = mlflow.MlflowClient(environment(project.root)["MLFLOW_TRACKING_URI"])
    place = (project.root / ".edgeline" / "mlartifacts").as_uri()
    run = client.create_run(client.create_experiment("shown", artifact_location=place))
    client.log_artifact(run.info.run_id, str(picture))
    server = services.running(project.root)["mlflow"]
    question = f"{server.url}/get-artifact?path=courbe.txt&run_id={run.info.run_id}"

    assert query(question, parse=str) == "0.966"


def test_the_chain_remembers_its_blocks_when_stopped(root: Path) -> None:
    first = services.ensure_all(["ganache"], root)["ganache"]
    _rpc(first.url, "evm_mine")
    _rpc(first.url, "evm_mine")
    newest = _rpc(first.url, "eth_getBlockByNumber", "latest", False)["hash"]
    services.stop_all(root, ["ganache"])
    again = services.ensure_all(["ganache"], root)["ganache"]

    assert again.pid != first.pid
    assert _rpc(again.url, "eth_blockNumber") == "0x2"
    assert _rpc(again.url, "eth_getBlockByNumber", "latest", False)["hash"] == newest


def test_status_names_those_that_run(root: Path) -> None:
    services.ensure_all(["nats"], root)

    assert services.running(root)["nats"].url.startswith("nats://127.0.0.1:")
    assert [server.name for server in services.stop_all(root, ["nats"])] == ["nats"]
    assert "nats" not in services.running(root)


def test_pages_ask_the_server_that_they_came_from(root: Path) -> None:
    """Also where the port of its documentation is taken, and the page must not show another project."""
    with socket.socket() as stranger:
        with contextlib.suppress(OSError):
            stranger.bind(("127.0.0.1", PORTS["prefect"]))
            stranger.listen()
        prefect = services.ensure_all(["prefect"], root)["prefect"]

    assert prefect.port != PORTS["prefect"]
    assert query(f"{prefect.url}/ui-settings")["api_url"] == f"{prefect.url}/api"
    services.stop_all(root, ["prefect"])


def test_our_broker_takes_a_request_of_pictures(root: Path) -> None:
    """Twenty grey pictures of 224 pixels a side are four megabytes."""
    nats = services.ensure_all(["nats"], root)["nats"]

    assert largest_frame(nats.url) == 8_388_608 > 20 * 224 * 224 * 4
