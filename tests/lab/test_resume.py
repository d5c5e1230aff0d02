"""A training that is killed goes on, and ends with the same bits."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.resuming import kill, order
from edgeline.finetuning.finetune import finetune, train_from_scratch
from edgeline.finetuning.loop import Epoch, Examples, TrainReport, train
from edgeline.finetuning.losses import objective
from edgeline.models import zoo
from edgeline.models.checkpoint import Checkpoint, ModelSpec
from edgeline.preprocess import Preprocessing
from edgeline.recipe.finetune import Finetune
from edgeline.recipe.training import Supervised

SHAPES = {"cnn": (1, 8, 8), "resnet20": (1, 8, 8), "gru": (5, 2), "mlp": (4,)}


class KilledError(Exception):
    pass


def examples(architecture: str, count: int = 24, seed: int = 0) -> Examples:
    inputs = np.random.default_rng(seed).standard_normal((count, *SHAPES[architecture]))
    return Examples(inputs.astype(np.float32), np.arange(count, dtype=np.int64) % 2)


def chosen(**changes: object) -> Supervised:
    return Supervised(**{"epochs": 4, "batch_size": 8, "learning_rate": 0.01, **changes})


def trained(
    architecture: str = "cnn",
    folder: Path | None = None,
    *,
    after: int | None = None,
    shown: int = 0,
    **changes: object,
) -> tuple[dict[str, torch.Tensor], TrainReport, list[int]]:
    """Weights, report and the epochs that were heard of; ends violently after one of them."""
    heard: list[int] = []

    def listen(point: Epoch, _: int) -> None:
        heard.append(point.epoch)
        if point.epoch == after:
            raise KilledError

    settings = chosen(**changes)
    rows = examples(architecture, seed=shown)
    network, report = train(
        zoo.build(zoo.spec(architecture, SHAPES[architecture], 2), 0),
        rows,
        settings,
        objective(settings, rows.labels),
        augmentation="pen" if architecture in ("cnn", "resnet20") else "sensor",
        validation=examples(architecture, 10, 1),
        on_epoch=listen,
        folder=folder,
    )
    return network.state_dict(), report, heard


def interrupted(folder: Path, after: int, **options: object) -> Path:
    """The file that a training killed after this epoch left."""
    with pytest.raises(KilledError):
        trained(folder=folder, after=after, **options)
    (left,) = folder.iterdir()
    return left


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("optimiser", ["adam", "adamw", "sgd"])
@pytest.mark.parametrize("architecture", SHAPES)
def test_second_call_ends_with_the_same_bits(architecture, optimiser, tmp_path):
    options = {
        "architecture": architecture,
        "optimiser": optimiser,
        "learning_rate": 0.1 if optimiser == "sgd" else 0.01,
        "weight_decay": 0.1,
        "patience": 2,
        "epochs": 3,
    }
    whole = trained(**options)
    interrupted(tmp_path, 2, **options)
    again = trained(folder=tmp_path, **options)

    assert same(again[0], whole[0])
    assert again[1] == whole[1]
    assert again[2] == [3]


def test_many_interruptions_are_as_none(tmp_path):
    for after in (1, 2, 3):
        interrupted(tmp_path, after)

    assert same(trained(folder=tmp_path)[0], trained()[0])


def test_finished_training_leaves_nothing(tmp_path):
    trained(folder=tmp_path)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 1},
        {"shown": 5},
        {"learning_rate": 0.02},
        {"optimiser": "adamw"},
    ],
)
def test_file_of_another_training_is_as_if_not_there(other, tmp_path):
    left = interrupted(tmp_path, 2)
    weights, _, heard = trained(folder=tmp_path, **other)

    assert heard == [1, 2, 3, 4]
    assert same(weights, trained(**other)[0])
    # It still belongs to the other one.
    assert list(tmp_path.iterdir()) == [left]


@pytest.mark.parametrize("at", [5, 300, -1])
def test_damaged_file_is_as_if_not_there(at, tmp_path):
    left = interrupted(tmp_path, 2)
    damaged = bytearray(left.read_bytes())
    damaged[at] ^= 1
    left.write_bytes(damaged)
    weights, _, heard = trained(folder=tmp_path)

    assert heard == [1, 2, 3, 4]
    assert same(weights, trained()[0])


@pytest.mark.parametrize("content", [b"", b"\0" * 20])
def test_half_a_file_is_as_if_not_there(content, tmp_path):
    left = interrupted(tmp_path, 2)
    left.write_bytes(content)

    assert trained(folder=tmp_path)[2] == [1, 2, 3, 4]


def test_kill_before_the_old_file_is_gone_leaves_the_newer_one(tmp_path):
    old = interrupted(tmp_path / "one", 1)
    new = interrupted(tmp_path / "two", 3)
    old.rename(new.parent / old.name)

    assert trained(folder=tmp_path / "two")[2] == [4]


def test_trainings_share_a_folder(tmp_path):
    left = interrupted(tmp_path, 2)
    trained(folder=tmp_path, seed=1)

    assert list(tmp_path.iterdir()) == [left]
    assert trained(folder=tmp_path)[2] == [3, 4]


def test_kept_weights_survive_too(tmp_path):
    # The first epochs are the better ones: random labels are learned by heart, not understood.
    options = {"patience": 4, "epochs": 8, "learning_rate": 0.03}
    whole = trained(**options)
    best = whole[1].best
    interrupted(tmp_path, len(whole[1].curve) - 1, **options)

    assert best < len(whole[1].curve)
    assert same(trained(folder=tmp_path, **options)[0], whole[0])


def test_seeds_that_are_done_are_not_done_again(tmp_path):
    preprocessing = Preprocessing("table", (4,), (0.0,) * 4, (1.0,) * 4)
    rows, validation = examples("mlp"), examples("mlp", 10, 1)
    start = zoo.spec("mlp", (4,), 2)
    pretrained = Checkpoint(start, preprocessing, zoo.build(start, 0).state_dict())
    settings = Finetune(epochs=2, seeds=3)
    heard: list[int] = []

    def tuned(stop: int) -> Checkpoint:
        def listen(point: Epoch, _: int) -> None:
            heard.append(point.epoch)
            if len(heard) == stop:
                raise KilledError

        return finetune(
            pretrained,
            rows.inputs,
            rows.labels,
            (validation.inputs, validation.labels),
            settings,
            augmentation="sensor",
            folder=tmp_path,
            on_epoch=listen,
        )[0]

    whole = tuned(99)
    heard.clear()
    # Two seeds are done, and half of the third.
    with pytest.raises(KilledError):
        tuned(5)
    heard.clear()

    assert same(tuned(99).state, whole.state)
    assert heard == [2]
    assert list(tmp_path.iterdir()) == []


def test_scratch_goes_on_too(tmp_path):
    spec = ModelSpec("mlp", (4,), 2, (4,))
    preprocessing = Preprocessing("table", (4,), (0.0,) * 4, (1.0,) * 4)
    rows = examples("mlp")
    made = [
        train_from_scratch(
            spec,
            preprocessing,
            rows.inputs,
            rows.labels,
            (rows.inputs, rows.labels),
            chosen(),
            augmentation="none",
            folder=folder,
        )[0]
        for folder in (tmp_path, None)
    ]

    assert same(made[0].state, made[1].state)


@pytest.mark.skipif(not hasattr(os, "fork") or not hasattr(signal, "SIGKILL"), reason="no kill -9")
def test_killed_processes_end_with_equal_weights(tmp_path):
    order(tmp_path, Finetune(epochs=3, batch_size=16), size=8, many=32)
    result = kill(tmp_path, kills=2, seed=0)

    assert (result.kills, result.equal) == (2, True)
