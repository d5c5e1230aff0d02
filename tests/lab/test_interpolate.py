"""The line between two networks."""

from dataclasses import replace

import numpy as np
import torch

from edgeline.finetuning.interpolate import interpolate, reestimate, sweep
from edgeline.metrics import Interval
from edgeline.models.checkpoint import Checkpoint, ModelSpec
from edgeline.models.zoo import build
from edgeline.preprocess import Preprocessing

SPEC = ModelSpec("cnn", (1, 4, 4), 2, (1, 1, 1))
GREY = Preprocessing("image", (4, 4, 1), (0.0,), (1.0,))
IMAGES, LABELS = np.zeros((4, 4, 4), np.uint8), np.array([1, 1, 1, 0])
RESIDUAL = ModelSpec("resnet20", (1, 8, 8), 2, (2, 2, 2))
NORMAL = Preprocessing("image", (8, 8, 1), (0.5,), (0.5,))
PICTURES = np.random.default_rng(0).integers(0, 256, (30, 8, 8), dtype=np.uint8)


def constant(first: float, second: float) -> Checkpoint:
    """A network that answers these two logits whatever it sees."""
    state = {name: torch.zeros_like(tensor) for name, tensor in build(SPEC, 0).state_dict().items()}
    return Checkpoint(
        SPEC, GREY, {**state, "output.bias": torch.tensor([first, second], dtype=torch.float32)}
    )


def test_alpha_is_the_share_of_the_pretrained():
    mixed = interpolate(constant(4, 0), constant(0, 8), alpha=0.25)

    assert mixed.state["output.bias"].tolist() == [1, 6]


def test_both_ends_are_the_networks_themselves():
    pretrained, tuned = constant(1 / 3, 0), constant(0, 1 / 7)

    assert (
        interpolate(pretrained, tuned, 0).state["output.bias"].tolist()
        == tuned.state["output.bias"].tolist()
    )
    assert (
        interpolate(pretrained, tuned, 1).state["output.bias"].tolist()
        == pretrained.state["output.bias"].tolist()
    )


def test_equal_accuracy_takes_the_smallest_alpha():
    # Logits are (10 alpha, 5 - 5 alpha): class 1, three images of four, wins below a third.
    chosen, report = sweep(constant(10, 0), constant(0, 5), IMAGES, LABELS)

    assert (report.alpha, report.accuracy) == (0.0, 0.75)
    assert [accuracy for _, accuracy in report.curve] == [0.75] * 4 + [0.25] * 7
    assert chosen.state["output.bias"].tolist() == [0, 5]


def test_sweep_finds_the_better_pretrained_side():
    _, report = sweep(constant(0, 5), constant(10, 0), IMAGES, LABELS)

    # Logits are (10 - 10 alpha, 5 alpha): class 1 wins once alpha is above two thirds.
    assert (report.alpha, report.accuracy) == (0.7, 0.75)


def test_interpolation_keeps_spec_and_preprocessing():
    tuned = replace(constant(0, 1))

    assert replace(interpolate(constant(1, 0), tuned, 0.5), state=tuned.state) == tuned


def residual(seed: int) -> Checkpoint:
    return Checkpoint(RESIDUAL, NORMAL, build(RESIDUAL, seed).state_dict())


def counted(checkpoint: Checkpoint, batches: int) -> Checkpoint:
    counts = {
        name: torch.tensor(batches)
        for name, value in checkpoint.state.items()
        if not value.is_floating_point()
    }
    return replace(checkpoint, state={**checkpoint.state, **counts})


def test_counters_are_the_tuned_ones():
    mixed = interpolate(counted(residual(0), 100), counted(residual(1), 7), 0.5)

    assert mixed.state["bn1.num_batches_tracked"].item() == 7
    assert mixed.state["bn1.num_batches_tracked"].dtype == torch.int64


def test_both_ends_of_a_normed_network_are_bit_exact():
    pretrained, tuned = counted(residual(0), 100), counted(residual(1), 7)

    for alpha, end in ((0, tuned), (1, pretrained)):
        state = interpolate(pretrained, tuned, alpha).state
        assert all(torch.equal(state[name], end.state[name]) for name in state)


def test_new_head_is_not_mixed():
    fresh = ("output.weight", "output.bias")
    mixed = interpolate(constant(4, 0), constant(0, 8), 0.5, fresh)

    assert mixed.state["output.bias"].tolist() == [0, 8]
    assert interpolate(constant(4, 0), constant(0, 8), 1, fresh).state["output.bias"].tolist() == [
        0,
        8,
    ]


def test_statistics_are_those_of_the_items_shown():
    network = residual(0)
    measured = reestimate(network, PICTURES)
    first = torch.nn.functional.conv2d(
        torch.from_numpy(NORMAL(PICTURES)), network.state["conv1.weight"], padding=1
    )

    torch.testing.assert_close(measured.state["bn1.running_mean"], first.mean((0, 2, 3)))
    torch.testing.assert_close(measured.state["bn1.running_var"], first.var((0, 2, 3)))
    assert torch.equal(measured.state["linear.weight"], network.state["linear.weight"])


def test_ends_are_never_measured_again():
    _, report = sweep(
        residual(0), residual(1), PICTURES, np.arange(30) % 2, training_values=PICTURES
    )

    assert [alpha for alpha, _ in report.curve] == [step / 10 for step in range(11)]
    assert [alpha for alpha, _ in report.reestimated_curve] == [step / 10 for step in range(1, 10)]


def test_network_without_norms_has_one_branch():
    _, report = sweep(constant(10, 0), constant(0, 5), IMAGES, LABELS, training_values=IMAGES)

    assert report.reestimated_curve == ()
    assert not report.reestimated


def test_gain_is_told_with_its_interval():
    _, report = sweep(constant(0, 5), constant(10, 0), IMAGES, LABELS)

    # Three of four that the tuned network misses, one that it had; whoever is drawn.
    assert report.gain == Interval(0.5, 0.5, 0.5)
