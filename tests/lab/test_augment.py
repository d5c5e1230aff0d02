"""Changes that leave an item what it is."""

import numpy as np
import pytest
import torch

from edgeline.errors import RecipeError
from edgeline.finetuning.augment import POLICIES, jitter, policy, radiograph, sensor

IMAGES = torch.linspace(-1, 2, 4 * 3 * 10 * 10).reshape(4, 3, 10, 10)
SERIES = torch.randn(5, 20, 3, generator=torch.Generator().manual_seed(0))
ROWS = torch.randn(5, 7, generator=torch.Generator().manual_seed(0))


def draw(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    ("name", "inputs"),
    [("pen", IMAGES), ("radiograph", IMAGES), ("sensor", SERIES), ("sensor", ROWS)],
)
def test_policy_follows_its_generator_alone(name, inputs):
    move = policy(name, 1.0)
    moved = move(inputs, draw())

    assert torch.equal(moved, move(inputs, draw()))
    assert not torch.equal(moved, move(inputs, draw(1)))
    assert moved.shape == inputs.shape
    assert moved.dtype == torch.float32


@pytest.mark.parametrize("name", POLICIES)
def test_no_strength_changes_nothing_and_draws_nothing(name):
    inputs = SERIES if name == "sensor" else IMAGES
    generator = draw()
    before = generator.get_state()

    assert policy(name, 0)(inputs, generator) is inputs
    assert torch.equal(generator.get_state(), before)


def test_policy_none_leaves_every_kind_alone():
    move = policy("none", 1.0)

    assert all(move(inputs, draw()) is inputs for inputs in (IMAGES, SERIES, ROWS))


def test_pen_is_the_jitter_of_images():
    assert torch.equal(policy("pen", 0.5)(IMAGES, draw()), jitter(IMAGES, 0.5, draw()))


@pytest.mark.parametrize(
    ("name", "inputs"), [("pen", SERIES), ("radiograph", ROWS), ("sensor", IMAGES)]
)
def test_policy_for_another_kind_is_refused(name, inputs):
    with pytest.raises(RecipeError, match=r"data\.augmentation"):
        policy(name, 1.0)(inputs, draw())


def test_unknown_policy_names_those_that_exist():
    with pytest.raises(RecipeError, match="pen, radiograph, sensor, none; found 'blur'"):
        policy("blur", 1.0)


def test_radiograph_mirrors_about_half_of_the_images():
    # Bright on the left: mirrored, the right is brighter.
    images = torch.zeros(400, 1, 8, 8)
    images[..., :4] = 1
    moved = radiograph(images, 0.01, draw())
    mirrored = moved[..., 4:].mean((1, 2, 3)) > moved[..., :4].mean((1, 2, 3))

    assert 160 < int(mirrored.sum()) < 240


def test_radiograph_keeps_a_flat_image_flat():
    flat = torch.full((4, 1, 10, 10), -0.42)

    assert torch.allclose(radiograph(flat, 1.0, draw()), flat, atol=1e-5)


def test_unknown_past_of_a_series_stays_zero():
    series = SERIES.clone()
    series[1, :6] = 0
    moved = sensor(series, 1.0, draw())

    assert torch.equal(moved[1, :6], torch.zeros(6, 3))
    assert (moved[1, 6:] != 0).all()
    assert (moved[0] != 0).all()


def test_series_keeps_its_ends_where_they_are():
    # A ramp is read faster in one half and slower in the other, never backwards.
    ramp = torch.arange(1.0, 41).reshape(1, 40, 1).repeat(50, 1, 1)
    from edgeline.finetuning.augment import _warp

    warped = _warp(ramp, torch.ones(50, 40, dtype=torch.bool), 3.0, draw())

    assert torch.allclose(warped[:, 0], ramp[:, 0])
    assert torch.allclose(warped[:, -1], ramp[:, -1])
    assert (warped.diff(dim=1) >= 0).all()
    assert not torch.allclose(warped, ramp, atol=0.5)


def test_series_of_one_known_step_survives():
    series = torch.zeros(2, 4, 1)
    series[:, -1] = 1

    assert torch.isfinite(sensor(series, 1.0, draw())).all()


def test_spread_of_a_table_is_noise_and_gain():
    rows = torch.ones(4000, 5)
    moved = sensor(rows, 1.0, draw())

    # Gain and noise of 0.1 each, so 0.1 times the root of two.
    assert moved.std().item() == pytest.approx(0.1 * np.sqrt(2), rel=0.05)
    assert moved.mean().item() == pytest.approx(1, abs=0.01)
