"""The line between two networks."""

from dataclasses import replace

import numpy as np
import torch

from edgeline.finetuning.interpolate import interpolate, sweep
from edgeline.models.checkpoint import Checkpoint, ModelSpec
from edgeline.models.zoo import build
from edgeline.preprocess import Preprocessing

SPEC = ModelSpec("cnn", channels=1, image_size=4, classes=2, widths=(1, 1, 1))
GREY = Preprocessing(channels=1, image_size=4, mean=(0.0,), std=(1.0,))
IMAGES, LABELS = np.zeros((4, 4, 4), np.uint8), np.array([1, 1, 1, 0])


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
