"""The real servers, in a folder with spaces and accents: files and blocks stay."""

from collections.abc import Iterator
from pathlib import Path

import mlflow
import psutil
import pytest

from edgeline.anchoring.contract import deploy, open_contract
from edgeline.anchoring.node import Node
from edgeline.errors import ServiceUnavailable
from edgeline.serving.broker import largest_frame
from edgeline.stack import services
from edgeline.stack.environment import ADDRESSES, OURS, environment
from edgeline.stack.loopback import query
from edgeline.stack.process import log_file
from edgeline.workspace import Workspace
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


def test_the_chain_remembers_its_blocks_when_stopped_and_shows_nobody_a_key(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported = "0x" + 8 * "abad1dea"
    monkeypatch.setenv("ANCHOR_KEY", exported)
    monkeypatch.setenv("HARMLESS", "42")
    home = Workspace(root)
    first = services.ensure_all(["ganache"], root)["ganache"]
    made = deploy(first.url, f"file:{home.chain_key}", name="local", locks=root)
    newest = Node(first.url).block("latest")
    services.stop_all(root, ["ganache"])
    again = services.ensure_all(["ganache"], root)["ganache"]
    given = psutil.Process(again.pid).environ()

    assert again.pid != first.pid
    assert Node(again.url).block("latest") == newest
    assert open_contract(again.url, made.deployment)
    assert "ANCHOR_KEY" not in given
    assert given["HARMLESS"] == "42"
    key = home.chain_key.read_text().strip()
    words = psutil.Process(again.pid).cmdline()
    shown = [*words, *given.values(), (home.logs / "ganache.log").read_text()]
    assert not [text for text in shown if key[2:] in text or exported in text]


def test_status_names_those_that_run(root: Path) -> None:
    services.ensure_all(["nats"], root)

    assert services.running(root)["nats"].url.startswith("nats://127.0.0.1:")
    assert [server.name for server in services.stop_all(root, ["nats"])] == ["nats"]
    assert "nats" not in services.running(root)


def test_our_broker_takes_a_request_of_pictures_from_this_workspace_alone(root: Path) -> None:
    """Twenty grey pictures of 224 pixels a side are four megabytes."""
    nats = services.ensure_all(["nats"], root)["nats"]
    given = services.address("nats", root)
    token = given.removeprefix("nats://").partition("@")[0]
    command = psutil.Process(nats.pid).cmdline()

    assert largest_frame(given) == 8_388_608 > 20 * 224 * 224 * 4
    for stranger in (nats.url, nats.url.replace("://", "://guessed@")):
        with pytest.raises(ServiceUnavailable, match="to be let in by the NATS server") as refusal:
            largest_frame(stranger)
        assert refusal.value.exit_code == 5
        assert "guessed" not in str(refusal.value)
    assert len(token) > 40
    assert token not in " ".join(command)
    assert token not in log_file("nats", root / ".edgeline").read_text()


def test_what_servers_write_is_for_their_user_alone(root: Path) -> None:
    services.ensure_all(["nats", "ganache"], root)
    state = root / ".edgeline"
    secrets = [state / "services" / f"nats.{ending}" for ending in ("conf", "token")]
    written = [*state.glob("chain/ganache/*"), *state.glob("logs/*"), *secrets]

    assert state.stat().st_mode & 0o777 == 0o700
    assert len(written) > 5
    assert [path for path in written if path.stat().st_mode & 0o077] == []
