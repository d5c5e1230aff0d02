"""A training that was killed goes on where it stood, and ends with the same bits.

After each epoch everything that changes lies in one safetensors file, named by what the training
follows from and by the SHA-256 of its bytes: written beside, brought to the disk, renamed, and only
then are older ones removed. Nothing is pickled. A file that is damaged, or that belongs to other
data, settings or first weights, is as if it were not there.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_from
from safetensors.torch import save as bytes_of
from torch import Tensor, nn
from torch.optim import Optimizer

from edgeline.digest import sha256_bytes
from edgeline.files import PARTIAL, write_atomically
from edgeline.models.checkpoint import METADATA_KEY, metadata

SUFFIX = ".safetensors"


@dataclass
class Learner:
    """All that changes while a network learns."""

    network: nn.Module
    optimiser: Optimizer
    generator: torch.Generator
    best: dict[str, Tensor] = field(default_factory=dict)
    """Weights of the epoch that is kept, where one is."""
    curve: list[dict[str, Any]] = field(default_factory=list)
    """Every epoch so far, as plain numbers."""


def save(folder: Path, follows: str, learner: Learner) -> None:
    """Write the learner's state, whole or not at all; `follows` is the digest of all it came from."""
    described = json.dumps({"follows": follows, "curve": learner.curve})
    data = bytes_of(_tensors(learner), metadata={METADATA_KEY: described})
    path = folder / f"{_prefix(follows)}{sha256_bytes(data)}{SUFFIX}"
    write_atomically(path, data)
    forget(folder, follows, but=path)


def load(folder: Path, follows: str, learner: Learner) -> None:
    """Bring the learner to the last epoch that was written and follows from the same; else nothing."""
    known = [found for path in _files(folder, follows) if (found := _read(path, follows))]
    if not known:
        return
    curve, tensors = max(known, key=lambda found: len(found[0]))
    learner.network.load_state_dict(_part(tensors, "network"))
    _restore_optimiser(learner.optimiser, tensors)
    learner.generator.set_state(tensors["generator"])
    learner.best, learner.curve = _part(tensors, "best"), curve


def forget(folder: Path, follows: str, but: Path | None = None) -> None:
    """Remove what was written of this training, save one file."""
    for path in [*_files(folder, follows), *folder.glob(f".{_prefix(follows)}*{PARTIAL}")]:
        if path != but:
            path.unlink(missing_ok=True)


def _tensors(learner: Learner) -> dict[str, Tensor]:
    named = {f"network/{name}": value for name, value in learner.network.state_dict().items()}
    named |= {f"best/{name}": value for name, value in learner.best.items()}
    for number, weight in enumerate(_weights(learner.optimiser)):
        state = learner.optimiser.state[weight]
        named |= {f"optimiser/{number}/{key}": value for key, value in state.items()}
    plain = {name: value.detach().cpu().contiguous() for name, value in named.items()}
    return {**plain, "generator": learner.generator.get_state()}


def _restore_optimiser(optimiser: Optimizer, tensors: dict[str, Tensor]) -> None:
    for number, weight in enumerate(_weights(optimiser)):
        for key, value in _part(tensors, f"optimiser/{number}").items():
            # Laid out as the weight is: the fused kernels walk both in the order of memory.
            kept = torch.empty_like(weight) if value.shape == weight.shape else value.clone()
            optimiser.state[weight][key] = kept.copy_(value).detach()


def _weights(optimiser: Optimizer) -> list[Tensor]:
    return [weight for group in optimiser.param_groups for weight in group["params"]]


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    start = f"{prefix}/"
    return {
        name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)
    }


def _read(path: Path, follows: str) -> tuple[list[dict[str, Any]], dict[str, Tensor]] | None:
    """Curve and tensors of a file whose bytes have its name, if it follows from the same."""
    data = path.read_bytes()
    if not path.stem.endswith(sha256_bytes(data)):
        return None
    try:
        described = metadata(data)
        return (described["curve"], tensors_from(data)) if described["follows"] == follows else None
    except (SafetensorError, ValueError, KeyError, TypeError):
        return None


def _files(folder: Path, follows: str) -> list[Path]:
    return sorted(folder.glob(f"{_prefix(follows)}*{SUFFIX}"))


def _prefix(follows: str) -> str:
    """Trainings that share a folder do not touch each other's files."""
    return f"training-{follows[:16]}-"
