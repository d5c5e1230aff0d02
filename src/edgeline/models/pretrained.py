"""Weights that others have trained, loaded into a network of ours.

Tensors are matched by name. Two may differ: the first layer, where the images of the task have
another number of channels, and the head, where the classes are others.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from edgeline.errors import RecipeError
from edgeline.models import hub, timm_nets, zoo
from edgeline.models.checkpoint import ModelSpec
from edgeline.models.foreign import FLOATS, dtype_name, open_weights, readable, require_plain
from edgeline.models.wrappers import Unwrapped, unwrap

LEAST_SHARE = 0.8
"""Least share of matching names of network and file, heads aside; below it the file is refused."""

# Batch norms count batches. Nothing reads the count, and many files lack it.
COUNTERS = "num_batches_tracked"
SHOWN = 2
"""How many names that do not match an error tells."""


@dataclass(frozen=True)
class LoadReport:
    """What was done with each tensor; names are those of `state_dict`."""

    source: str
    sha256: str
    """Of the file."""
    spec: ModelSpec
    """What the weights are for: the spec asked for, but for timm:NAME timm's network."""
    matched: tuple[str, ...]
    adapted: tuple[str, ...]
    """First layer, for another number of channels."""
    fresh: tuple[str, ...]
    """Not in the file, or of another shape there: from the seed."""
    unused: tuple[str, ...]
    """In the file alone, or of another shape in the net."""
    share: float
    """Names taken over, of those of net and file together, heads aside."""


def load_weights(
    source: str, spec: ModelSpec, *, seed: int
) -> tuple[dict[str, Tensor], LoadReport]:
    """The state for a network of `spec` from a .safetensors file (a checkpoint of ours or another),
    `hub:OWNER/NAME[@REVISION]`, or `timm:NAME`, whose architecture then is "timm/NAME".

    Weights that the file lacks are drawn from `seed`, as in `zoo.build`.

    Raises:
        RecipeError: not safetensors, weights of another network, or no such model on the hub.
        Tampered: the name is a digest that the bytes do not have.
        EnvironmentUnfit: a package or the network is missing for hub: or timm:.
    """
    path, spec = _fetch(source, spec)
    tensors, digest = open_weights(path)
    network = zoo.build(spec, seed)
    shown = source if source.startswith(("timm:", "hub:")) else path.name
    found = unwrap(tensors, network.state_dict())
    require_plain(shown, found.tensors, network.state_dict())
    state, matched, adapted, fresh = _fill(network, found.tensors)
    used = {*matched, *adapted}
    unused = (*(name for name in found.tensors if name not in used), *found.beside)
    share = _share({*state}, {*found.tensors, *found.beside}, used, zoo.head(network))
    if share < LEAST_SHARE:
        raise RecipeError(
            expected=f"weights for {spec.architecture} of widths {list(spec.widths)}",
            found=f"{shown}, in which {share:.0%} of the tensors' names match"
            + _explain(found, fresh, unused),
            remedy="save the weights of this network alone"
            if found.rivals
            else "set pretrained.architecture and pretrained.widths to those of the weights",
        )
    return state, LoadReport(shown, digest, spec, matched, adapted, fresh, unused, share)


def _explain(found: Unwrapped, fresh: tuple[str, ...], unused: tuple[str, ...]) -> str:
    """What of the file does not fit, in some words."""
    if found.rivals:
        prefixes = (readable(one) or "no prefix" for one in found.rivals[:SHOWN])
        return f", and once more under {', '.join(prefixes)}"
    odd = [
        f"{readable(name)} as {dtype_name(tensor)}"
        for name, tensor in found.tensors.items()
        if tensor.dtype not in (*FLOATS, torch.int64, torch.bool)
    ]
    told = {
        "only in the network": [*map(readable, fresh)],
        "only in the file": [*map(readable, unused)],
        "perhaps quantised": odd,
    }
    return "".join(f"; {what}: {', '.join(names[:SHOWN])}" for what, names in told.items() if names)


def _fetch(source: str, spec: ModelSpec) -> tuple[Path, ModelSpec]:
    if source.startswith("timm:"):
        name = source.removeprefix("timm:")
        net = ModelSpec(timm_nets.PREFIX + name, spec.shape, spec.classes, ())
        return hub.download(timm_nets.hub_name(name)), net
    if source.startswith("hub:"):
        return hub.download(source.removeprefix("hub:")), spec
    return Path(source), spec


def _fill(
    network: nn.Module, tensors: dict[str, Tensor]
) -> tuple[dict[str, Tensor], tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The network's state with all that `given` has for it; names matched, adapted and fresh."""
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    first = next(name for name, weight in network.named_parameters() if weight.ndim > 1)
    matched, adapted, fresh = [], [], []
    for name, own in state.items():
        loaded = tensors.get(name)
        if loaded is not None and loaded.shape == own.shape:
            state[name] = loaded.to(own.dtype)
            matched.append(name)
        elif loaded is not None and name == first and _channels_differ(loaded, own):
            state[name] = _adapt(loaded, own.shape[1])
            adapted.append(name)
        elif not name.endswith(COUNTERS):
            fresh.append(name)
    return state, tuple(matched), tuple(adapted), tuple(fresh)


def _share(own: set[str], tensors: set[str], used: set[str], head: str) -> float:
    """Of the names of both together, those that were taken over."""
    both = {
        name
        for name in own | tensors
        if not name.endswith(COUNTERS) and name not in {f"{head}.weight", f"{head}.bias"}
    }
    return len(both & used) / max(1, len(both))


def _channels_differ(loaded: Tensor, own: Tensor) -> bool:
    if loaded.ndim != 4 or own.ndim != 4 or {loaded.shape[1], own.shape[1]} != {1, 3}:
        return False
    return loaded.shape[:1] == own.shape[:1] and loaded.shape[2:] == own.shape[2:]


def _adapt(weight_OIHW: Tensor, channels: int) -> Tensor:
    """For grey images the sum over the channels, since all three would have the same value; for colour
    images a third for each channel.
    """
    if channels == 1:
        return weight_OIHW.sum(dim=1, keepdim=True)
    return torch.cat([weight_OIHW / channels] * channels, dim=1)
