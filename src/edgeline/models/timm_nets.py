"""Networks of the timm collection, rebuilt by timm itself: architecture "timm/NAME".

timm is optional (`pip install edgeline[hub]`) and imported where it is used.
"""

from functools import partial
from types import ModuleType

import torch
from torch import nn

from edgeline.errors import EnvironmentUnfit, RecipeError
from edgeline.models.checkpoint import ModelSpec

PREFIX = "timm/"


def is_timm(spec: ModelSpec) -> bool:
    """Whether the spec is for one of timm's."""
    return spec.architecture.startswith(PREFIX)


def build(spec: ModelSpec, seed: int) -> nn.Module:
    """A network with timm's own first weights, which depend on `spec` and `seed` alone.

    Raises:
        EnvironmentUnfit: timm is not installed.
        RecipeError: timm has no network of that name, or not for these images.
    """
    timm, name = _timm(), spec.architecture.removeprefix(PREFIX)
    if not timm.is_model(name):
        raise _no_such(name, "no network of that name")
    channels, *size = spec.shape
    create = partial(
        timm.create_model, name, pretrained=False, in_chans=channels, num_classes=spec.classes
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            # Transformers are made for one size; convolutional networks have no such argument.
            network = create(img_size=tuple(size))
        except TypeError:
            network = create()
        except (AssertionError, RuntimeError, ValueError) as error:
            raise _no_such(name, f"none for images {list(spec.shape)}: {error}") from error
    assert isinstance(network, nn.Module)
    return network


def hub_name(name: str) -> str:
    """OWNER/NAME of the hub where the weights of timm's NAME lie.

    Raises:
        EnvironmentUnfit: timm is not installed.
        RecipeError: timm has no network of that name, or no weights for it.
    """
    timm = _timm()
    known = timm.is_model(name)
    config = timm.get_pretrained_cfg(name, allow_unregistered=False) if known else None
    if config is None or not config.hf_hub_id:
        raise _no_such(name, "no weights of that name on its hub")
    return str(config.hf_hub_id)


def _timm() -> ModuleType:
    try:
        import timm
    # A torchvision made for another torch fails with a RuntimeError.
    except (ImportError, RuntimeError) as error:
        raise EnvironmentUnfit(
            expected="the package timm, for networks of its collection",
            found=f"{type(error).__name__}: {error}",
            remedy="install it with `pip install edgeline[hub]`, and the torchvision that fits this torch",
        ) from error
    module: ModuleType = timm
    return module


def _no_such(name: str, found: str) -> RecipeError:
    return RecipeError(
        expected=f"a network {name!r} of timm",
        found=" ".join(found.split()),
        remedy="choose one of timm.list_models(pretrained=True)",
    )
