"""A training that was killed goes on where it stood, and ends with the same bits.

After each epoch everything that changes is in one safetensors file. Its name holds the beginning of
the training's cache key and the SHA-256 of its bytes. The file is written whole before older ones are
removed. Nothing is pickled. A file that is damaged, or that belongs to other data, settings or first
weights, is ignored.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load as tensors_from
from safetensors.torch import save as bytes_of
from torch import Tensor, nn
from torch.optim import Optimizer

from edgeline.digest import sha256_bytes
from edgeline.files import write_atomically
from edgeline.models.checkpoint import METADATA_KEY, below, metadata


@dataclass
class TrainState:
    """All that changes while a network learns."""

    network: nn.Module
    optimiser: Optimizer
    generator: torch.Generator
    best: dict[str, Tensor] = field(default_factory=dict)
    """Weights of the epoch that is kept, where one is."""
    curve: list[dict[str, Any]] = field(default_factory=list)
    """Every epoch so far, as plain numbers."""


def save(folder: Path, cache_key: str, state: TrainState) -> None:
    """Write the state, whole or not at all; `cache_key` is the digest of all it depends on."""
    data = bytes_of(_tensors(state), metadata={METADATA_KEY: json.dumps({"curve": state.curve})})
    path = folder / f"{_prefix(cache_key)}{sha256_bytes(data)}.safetensors"
    write_atomically(path, data)
    remove(folder, cache_key, keep=path)


def load(folder: Path, cache_key: str, state: TrainState) -> None:
    """Bring the state to the last epoch that was saved under the same key; without one it stays."""
    paths = folder.glob(f"{_prefix(cache_key)}*.safetensors")
    intact = [data for path in paths if path.stem.endswith(sha256_bytes(data := path.read_bytes()))]
    if not intact:
        return
    data = max(intact, key=lambda data: len(metadata(data)["curve"]))
    tensors = tensors_from(data)
    state.network.load_state_dict(below(tensors, "network/"))
    _restore_optimiser(state.optimiser, tensors)
    state.generator.set_state(tensors["generator"])
    state.best, state.curve = below(tensors, "best/"), metadata(data)["curve"]


def remove(folder: Path, cache_key: str, keep: Path | None = None) -> None:
    """Delete the files of this training, and what was not yet written whole, except one."""
    for path in folder.glob(f"*{_prefix(cache_key)}*"):
        if path != keep:
            path.unlink(missing_ok=True)


def _tensors(state: TrainState) -> dict[str, Tensor]:
    tensors = {f"network/{name}": value for name, value in state.network.state_dict().items()}
    tensors |= {f"best/{name}": value for name, value in state.best.items()}
    for number, weight in enumerate(_weights(state.optimiser)):
        moments = state.optimiser.state[weight]
        tensors |= {f"optimiser/{number}/{key}": value for key, value in moments.items()}
    on_cpu = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    return {**on_cpu, "generator": state.generator.get_state()}


def _restore_optimiser(optimiser: Optimizer, tensors: dict[str, Tensor]) -> None:
    for number, weight in enumerate(_weights(optimiser)):
        for key, value in below(tensors, f"optimiser/{number}/").items():
            # In the weight's memory layout: the fused kernels walk both in the order of memory.
            moment = torch.empty_like(weight) if value.shape == weight.shape else value.clone()
            optimiser.state[weight][key] = moment.copy_(value).detach()


def _weights(optimiser: Optimizer) -> list[Tensor]:
    return [weight for group in optimiser.param_groups for weight in group["params"]]


def _prefix(cache_key: str) -> str:
    """Trainings that share a folder do not touch each other's files."""
    return f"training-{cache_key[:16]}-"
