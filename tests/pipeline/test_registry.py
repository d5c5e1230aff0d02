"""MLflow's registry, read whole: however many models and pages there are."""

from pathlib import Path

import pytest
from mlflow.store.entities import PagedList
from mlflow.tracking import MlflowClient

from edgeline.tracking import registry


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    """Of an empty registry, named by MLflow's variable: an address set by a call stays for all later tests."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    return MlflowClient()


def test_every_version_of_a_hundred_and_twenty_models_is_read(client: MlflowClient) -> None:
    names = [f"model {number:03}" for number in range(118)] + ["it's", "zz"]
    for name in names:
        client.create_registered_model(name)
        client.create_model_version(name, "file:///nowhere", tags={"artifact": name})
    client.create_model_version("zz", "file:///nowhere", tags={"artifact": "second"})
    found = registry.versions()
    assert [version.name for version in found] == [*sorted(names), "zz"]
    assert (found[-1].number, found[-1].artifact) == ("2", "second")


def test_pages_are_read_to_the_last() -> None:
    pages = {
        None: PagedList([1, 2], "next"),
        "next": PagedList([], "last"),
        "last": PagedList([3], ""),
    }
    read = registry._every(lambda page_token=None: pages[page_token])
    assert list(read) == [1, 2, 3]
