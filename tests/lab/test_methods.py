"""What of a network learns, and that low-rank additions become weights exactly."""

import numpy as np
import pytest
import torch
from torch import nn

from edgeline.finetuning.loop import Examples, TrainReport, train
from edgeline.finetuning.losses import objective
from edgeline.finetuning.methods import choose, merge, train_mode
from edgeline.models import zoo
from edgeline.recipe.finetune import Finetune

SETTINGS = Finetune(epochs=2, batch_size=8, learning_rate=0.05, augment=0)
SHAPES = {
    "cnn": (1, 8, 8),
    "resnet20": (1, 8, 8),
    "mobilenet": (1, 8, 8),
    "cnn1d": (12, 2),
    "gru": (6, 2),
    "lstm": (6, 2),
    "mlp": (5,),
}


def network(architecture: str) -> nn.Module:
    return zoo.build(zoo.spec(architecture, SHAPES[architecture], 2), 0)


def examples(architecture: str, count: int = 16) -> Examples:
    draw = np.random.default_rng(0)
    inputs = draw.standard_normal((count, *SHAPES[architecture])).astype(np.float32)
    return Examples(inputs, np.arange(count, dtype=np.int64) % 2)


def tuning(method: str) -> Finetune:
    return SETTINGS.model_copy(update={"method": method, "rank": 2})


def fit(network: nn.Module, rows: Examples) -> tuple[nn.Module, TrainReport]:
    return train(network, rows, SETTINGS, objective(SETTINGS, rows.labels), augmentation="none")


def learned(architecture: str, method: str) -> tuple[nn.Module, nn.Module, set[str]]:
    """Before, after, and the names of what is no longer the same."""
    before, after = network(architecture), network(architecture)
    choose(after, tuning(method))
    after, _ = fit(after, examples(architecture))
    state = merge(after).state_dict()
    changed = {
        name for name, value in before.state_dict().items() if not torch.equal(value, state[name])
    }
    return before, after, changed


def test_probe_changes_the_last_layer_alone():
    _, _, changed = learned("resnet20", "probe")

    assert changed == {"linear.weight", "linear.bias"}


def test_bias_leaves_every_convolution_as_it_was():
    before, _, changed = learned("resnet20", "bias")
    convolutions = {name for name, weight in before.named_parameters() if weight.ndim == 4}

    assert not changed & convolutions
    assert {"bn1.weight", "bn1.bias", "bn1.running_mean", "linear.weight"} <= changed


def test_bias_reaches_the_biases_of_a_recurrent_layer():
    before, _, changed = learned("gru", "bias")
    biases = {name for name, weight in before.named_parameters() if ".bias" in name}

    assert biases <= changed


@pytest.mark.parametrize("architecture", SHAPES)
def test_additions_begin_at_nothing_and_merge_exactly(architecture):
    inputs = torch.from_numpy(examples(architecture).inputs)
    plain, added = network(architecture).eval(), network(architecture)
    choose(added, tuning("lora"))
    torch.testing.assert_close(added.eval()(inputs), plain(inputs))

    added, _ = fit(added, examples(architecture))
    before = {
        name: module.weight.detach().clone()
        for name, module in added.named_modules()
        if isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d)
    }
    answered = added(inputs)
    merged = merge(added)

    assert set(merged.state_dict()) == set(plain.state_dict())
    assert all(torch.equal(merged.get_submodule(name).weight, before[name]) for name in before)
    torch.testing.assert_close(merged(inputs), answered, rtol=0, atol=1e-5)
    assert not torch.allclose(answered, plain(inputs))


def test_depthwise_convolutions_learn_too():
    before, _, changed = learned("mobilenet", "lora")
    depthwise = {
        f"{name}.weight"
        for name, module in before.named_modules()
        if isinstance(module, nn.Conv2d) and module.groups > 1
    }

    assert depthwise
    assert depthwise <= changed


def test_addition_has_the_rank_it_was_given():
    before, after, _ = learned("cnn", "lora")
    difference = (after.conv2.weight - before.conv2.weight).detach().reshape(128, -1)

    assert torch.linalg.matrix_rank(difference, rtol=1e-4) == 2


@pytest.mark.parametrize("architecture", ["gru", "lstm"])
def test_recurrent_layers_are_left_alone_and_named(architecture):
    layers = network(architecture)
    report = choose(layers, tuning("lora"))

    assert len(report.untouched) == 1
    assert isinstance(layers.get_submodule(report.untouched[0]), nn.RNNBase)


def test_report_counts_what_learns():
    # The article's widths on 8 x 8 pixels and two classes.
    weights = (64 * 9 + 64) + (128 * 64 * 9 + 128) + (256 * 128 * 4 + 256) + (2 * 256 + 2)
    full = choose(network("cnn"), tuning("full"))
    probe = choose(network("cnn"), tuning("probe"))
    lora = choose(network("cnn"), tuning("lora"))

    assert (full.weights, full.trained, full.share) == (weights, weights, 1.0)
    assert (probe.weights, probe.trained) == (weights, 514)
    # Rank 2: two numbers for each output and each input of a layer, and the last layer whole.
    assert lora.trained == 2 * (64 + 9) + 2 * (128 + 576) + 2 * (256 + 512) + 514
    assert lora.weights == weights


def test_held_norms_keep_their_statistics():
    held = network("resnet20")
    choose(held, tuning("probe"))
    whole = network("resnet20")
    choose(whole, tuning("full"))

    assert not any(m.training for m in train_mode(held).modules() if isinstance(m, nn.BatchNorm2d))
    assert all(m.training for m in train_mode(whole).modules() if isinstance(m, nn.BatchNorm2d))
