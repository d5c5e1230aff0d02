"""Weights as other programs save them: wrapped, quantised, or of another network."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from edgeline.errors import RecipeError
from edgeline.models import zoo
from edgeline.models.foreign import require_plain
from edgeline.models.pretrained import load_weights
from tests.lab.test_pretrained import COLOUR


def saved(folder: Path, state: dict[str, torch.Tensor]) -> str:
    path = folder / "net.safetensors"
    save_file({name: one.detach().clone().contiguous() for name, one in state.items()}, path)
    return str(path)


def taught() -> torch.nn.Module:
    return zoo.build(COLOUR, seed=5)


def averaged() -> dict[str, torch.Tensor]:
    return torch.optim.swa_utils.AveragedModel(taught()).state_dict()


def sharded() -> dict[str, torch.Tensor]:
    """Prefixes at several depths, as FSDP and activation checkpoints leave them."""
    return {
        name.replace("layer1.", "layer1._fsdp_wrapped_module._checkpoint_wrapped_module."): one
        for name, one in taught().state_dict().items()
    }


def regionally_compiled() -> dict[str, torch.Tensor]:
    network = taught()
    network.layer2 = torch.compile(network.layer2)
    return network.state_dict()


def prefixed(prefix: str, **beside: torch.Tensor) -> dict[str, torch.Tensor]:
    state = {f"{prefix}{name}": one for name, one in taught().state_dict().items()}
    return state | {name.replace("__", "."): one for name, one in beside.items()}


WRAPPED = {
    "torch.compile": lambda: torch.compile(taught()).state_dict(),
    "compiled in part": regionally_compiled,
    "compiled inside of DDP": lambda: prefixed("module._orig_mod."),
    "an average of weights": averaged,
    "FSDP": sharded,
    "Lightning": lambda: prefixed("model.", criterion__weight=torch.ones(3)),
    "a name of one's own": lambda: prefixed("student.trunk.", temperature=torch.ones(1)),
    "a name of the network's beside": lambda: prefixed("net.", linear__bias=torch.full((10,), 9.0)),
}


@pytest.mark.parametrize("state", WRAPPED.values(), ids=WRAPPED)
def test_what_a_training_program_wraps_a_network_in_is_dropped(tmp_path, state):
    loaded_state, loaded = load_weights(saved(tmp_path, state()), COLOUR, seed=0)

    theirs = taught().state_dict()
    assert all(torch.equal(loaded_state[name], theirs[name]) for name in theirs)
    assert loaded.fresh == ()
    assert loaded.share > 0.98


def test_what_lies_beside_the_network_is_told(tmp_path):
    path = saved(tmp_path, prefixed("model.", criterion__weight=torch.ones(3)))

    assert load_weights(path, COLOUR, seed=0)[1].unused == ("criterion.weight",)


def test_two_copies_of_the_network_in_one_file_are_a_question(tmp_path):
    both = prefixed("model.") | {
        f"ema_model.{name}": 2 * one for name, one in taught().state_dict().items()
    }

    with pytest.raises(RecipeError, match=r"once more under ema_model\.; save the weights of this"):
        load_weights(saved(tmp_path, both), COLOUR, seed=0)


def test_a_file_for_another_network_tells_some_names_that_differ(tmp_path):
    weights = zoo.build(zoo.spec("mobilenet", (3, 16, 16), 10, (4, 8)), 0).state_dict()

    with pytest.raises(
        RecipeError, match=r"only in the network: conv1\.weight, .*; only in the file: "
    ) as refused:
        load_weights(saved(tmp_path, weights | {"a\n\u202eb": torch.ones(1)}), COLOUR, seed=0)
    assert "\n" not in str(refused.value)
    assert "\u202e" not in str(refused.value)


def quantised(dtype: torch.dtype, most: float, scale: str) -> dict[str, torch.Tensor]:
    """Every matrix divided by a scale of its own, as quantisers store them."""
    state: dict[str, torch.Tensor] = {}
    for name, weight in taught().state_dict().items():
        if weight.ndim > 1:
            factor = weight.abs().max() / most
            state[name + scale] = factor.reshape(1)
            weight = weight / factor if dtype.is_floating_point else (weight / factor).round()
        state[name] = weight.to(dtype) if weight.ndim > 1 else weight
    return state


QUANTISED = {
    "int8": lambda: quantised(torch.int8, 127, "_scale"),
    "fp8": lambda: quantised(torch.float8_e4m3fn, 448, "_scale_inv"),
    "fp8 with a wide range": lambda: quantised(torch.float8_e5m2, 57344, ".scale"),
    "integers as halves": lambda: quantised(torch.float16, 127, "_scale"),
    "as quanto names them": lambda: quantised(torch.bfloat16, 127, "._scale"),
    "int8 alone": lambda: {
        name: one for name, one in QUANTISED["int8"]().items() if not name.endswith("_scale")
    },
    "wrapped": lambda: {f"model.{name}": one for name, one in QUANTISED["int8"]().items()},
    "one bias": lambda: taught().state_dict() | {"bn1.bias": torch.ones(2, dtype=torch.int32)},
}


@pytest.mark.parametrize("state", QUANTISED.values(), ids=QUANTISED)
def test_quantised_weights_are_never_taken_for_plain_numbers(tmp_path, state):
    with pytest.raises(RecipeError, match=r"(conv1\.weight|bn1\.bias) as .*: quantised weights"):
        load_weights(saved(tmp_path, state()), COLOUR, seed=0)


def test_packed_weights_are_told_as_what_they_may_be(tmp_path):
    """Several numbers in one: the names are others, too."""
    packed = {
        name.replace(".weight", ".qweight"): one.to(torch.int32) if one.ndim > 1 else one
        for name, one in taught().state_dict().items()
    }

    with pytest.raises(RecipeError, match=r"perhaps quantised: conv1\.qweight as int32"):
        load_weights(saved(tmp_path, packed), COLOUR, seed=0)


def test_a_learned_scale_of_the_network_is_no_sign_of_quantisation(tmp_path):
    """The name of a scale counts only where the network has none of that name."""
    own = {"gamma": torch.ones(2), "gamma_scale": torch.ones(1)}
    require_plain("a file", own, own)

    with pytest.raises(RecipeError, match="gamma as float32, with gamma_scale beside it"):
        require_plain("a file", own, {"gamma": torch.ones(2)})
