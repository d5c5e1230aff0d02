"""A federated round with real devices' folders: who trains, who is left out, and what comes of it."""

from dataclasses import asdict, replace
from itertools import count
from json import dumps
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from edgeline.datasets import items
from edgeline.datasets.items import Items
from edgeline.digest import sha256_file
from edgeline.errors import EdgelineError
from edgeline.models import zoo
from edgeline.models.checkpoint import Checkpoint, ModelSpec, load, save
from edgeline.models.zoo import build
from edgeline.preprocess import Preprocessing
from edgeline.recipe.federate import Federate
from edgeline.rounds.client import train_client
from edgeline.rounds.commit import commit_round
from edgeline.rounds.shard import assign_shards, train_shard
from edgeline.rounds.spec import RoundSpec, plan_rounds

MODEL = ModelSpec("cnn", (1, 8, 8), 2, (2, 2, 4))
GREY = Preprocessing("image", (8, 8, 1), (0.5,), (0.5,))
SIZES = {"00": 10, "01": 20, "02": 30}
SETTINGS = Federate(rounds=2, local_epochs=2, batch_size=8, min_devices=2)
SPEC = plan_rounds(SETTINGS, SIZES, "pen")[0]
NEVER = float("inf")


def frozen_clock() -> float:
    return 0.0


