"""One loop, the same bits each time, and a way to stop it."""

from threading import Thread

import numpy as np
import pytest
import torch
from torch import nn

from edgeline.errors import EnvironmentUnfit
from edgeline.finetuning.augment import jitter
from edgeline.finetuning.evaluate import answers
from edgeline.finetuning.loop import Examples, TrainReport, train
from edgeline.finetuning.losses import objective
from edgeline.finetuning.optimisers import constant, one_cycle
from edgeline.metrics import accuracy
from edgeline.models import zoo
from edgeline.models.checkpoint import ModelSpec
from edgeline.models.zoo import build
from edgeline.recipe.training import Supervised

SPEC = ModelSpec("cnn", (1, 12, 12), 2, (4, 8, 8))


def chosen(**changes: object) -> Supervised:
    return Supervised(**{"epochs": 4, "batch_size": 16, "learning_rate": 0.01, **changes})


def fit(
    network: nn.Module, examples: Examples, settings: Supervised, **options: object
) -> tuple[nn.Module, TrainReport]:
    loss = objective(settings, examples.labels)
    return train(network, examples, settings, loss, **{"augmentation": "pen", **options})


def bars(count: int = 60, seed: int = 0) -> Examples:
    """Class 0 has a bright row, class 1 a bright column."""
    draw = np.random.default_rng(seed)
    images, labels = np.zeros((count, 1, 12, 12), np.float32), np.arange(count, dtype=np.int64) % 2
    for image, label, at in zip(images, labels, draw.integers(3, 9, count), strict=True):
        image[0, at, :] = 1
        image[0] = image[0].T if label else image[0]
    return Examples(images, labels)


def learned(seed: int = 0, **changes: object) -> tuple[dict[str, torch.Tensor], TrainReport]:
    settings = chosen(seed=seed, **changes)
    network, report = fit(build(SPEC, 0), bars(), settings, validation=bars(40, 1))
    return network.state_dict(), report


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


def test_loop_learns_rows_from_columns():
    _, report = learned(epochs=12)

    assert report.accuracy is not None
    assert report.accuracy > 0.95
    assert report.curve[-1].loss < report.curve[0].loss / 2


def test_report_counts_every_batch_and_epoch():
    _, report = learned()

    # 60 examples in batches of 16 make 4 a pass.
    assert (report.examples, report.batches) == (60, 16)
    assert [point.epoch for point in report.curve] == [1, 2, 3, 4]


def test_long_training_is_measured_ten_times():
    _, report = learned(epochs=40, batch_size=60, augment=0)
    measured = [point.epoch for point in report.curve if point.accuracy is not None]

    assert measured == [4, 8, 12, 16, 20, 24, 28, 32, 36, 40]


def test_same_seed_gives_the_same_bits():
    first, again, other = learned(0), learned(0), learned(1)

    assert same(first[0], again[0])
    assert first[1] == again[1]
    assert not same(first[0], other[0])


