"""A round is committed: the mean reaches the checkpoint, and the algorithm's state goes with it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save as bytes_of

from edgeline.digest import sha256_bytes
from edgeline.errors import EdgelineError, Tampered
from edgeline.federated.algorithm import Algorithm, add, is_averaged
from edgeline.federated.algorithms import ALGORITHMS
from edgeline.federated.fedavg import FEDAVG
from edgeline.models.checkpoint import Checkpoint, ModelSpec, load, save
from edgeline.models.zoo import build, restore
from edgeline.preprocess import Preprocessing
from edgeline.recipe.federate import RoundSettings
from edgeline.rounds.accumulate import read_update
from edgeline.rounds.client import ClientReport
from edgeline.rounds.commit import RoundReport, commit_round
from edgeline.rounds.spec import RoundSpec

MODEL = ModelSpec("cnn", (1, 8, 8), 2, (2, 2, 4))
GREY = Preprocessing("image", (8, 8, 1), (0.5,), (0.5,))
VALIDATION = (np.zeros((2, 8, 8), np.uint8), np.array([0, 1]))


def fedavgm(momentum: float) -> Algorithm:
    """Hsu et al., arXiv 1909.06335: the server's moves have a momentum."""

    def init(weights):
        return {name: np.zeros(array.shape) for name, array in weights.items()}

    def server(weights, mean, state, _):
        velocity = {
            name: momentum * state[name] + change if is_averaged(change) else change
            for name, change in mean.items()
        }
        return add(weights, velocity), velocity

    return Algorithm(init, FEDAVG.client, server)


@pytest.fixture(params=[MODEL, ModelSpec("resnet20", (1, 8, 8), 2, (2, 2, 4))])
def start(request, tmp_path) -> Path:
    state = build(request.param, 0).state_dict()
    return save(Checkpoint(request.param, GREY, state), tmp_path / "store")


def spec(algorithm: str = "fedavg", number: int = 1, min_devices: int = 2) -> RoundSpec:
    settings = RoundSettings(min_devices=min_devices).model_copy(update={"algorithm": algorithm})
    return RoundSpec(number, ("a", "b", "c"), 0.01, "none", settings)


def commit(
    start: Path,
    folder: Path,
    spec: RoundSpec,
    changes: dict[str, tuple[int, float]],
    *others: ClientReport,
) -> tuple[Path, RoundReport]:
    """Commit a round in which every weight of a device moved by the same change."""
    folder.mkdir(exist_ok=True)
    reports = [*others]
    for device, (examples, change) in changes.items():
        moved = {
            name: np.full_like(array, change) if is_averaged(array) else array
            for name, array in load(start).arrays().items()
        }
        data = bytes_of(moved)
        (folder / f"{device}.safetensors").write_bytes(data)
        digest = sha256_bytes(data)
        reports.append(ClientReport(device, spec.number, examples, 0.0, digest, 0.0, None))
    return commit_round(start, spec, reports, folder, start.parent, VALIDATION)


def moved_by(before: Path, after: Path) -> set[float]:
    """By how much weights moved, to a thousandth."""
    first, second = load(before).arrays(), load(after).arrays()
    return {
        round(float(value), 3)
        for name in first
        if is_averaged(first[name])
        for value in (second[name] - first[name]).ravel()
    }


def test_weights_move_by_the_mean_of_the_updates(start, tmp_path):
    after, report = commit(start, tmp_path / "sent", spec(), {"a": (1, 1.0), "b": (3, 3.0)})

    # By hand: one times 1 and three times 3, over four examples.
    assert moved_by(start, after) == {2.5}
    assert (report.examples, report.devices, report.excluded) == (4, ("a", "b"), {})
    # Shapes, scalars among them, are the network's.
    restore(load(after))


def test_checkpoint_without_a_state_holds_weights_alone(start, tmp_path):
    after, _ = commit(start, tmp_path / "sent", spec(), {"a": (1, 1.0), "b": (3, 3.0)})
    weights = load(after)

    assert weights.algorithm_state == {}
    assert save(Checkpoint(weights.spec, GREY, weights.state), tmp_path).name == after.name


def test_state_of_another_algorithm_goes_on_in_the_next_round(start, tmp_path, monkeypatch):
    monkeypatch.setitem(ALGORITHMS, "fedavgm", fedavgm(0.5))
    changes = {"a": (1, 1.0), "b": (3, 3.0)}
    first, _ = commit(start, tmp_path / "first", spec("fedavgm"), changes)
    second, _ = commit(first, tmp_path / "second", spec("fedavgm", 2), changes)

    assert moved_by(start, first) == {2.5}
    # The velocity is half of 2.5, and 2.5 anew.
    assert moved_by(first, second) == {3.75}
    velocity = {
        float(value)
        for tensor in load(second).algorithm_state.values()
        if tensor.is_floating_point()
        for value in tensor.flatten()
    }
    assert velocity == {3.75}
    restore(load(second))