def noise(size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    return draw.integers(0, 256, (size, 8, 8), dtype=np.uint8), draw.integers(0, 2, size)


def owned(values: np.ndarray, labels: np.ndarray) -> Items:
    names = np.array([f"{number}" for number in range(len(labels))], dtype=np.str_)
    return Items(values, labels, names, np.full(len(labels), "", dtype=np.str_))


@pytest.fixture
def folders(tmp_path) -> tuple[Path, ...]:
    for seed, (device, size) in enumerate(SIZES.items()):
        (tmp_path / "devices" / device).mkdir(parents=True)
        items.write(tmp_path / "devices" / device / "examples.npz", owned(*noise(size, seed)))
    return tuple(tmp_path / "devices" / device for device in SIZES)


@pytest.fixture
def start(tmp_path) -> Path:
    return save(Checkpoint(MODEL, GREY, build(MODEL, 0).state_dict()), tmp_path / "store")


def sent(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_client_sends_changes_of_weights_and_nothing_else(folders, start, tmp_path):
    report = train_client(folders[1], start, SPEC, tmp_path / "sent", NEVER, frozen_clock)
    path = tmp_path / "sent" / "01.safetensors"

    assert sent(tmp_path / "sent") == ["01.safetensors"]
    assert {name: array.shape for name, array in load_file(path).items()} == {
        name: tuple(tensor.shape) for name, tensor in load(start).state.items()
    }
    assert (report.device, report.examples, report.update) == ("01", 20, sha256_file(path))
    assert (report.number, report.reason) == (1, None)


def test_client_needs_no_folder_but_its_own(folders, start, tmp_path):
    first = train_client(folders[0], start, SPEC, tmp_path / "sent", NEVER, frozen_clock)
    for folder in folders[1:]:
        (folder / "examples.npz").unlink()
    again = train_client(folders[0], start, SPEC, tmp_path / "sent", NEVER, frozen_clock)

    assert first == again


def test_late_client_stops_between_two_batches(folders, start, tmp_path):
    ticks = count()
    late, *_ = train_shard(
        folders[2:], start, SPEC, tmp_path / "sent", 4.5, lambda: float(next(ticks))
    )

    assert late.update is None
    assert late.reason is not None
    assert "deadline passed between two batches" in late.reason
    # Of eight batches it looked at the clock before three and began no fourth.
    assert next(ticks) == 7
    assert sent(tmp_path / "sent") == []


def test_failing_client_leaves_the_others_alone(folders, start, tmp_path):
    (folders[1] / "examples.npz").write_bytes(b"broken")
    reports = train_shard(folders, start, SPEC, tmp_path / "sent", NEVER, frozen_clock)

    assert [report.device for report in reports if report.reason is None] == ["00", "02"]
    assert reports[1].reason is not None
    assert sent(tmp_path / "sent") == ["00.safetensors", "02.safetensors"]


def test_client_without_examples_says_so(folders, start, tmp_path):
    items.write(folders[0] / "examples.npz", owned(*noise(0, 0)))
    report, *_ = train_shard(folders[:1], start, SPEC, tmp_path / "sent", NEVER, frozen_clock)

    assert report.reason is not None
    assert "examples to learn from on device 00; found none" in report.reason


def test_pickled_examples_are_never_opened(folders, start, tmp_path):
    np.savez(folders[0] / "examples.npz", values=np.array([{}], dtype=object), labels=np.zeros(1))
    report, *_ = train_shard(folders[:1], start, SPEC, tmp_path / "sent", NEVER, frozen_clock)

    assert report.reason is not None
    assert "allow_pickle=False" in report.reason


def test_round_averages_by_examples(folders, start, tmp_path):
    reports = train_shard(folders, start, SPEC, tmp_path / "sent", NEVER, frozen_clock)
    path, report = commit_round(
        start, SPEC, reports, tmp_path / "sent", tmp_path / "store", noise(20, 9)
    )
    moves = [
        load_file(tmp_path / "sent" / f"{device}.safetensors")["output.bias"] for device in SIZES
    ]

    mean = (10 * moves[0].astype(float) + 20 * moves[1] + 30 * moves[2]) / 60
    expected = load(start).state["output.bias"].numpy() + mean
    np.testing.assert_allclose(load(path).state["output.bias"].numpy(), expected, rtol=1e-6)
    assert (report.examples, report.devices, report.excluded) == (60, ("00", "01", "02"), {})
    assert path.parent == tmp_path / "store"
    assert dumps(asdict(report), allow_nan=False)


def test_shards_change_nothing_but_the_time(folders, start, tmp_path):
    def committed(groups: list[tuple[Path, ...]], into: Path) -> Path:
        reports: list = []
        work = [
            Thread(
                target=lambda group=group: reports.extend(
                    train_shard(group, start, SPEC, into, NEVER, frozen_clock)
                )
            )
            for group in groups
        ]
        for thread in work:
            thread.start()
        for thread in work:
            thread.join()
        return commit_round(start, SPEC, reports, into, tmp_path / "store", noise(20, 9))[0]

    alone = committed([folders], tmp_path / "one")
    together = committed([folders[::2], folders[1:2]], tmp_path / "two")

    assert alone == together


def test_poisoned_update_is_rejected_by_name(folders, start, tmp_path):
    reports = list(train_shard(folders, start, SPEC, tmp_path / "sent", NEVER, frozen_clock))
    path = tmp_path / "sent" / "01.safetensors"
    weights = load_file(path)
    weights["output.bias"] = weights["output.bias"] * np.float32(np.nan)
    save_file(weights, path)
    reports[1] = replace(reports[1], update=sha256_file(path))
    _, report = commit_round(
        start, SPEC, reports, tmp_path / "sent", tmp_path / "store", noise(20, 9)
    )

    assert report.devices == ("00", "02")
    assert list(report.excluded) == ["01"]
    assert "not finite" in report.excluded["01"]


def test_too_few_updates_fail_and_say_why(folders, start, tmp_path):
    reports = train_shard(folders, start, SPEC, tmp_path / "sent", -1.0, frozen_clock)

    with pytest.raises(EdgelineError, match=r"at least 2 devices; found 0 \(00: .*deadline"):
        commit_round(start, SPEC, reports, tmp_path / "sent", tmp_path / "store", noise(20, 9))


def test_plan_names_devices_and_lowers_the_rate():
    first, second = plan_rounds(
        SETTINGS.model_copy(update={"learning_rate": 0.5, "decay": 0.5}), ["b", "a", "c"], "pen"
    )

    assert first.devices == second.devices == ("a", "b", "c")
    assert (first.number, first.learning_rate, second.number, second.learning_rate) == (
        1,
        0.5,
        2,
        0.25,
    )


def test_a_round_is_the_same_in_a_longer_plan_and_in_other_shards():
    longer = SETTINGS.model_copy(update={"rounds": 5, "shards": 3})

    assert plan_rounds(longer, SIZES, "pen")[:2] == plan_rounds(SETTINGS, SIZES, "pen")


def test_numbers_go_on_from_the_rounds_before():
    assert [spec.number for spec in plan_rounds(SETTINGS, SIZES, "pen", after=12)] == [13, 14]


def test_a_round_whose_sum_could_overflow_is_refused_before_it_begins():
    with pytest.raises(EdgelineError, match=r"lower federate\.max_examples"):
        plan_rounds(SETTINGS.model_copy(update={"max_examples": 10**12}), SIZES, "pen")


def test_share_of_devices_is_drawn_by_seed():
    settings = SETTINGS.model_copy(update={"share": 0.5, "rounds": 20})
    devices = [f"{number:02}" for number in range(10)]
    rounds = plan_rounds(settings, devices, "pen")

    assert {len(spec.devices) for spec in rounds} == {5}
    assert len({spec.devices for spec in rounds}) > 10
    assert rounds == plan_rounds(settings, reversed(devices), "pen")


def test_fewer_devices_than_needed_cannot_be_planned():
    with pytest.raises(EdgelineError, match="at least 2 devices; found 1 devices"):
        plan_rounds(SETTINGS, ["only"], "pen")


def test_every_device_and_round_has_its_seed():
    specs: tuple[RoundSpec, ...] = plan_rounds(SETTINGS, SIZES, "pen")

    assert len({spec.derive_seed(device) for spec in specs for device in SIZES}) == 6


@pytest.mark.parametrize(
    ("groups", "expected"), [(1, ("abcde",)), (2, ("ace", "bd")), (9, ("a", "b", "c", "d", "e"))]
)
def test_shards_differ_by_one_device_at_most(groups, expected):
    assert tuple("".join(shard) for shard in assign_shards(tuple("abcde"), groups)) == expected


def test_devices_may_own_series(tmp_path):
    spec = zoo.spec("gru", (6, 2), 2)
    series = Preprocessing("series", (6, 2), (0.0, 0.0), (1.0, 1.0))
    start = save(Checkpoint(spec, series, build(spec, 0).state_dict()), tmp_path / "store")
    values = np.random.default_rng(0).standard_normal((12, 6, 2)).astype(np.float32)
    values[3, :4] = np.nan
    (tmp_path / "00").mkdir()
    items.write(tmp_path / "00" / "examples.npz", owned(values, np.arange(12) % 2))
    report = train_client(
        tmp_path / "00",
        start,
        replace(SPEC, augmentation="sensor"),
        tmp_path / "sent",
        NEVER,
        frozen_clock,
    )

    assert (report.examples, report.reason) == (12, None)
    assert all(
        np.isfinite(array).all()
        for array in load_file(tmp_path / "sent" / "00.safetensors").values()
    )