def test_bits_do_not_depend_on_a_neighbour():
    alone = {seed: learned(seed)[0] for seed in (0, 1)}
    beside: dict[int, dict[str, torch.Tensor]] = {}
    threads = [
        Thread(target=lambda seed=seed: beside.update({seed: learned(seed)[0]})) for seed in (0, 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(same(alone[seed], beside[seed]) for seed in (0, 1))


def test_training_leaves_global_randomness_alone():
    before = torch.get_rng_state()
    learned()

    assert torch.equal(before, torch.get_rng_state())


def test_hook_stops_training_between_batches():
    begun = []

    def stop() -> None:
        if len(begun) == 3:
            raise TimeoutError
        begun.append(1)

    with pytest.raises(TimeoutError):
        fit(build(SPEC, 0), bars(), chosen(), before_batch=stop)

    assert len(begun) == 3


def test_callback_hears_every_epoch():
    heard = []
    fit(
        build(SPEC, 0),
        bars(),
        chosen(),
        on_epoch=lambda point, epochs: heard.append((point.epoch, epochs)),
    )

    assert heard == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_cycle_rises_to_one_and_falls():
    pace = [one_cycle(step, 20) for step in range(20)]

    assert pace[:3] == [0.5, 1.0, 1.0]
    assert pace[2:] == sorted(pace[2:], reverse=True)
    assert pace[11] == pytest.approx(0.5)
    assert constant(3, 20) == 1.0


def test_jitter_keeps_a_flat_image_flat():
    images = torch.full((4, 3, 10, 10), -0.42)
    moved = jitter(images, 1.0, torch.Generator().manual_seed(0))

    assert torch.allclose(moved, images, atol=1e-6)


def test_jitter_moves_each_image_differently():
    images = torch.from_numpy(np.repeat(bars().inputs[:1], 2, axis=0))
    moved = jitter(images, 1.0, torch.Generator().manual_seed(0))

    assert not torch.equal(moved[0], moved[1])
    assert torch.equal(moved, jitter(images, 1.0, torch.Generator().manual_seed(0)))


def test_patience_keeps_the_best_and_stops():
    examples = Examples(bars().inputs, np.random.default_rng(0).integers(0, 2, 60))
    settings = chosen(epochs=10, learning_rate=0.05, patience=2)
    network, report = fit(
        build(SPEC, 0), examples, settings, augmentation="none", validation=bars(40, 1)
    )
    best = report.curve[report.best - 1]

    assert best.accuracy == max(point.accuracy for point in report.curve)
    assert (report.accuracy, report.loss) == (best.accuracy, best.loss)
    assert accuracy(answers(network, torch.from_numpy(bars(40, 1).inputs)), bars(40, 1).labels) == (
        best.accuracy
    )
    assert report.stopped
    assert len(report.curve) == report.best + 2


def test_patience_without_validation_goes_on_to_the_end():
    _, report = fit(build(SPEC, 0), bars(), chosen(patience=1), augmentation="none")

    assert (report.best, report.stopped, report.accuracy) == (4, False, None)


def test_without_patience_the_last_weights_are_kept():
    _, report = learned()

    assert (report.best, report.stopped) == (4, False)


def test_single_example_is_never_a_batch_of_its_own_where_norms_need_two():
    residual = zoo.spec("resnet20", (1, 12, 12), 2)
    rows = Examples(bars().inputs[:33], bars().labels[:33])
    _, report = fit(build(residual, 0), rows, chosen(epochs=1), augmentation="none")
    _, plain = fit(build(SPEC, 0), rows, chosen(epochs=1), augmentation="none")

    # 16 and 17, instead of 16, 16 and 1.
    assert (report.batches, plain.batches) == (2, 3)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card")
def test_card_that_is_not_there_is_one_clear_line():
    with pytest.raises(EnvironmentUnfit, match=r"finetune\.device.* to auto or cpu"):
        fit(build(SPEC, 0), bars(), chosen(device="cuda"))


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": 5},
        {"batch_size": 8},
        {"optimiser": "sgd"},
        {"learning_rate": 0.02},
        {"weight_decay": 0.5},
        {"schedule": "constant"},
        {"patience": 1},
        {"augment": 0.5},
        {"seed": 1},
        {"loss": "focal"},
        {"class_weights": True},
        {"label_smoothing": 0.2},
    ],
)
def test_every_setting_of_a_section_reaches_the_weights(change):
    images = bars(40)
    uneven = Examples(images.inputs[:30], np.minimum(images.labels[:30], np.arange(30) % 3))
    # Labels the other way round: the better a network learns, the worse it scores.
    validation = Examples(bars(10, 1).inputs, 1 - bars(10, 1).labels)
    weights = [
        fit(build(SPEC, 0), uneven, settings, validation=validation)[0].state_dict()
        for settings in (chosen(), chosen(**change))
    ]

    assert not same(*weights)


def test_no_setting_of_a_training_is_left_out_of_the_test_above():
    (marks,) = test_every_setting_of_a_section_reaches_the_weights.pytestmark
    tried = {name for change in marks.args[1] for name in change}

    # Where there is no card, the device cannot change the weights.
    assert tried | {"device"} == set(Supervised.model_fields)


def test_defaults_give_the_bits_they_always_gave():
    """Figures of the documents rest on this: the loop may grow, its default may not move."""
    inputs = np.random.default_rng(0).standard_normal((60, 1, 12, 12)).astype(np.float32)
    examples = Examples(inputs, np.arange(60, dtype=np.int64) % 2)
    _, report = fit(build(SPEC, 0), examples, chosen(seed=3))

    assert report.loss == pytest.approx(0.6990039666493734, rel=1e-4)