def test_momentum_of_zero_is_fedavg_to_the_bit(start, tmp_path, monkeypatch):
    monkeypatch.setitem(ALGORITHMS, "fedavgm", fedavgm(0.0))
    changes = {"a": (2, 0.1), "b": (5, -0.3)}
    plain, _ = commit(start, tmp_path / "plain", spec(), changes)
    other, _ = commit(start, tmp_path / "other", spec("fedavgm"), changes)

    assert all(
        torch.equal(load(plain).state[name], tensor) for name, tensor in load(other).state.items()
    )
    assert plain != other


def test_an_algorithm_does_not_read_the_state_of_another(start, tmp_path, monkeypatch):
    monkeypatch.setitem(ALGORITHMS, "fedavgm", fedavgm(0.5))
    changes = {"a": (1, 1.0), "b": (3, 3.0)}
    first, _ = commit(start, tmp_path / "first", spec("fedavgm"), changes)
    second, _ = commit(first, tmp_path / "second", spec("fedavg", 2), changes)
    third, _ = commit(second, tmp_path / "third", spec("fedavgm", 3), changes)

    assert load(second).algorithm_state == {}
    assert moved_by(second, third) == {2.5}


def test_who_sends_nothing_or_is_refused_is_left_out_with_the_reason(start, tmp_path):
    lost = ClientReport("c", 1, reason="its task ended early")
    _, report = commit(
        start, tmp_path / "sent", spec(min_devices=1), {"a": (1, 1.0), "b": (3, 2000.0)}, lost
    )

    assert report.devices == ("a",)
    assert list(report.excluded) == ["b", "c"]
    assert "a value of size 2000" in report.excluded["b"]
    assert report.excluded["c"] == "its task ended early"


def test_reports_in_another_order_make_the_same_checkpoint(start, tmp_path):
    changes = {"a": (7, 0.1), "b": (11, -0.3)}
    turned = dict(reversed(changes.items()))

    assert (
        commit(start, tmp_path / "one", spec(), changes)[0]
        == (commit(start, tmp_path / "two", spec(), turned)[0])
    )


def test_update_is_read_as_it_was_sent(tmp_path):
    data = bytes_of({"weight": np.array([1.0, 2.0], np.float32)})
    (tmp_path / "a.safetensors").write_bytes(data)
    update = read_update(tmp_path / "a.safetensors", "a", 5, sha256_bytes(data))

    assert update.arrays["weight"].tolist() == [1.0, 2.0]
    assert (update.device, update.examples) == ("a", 5)


def test_update_changed_on_its_way_is_refused(tmp_path):
    (tmp_path / "a.safetensors").write_bytes(bytes_of({"weight": np.zeros(1)}))

    with pytest.raises(Tampered, match="of device a"):
        read_update(tmp_path / "a.safetensors", "a", 5, "0" * 64)


@pytest.mark.parametrize("data", [b"", b"rubbish, and enough of it"])
def test_unreadable_update_names_the_device(tmp_path, data):
    (tmp_path / "a.safetensors").write_bytes(data)

    with pytest.raises(EdgelineError, match="device a; found SafetensorError"):
        read_update(tmp_path / "a.safetensors", "a", 5, sha256_bytes(data))


def test_missing_update_names_the_device(tmp_path):
    with pytest.raises(EdgelineError, match="device a; found FileNotFoundError"):
        read_update(tmp_path / "a.safetensors", "a", 5, "0" * 64)


def test_a_round_is_described_by_its_number_and_the_root_over_the_updates_that_count():
    def client(device: str, update: str | None) -> ClientReport:
        return ClientReport(device, 3, 1, 0.0, update, 0.5, None if update else "it was off")

    first, second = "1" * 64, "2" * 64
    report = RoundReport(
        number=3,
        examples=2,
        devices=("a", "c"),
        excluded={"b": "it was off"},
        before=0.5,
        after=0.6,
        clients=(client("a", first), client("b", None), client("c", second)),
    )
    leaves = [sha256_bytes(b"\0" + bytes.fromhex(one)) for one in (first, second)]
    root = sha256_bytes(b"\1" + bytes.fromhex("".join(leaves)))

    assert report.remarks() == {"number": 3, "clients": 2, "updates": root}
    assert [(row["device"], row["left out"]) for row in report.rows()] == [
        ("a", ""),
        ("b", "it was off"),
        ("c", ""),
    ]
