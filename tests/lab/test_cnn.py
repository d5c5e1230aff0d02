"""The article's network: its size, its arithmetic and its seeded beginning."""

import pytest
import torch

from edgeline.errors import RecipeError
from edgeline.models.checkpoint import ModelSpec
from edgeline.models.zoo import build, count_weights


def spec(**changes: object) -> ModelSpec:
    usual = {"architecture": "cnn", "shape": (1, 28, 28), "classes": 10, "widths": (2, 3, 4)}
    return ModelSpec(**{**usual, **changes})


def test_widths_give_the_articles_weight_counts():
    # 3*3*1*64+64, 3*3*64*128+128, 7*7*128*256+256, 256*10+10
    assert count_weights(spec(widths=(64, 128, 256))) == 640 + 73_856 + 1_605_888 + 2_570
    assert count_weights(spec(widths=(16, 32, 64))) == 105_866


@pytest.mark.parametrize(
    ("shape", "classes"), [((1, 28, 28), 10), ((3, 32, 24), 6), ((1, 29, 4), 2)]
)
def test_any_image_gives_one_logit_per_class(shape, classes):
    network = build(spec(shape=shape, classes=classes), seed=0)

    assert network(torch.zeros(5, *shape)).shape == (5, classes)


def test_all_ones_give_a_sum_by_hand():
    network = build(spec(shape=(1, 4, 4), classes=1, widths=(1, 1, 1)), seed=0)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.fill_(1.0 if name.endswith("weight") else 0.0)

    # Every 2x2 window holds an inner pixel with 9 ones under the kernel, so pooling gives four
    # nines; the second convolution sums all four, and both linear layers pass the 36 on.
    assert network(torch.ones(1, 1, 4, 4)).item() == 36.0


def test_same_seed_builds_the_same_weights():
    states = [build(spec(), seed).state_dict() for seed in (7, 7, 8)]

    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert not torch.equal(states[0]["conv1.weight"], states[2]["conv1.weight"])


def test_building_leaves_global_randomness_alone():
    before = torch.get_rng_state()
    build(spec(), seed=0)

    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("widths", [(2, 3), (0, 3, 4), (2, 3, 4, 5)])
def test_impossible_widths_say_what_to_set(widths):
    with pytest.raises(RecipeError, match=r"3 positive widths .*\[64, 128, 256\]"):
        build(spec(widths=widths), seed=0)


def test_image_of_three_pixels_is_too_small():
    with pytest.raises(RecipeError, match="at least 4 pixels a side"):
        build(spec(shape=(1, 28, 3)), seed=0)
