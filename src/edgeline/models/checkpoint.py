"""A network that can learn: its weights, the spec that rebuilds it, and its preprocessing.

One safetensors file, named by the SHA-256 of its bytes. Nothing is pickled, so that no code runs when
a file is opened.
"""

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load as tensors_from
from safetensors.torch import save as bytes_of

from edgeline.digest import JsonValue, canonical_json, sha256_bytes
from edgeline.errors import EdgelineError, Tampered
from edgeline.files import write_atomically
from edgeline.preprocess import Preprocessing

# A single key: safetensors writes several in any order, and the bytes would differ.
METADATA_KEY = "edgeline"
# Before the name of each tensor of an algorithm's state; PyTorch puts no slash into names of weights.
ALGORITHM_STATE = "algorithm_state/"
DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class ModelSpec:
    """What `models.zoo.build` needs to make the network again."""

    architecture: str
    """A name in `models.zoo.ARCHITECTURES`."""
    shape: tuple[int, ...]
    """Of one example: (channels, height, width), (steps, channels) or (features,)."""
    classes: int
    widths: tuple[int, ...]
    """Channels or units of its layers, in order; what each means, the architecture says."""

    def to_json(self) -> dict[str, JsonValue]:
        return {**asdict(self), "shape": list(self.shape), "widths": list(self.widths)}

    @classmethod
    def from_json(cls, described: dict[str, JsonValue]) -> "ModelSpec":
        """Raises ValueError where the description is not that of a spec."""
        match described:
            case {
                "architecture": str(architecture),
                "shape": list(shape),
                "classes": int(classes),
                "widths": list(widths),
            }:
                return cls(architecture, _whole(shape), classes, _whole(widths))
        raise ValueError(f"not a model spec: {sorted(described)}")


def _whole(numbers: list[JsonValue]) -> tuple[int, ...]:
    return tuple(int(str(number)) for number in numbers)


@dataclass(frozen=True)
class Checkpoint:
    """A network that can go on learning."""

    spec: ModelSpec
    preprocessing: Preprocessing
    state: dict[str, torch.Tensor]
    """Weights by name, as `nn.Module.state_dict` gives them."""
    algorithm_state: dict[str, torch.Tensor] = field(default_factory=dict)
    """What a federated algorithm keeps from one round to the next, as `rounds.commit` names it;
    empty for most. The network does not use it."""

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The weights as arrays that share their memory."""
        return {name: tensor.numpy() for name, tensor in self.state.items()}


def save(checkpoint: Checkpoint, folder: Path) -> Path:
    """Write into `folder` under the digest of the bytes; the same weights give the same name."""
    described: dict[str, JsonValue] = {
        "spec": checkpoint.spec.to_json(),
        "preprocessing": checkpoint.preprocessing.to_json(),
    }
    named = checkpoint.state | {
        f"{ALGORITHM_STATE}{name}": tensor for name, tensor in checkpoint.algorithm_state.items()
    }
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in named.items()}
    data = bytes_of(tensors, metadata={METADATA_KEY: canonical_json(described).decode()})
    path = folder / f"{sha256_bytes(data)}.safetensors"
    write_atomically(path, data)
    return path


def load(path: Path) -> Checkpoint:
    """Read a checkpoint; where the file is named by a digest, its bytes must have that digest.

    Raises:
        Tampered: the file's name is a digest that its bytes do not have.
        EdgelineError: no such file, or not a checkpoint.
    """
    data = read(path)
    try:
        described = metadata(data)
        spec = ModelSpec.from_json(described["spec"])
        preprocessing = Preprocessing.from_json(described["preprocessing"])
        tensors = tensors_from(data)
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _unreadable(path, f"{type(error).__name__}: {error}") from error
    weights = {name: one for name, one in tensors.items() if not name.startswith(ALGORITHM_STATE)}
    return Checkpoint(spec, preprocessing, weights, below(tensors, ALGORITHM_STATE))


def read(path: Path) -> bytes:
    """The bytes of a file; where it is named by a digest, they must have that digest.

    Raises:
        Tampered: the file's name is a digest that its bytes do not have.
        EdgelineError: no such file.
    """
    if not path.is_file():
        raise _unreadable(path, "no such file")
    data = path.read_bytes()
    digest = sha256_bytes(data)
    if DIGEST.fullmatch(path.stem) and path.stem != digest:
        raise Tampered(
            expected=f"a file with the SHA-256 of its name, {path.name}",
            found=f"SHA-256 {digest}",
            remedy="delete the file, and run the step that made it again",
        )
    return data


def below(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """The tensors whose names begin with the prefix, by the rest of their names."""
    return {name.removeprefix(prefix): tensors[name] for name in tensors if name.startswith(prefix)}


def metadata(data: bytes) -> dict[str, Any]:
    """The description in the header: eight bytes of little-endian length, then JSON.

    Raises:
        ValueError, KeyError, TypeError: the header has no such description.
    """
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    described: dict[str, Any] = json.loads(header["__metadata__"][METADATA_KEY])
    return described


def _unreadable(path: Path, found: str) -> EdgelineError:
    return EdgelineError(
        expected=f"an edgeline checkpoint in {path.name}",
        found=found,
        remedy="give the path of a checkpoint that `edgeline run` has written",
    )
