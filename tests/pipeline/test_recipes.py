"""Every recipe from its data to a model that is released and proven, in a short form.

Takes a minute: each of four recipes makes its data by DVC's stages and trains all its networks.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeline.artifact import open_artifact
from edgeline.datasets import load_set
from edgeline.edge.profile import find_deviations
from tests.pipeline.checkout import Project

pytestmark = pytest.mark.xdist_group("recipes")

SHORT = (
    *("finetune.epochs=3", "shrink.epochs=2", "shrink.lessons=2", "federate.rounds=2"),
    *("federate.local_epochs=1", "federate.min_devices=1", "quantise.latency_rounds=5"),
    *("quantise.calibration_items=20", "split.rounds=3", "rehearse.items=40"),
    *("gate.min_accuracy=0", "gate.max_quantisation_loss=1", "gate.max_regression=1"),
    "gate.allow_below_baseline=true",
)
RECIPES = {
    "pneumonia": (
        *("pretrained.widths=[4,8,16]", "shrink.widths=[4,4,8]", "data.central=40"),
        "data.devices=4",
    ),
    "breast-cancer": (),
    "voice": (),
    "shuttle": ("data.validation=500", "data.test=500"),
}
METHODS = {"pneumonia": "static", "breast-cancer": "static", "voice": "none", "shuttle": "static"}


@pytest.fixture(scope="session")
def radiographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In the form of MedMNIST: dark squares, and squares with a bright spot."""
    draw = np.random.default_rng(0)
    arrays = {}
    for name, count in (("train", 160), ("val", 40), ("test", 40)):
        labels = np.arange(count) % 2
        images = draw.integers(0, 100, (count, 28, 28))
        images[labels == 1, 8:20, 8:20] += 120
        arrays |= {f"{name}_images": images.astype(np.uint8), f"{name}_labels": labels[:, None]}
    path = tmp_path_factory.mktemp("clinic") / "radiographs.npz"
    np.savez(path, **arrays)
    return path


@pytest.fixture(scope="session", params=sorted(RECIPES))
def released(request: pytest.FixtureRequest, unbuilt: Project, radiographs: Path) -> dict[str, Any]:
    """The summary of a short run of each recipe."""
    own = (f"data.path={radiographs}",) if request.param == "pneumonia" else ()
    settings = (*SHORT, *RECIPES[request.param], *own)
    return unbuilt.ask("run", request.param, *(word for one in settings for word in ("-p", one)))


def test_a_recipe_is_released_and_proven(unbuilt: Project, released: dict[str, Any]) -> None:
    assert released["split"]["equal"]
    assert not released["anchor"]["pending"]
    verdict = unbuilt.edgeline("verify", released["artifact"]["path"])
    assert verdict.returncode == 0, verdict.stderr


def test_its_score_stands_beside_what_needs_no_network(released: dict[str, Any]) -> None:
    beside = released["baseline"]
    assert 0 < beside["trivial"]["accuracy"] < 1
    assert beside["trivial"]["balanced_accuracy"] == pytest.approx(
        1 / len(class_names(released)), abs=1e-3
    )
    assert beside["logistic"]["accuracy"] > 0.5
    assert {"accuracy", "balanced_accuracy", "auc"} <= released["steps"]["quantise"].keys()


@pytest.fixture
def tracked(unbuilt: Project, monkeypatch: pytest.MonkeyPatch) -> Any:
    return unbuilt.tracked(monkeypatch)


def class_names(released: dict[str, Any]) -> list[str]:
    return {
        "pneumonia": ["normal", "pneumonia"],
        "breast-cancer": ["malignant", "benign"],
        "voice": [f"speaker {number}" for number in range(1, 10)],
        "shuttle": ["normal", "anomaly"],
    }[released["recipe"]]


def test_the_device_knows_the_names_and_the_form(
    unbuilt: Project, released: dict[str, Any]
) -> None:
    artifact = open_artifact(unbuilt.root / released["artifact"]["path"])
    assert list(artifact.manifest.classes) == class_names(released)
    form = artifact.preprocessing
    (values,) = artifact.golden()[0].values()
    assert artifact.preprocessing(values).shape[1:] == form.input_shape
    named = {"breast-cancer": 30, "voice": 12, "shuttle": 9}.get(released["recipe"], 0)
    assert len(form.columns) == named


def test_hardly_any_item_of_the_test_set_is_outside(
    unbuilt: Project, released: dict[str, Any]
) -> None:
    artifact = open_artifact(unbuilt.root / released["artifact"]["path"])
    items = load_set(unbuilt.root / "data" / released["recipe"], "test").values
    assert artifact.profile is not None
    found = find_deviations(artifact.profile, items, artifact.preprocessing)
    assert sum(map(bool, found)) <= 0.01 * len(items)


def test_a_device_decides_by_the_released_model(
    unbuilt: Project, released: dict[str, Any], tmp_path: Path
) -> None:
    folder = unbuilt.root / released["artifact"]["path"]
    (values,), (logits,) = (arrays.values() for arrays in open_artifact(folder).golden())
    np.save(tmp_path / "item.npy", known_part(values[0]))
    said = json.loads(
        unbuilt.edgeline("predict", str(folder), str(tmp_path / "item.npy"), "--json").stdout
    )
    assert said["decisions"][0]["answer"] == class_names(released)[int(logits[0].argmax())]


def known_part(item: np.ndarray) -> np.ndarray:
    """Of a series the steps that a sensor told; of anything else all."""
    if item.ndim == 2 and item.dtype != np.uint8:
        return item[~np.isnan(item).any(axis=1)]
    return item


def test_recurrent_nets_that_no_kernel_serves_stay_whole(
    unbuilt: Project, released: dict[str, Any]
) -> None:
    steps = (unbuilt.root / ".edgeline" / "runs" / released["run"] / "steps.jsonl").read_text()
    by_name = {entry["step"]: entry for entry in map(json.loads, steps.splitlines())}
    report = by_name["quantise"]["report"]["quantisation"]
    assert report["method"] == METHODS[released["recipe"]]
    assert report["reason"]


def test_the_card_of_the_data_is_in_mlflow(
    released: dict[str, Any], tracked: Any, tmp_path: Path
) -> None:
    experiment = tracked.get_experiment_by_name(released["recipe"]).experiment_id
    (step,) = [
        run
        for run in tracked.search_runs([experiment])
        if run.info.run_name == "data" and run.info.status == "FINISHED"
    ]
    page = Path(tracked.download_artifacts(step.info.run_id, "card.html", str(tmp_path)))
    assert class_names(released)[0] in page.read_text(encoding="utf-8")
