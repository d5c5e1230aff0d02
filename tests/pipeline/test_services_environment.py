"""The variables under which the tools find the state folder and our servers."""

from pathlib import Path

import pytest

from edgeline.errors import EnvironmentUnfit
from edgeline.stack import services
from edgeline.stack.environment import ADDRESSES, OURS, QUIET, environment


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*ADDRESSES.values(), *QUIET, OURS, "PREFECT_HOME"):
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
    monkeypatch.setenv("NATS_URL", "nats://far.example:4222")

    assert services.ensure_all(["nats"], tmp_path) == {}
    assert services.running(tmp_path) == {}


@pytest.mark.parametrize("folder", ["half%off", "what?"])
def test_a_path_that_cuts_database_addresses_is_refused(tmp_path: Path, folder: str) -> None:
    with pytest.raises(EnvironmentUnfit, match="move or rename"):
        environment(tmp_path / folder)
