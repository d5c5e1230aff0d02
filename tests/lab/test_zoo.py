"""What every architecture of the table has in common."""

import pytest
import torch
from torch import nn

from edgeline.errors import EnvironmentUnfit, RecipeError
from edgeline.models import zoo
from edgeline.models.checkpoint import Checkpoint, ModelSpec
from edgeline.preprocess import Preprocessing

SHAPES = {3: (3, 16, 12), 2: (9, 3), 1: (5,)}
NO_MATTER = Preprocessing("table", (1,), (0.0,), (1.0,))


def spec(name: str) -> ModelSpec:
    return zoo.spec(name, SHAPES[zoo.ARCHITECTURES[name].sides], classes=4)


@pytest.mark.parametrize("name", zoo.ARCHITECTURES)
def test_each_gives_a_logit_per_class_and_names_its_head(name):
    network = zoo.build(spec(name), seed=0).eval()

    assert network(torch.zeros(2, *spec(name).shape)).shape == (2, 4)
    assert network.get_submodule(zoo.head(network)).out_features == 4


@pytest.mark.parametrize("name", zoo.ARCHITECTURES)
def test_each_is_made_by_its_seed_alone(name):
    before = torch.get_rng_state()
    states = [zoo.build(spec(name), seed).state_dict() for seed in (7, 7, 8)]

    assert torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(states[0][one], states[1][one]) for one in states[0])
    assert any(not torch.equal(states[0][one], states[2][one]) for one in states[0])
    assert all(torch.isfinite(tensor).all() for tensor in states[0].values())


@pytest.mark.parametrize("name", zoo.ARCHITECTURES)
def test_each_answers_the_same_when_restored(name):
    network = zoo.build(spec(name), seed=3).eval()
    again = zoo.restore(Checkpoint(spec(name), NO_MATTER, network.state_dict())).eval()
    inputs = torch.randn(3, *spec(name).shape, generator=torch.Generator().manual_seed(0))

    assert torch.equal(network(inputs), again(inputs))
    # its weights are its own
    nn.init.zeros_(next(again.parameters()))
    assert next(network.parameters()).abs().sum() > 0


@pytest.mark.parametrize("name", ["resnet20", "mobilenet", "cnn1d"])
def test_norms_begin_as_the_identity(name):
    norms = [
        module
        for module in zoo.build(spec(name), seed=0).modules()
        if isinstance(module, nn.modules.batchnorm._BatchNorm)
    ]

    assert norms
    assert all((norm.weight == 1).all() and (norm.bias == 0).all() for norm in norms)
    assert all((norm.running_mean == 0).all() and (norm.running_var == 1).all() for norm in norms)


def test_no_widths_are_the_kinds_own():
    assert zoo.spec("resnet20", (3, 32, 32), 10).widths == (16, 32, 64)
    assert zoo.spec("mlp", (30,), 2, (5, 4, 3)).widths == (5, 4, 3)
    assert zoo.count_weights(ModelSpec("mlp", (30,), 2, ())) == 30 * 64 + 64 + 64 * 32 + 32 + 66


def test_an_architecture_for_other_data_names_those_that_fit():
    with pytest.raises(RecipeError, match=r"\[29, 12\]: cnn1d, gru, lstm, rnn; found cnn"):
        zoo.spec("cnn", (29, 12), 9)
    with pytest.raises(RecipeError, match=r"\[30\]: mlp; found gru"):
        zoo.spec("gru", (30,), 2)
    with pytest.raises(RecipeError, match=r"\[1, 6, 6\]: cnn, resnet20, resnet56; .* 8 pixels"):
        zoo.spec("mobilenet", (1, 6, 6), 2)
    with pytest.raises(RecipeError, match="there is none"):
        zoo.spec("cnn", (1, 2, 2), 2)


def test_mlp_of_ones_gives_a_sum_by_hand():
    network = zoo.build(zoo.spec("mlp", (2,), 1, (2, 1)), seed=0)
    for name, parameter in network.named_parameters():
        nn.init.constant_(parameter, 1.0 if name.endswith("weight") else 0.5)

    # 1 + 2 + 0.5 twice; their sum and 0.5; that and 0.5 again
    assert network(torch.tensor([[1.0, 2.0]])).item() == 8.0


def test_timm_is_asked_for_only_when_its_nets_are():
    with pytest.raises((EnvironmentUnfit, RecipeError), match=r"edgeline\[hub\]|timm has as"):
        zoo.build(ModelSpec("timm/no_such_network", (3, 32, 32), 10, ()), seed=0)
