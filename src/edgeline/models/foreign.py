"""Files of weights from elsewhere: safetensors alone, since opening a pickle runs its code."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_from

from edgeline.digest import sha256_bytes
from edgeline.errors import RecipeError
from edgeline.models.checkpoint import ALGORITHM_STATE, read

PICKLED = (".pt", ".pth", ".bin", ".pkl", ".pickle", ".ckpt", ".h5", ".hdf5", ".joblib", ".npz")
"""Endings of formats that may run code when they are opened."""

# First bytes of such files, whatever their name.
BEGINNINGS = {
    b"PK\x03\x04": "a zip archive, as torch.save writes",
    b"\x89HDF": "an HDF5 file",
    b"\x1f\x8b": "a gzip archive",
    b"\x80": "a pickle",
    b"(": "a pickle",
    b"c": "a pickle",
    b"x": "a compressed pickle, as joblib writes",
}
FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)
# What quantisers add to the name of a tensor for the number that its values must be multiplied by.
SCALE = re.compile(r"[._]+(scales?|scale_inv|zero_points?|scb)$", re.IGNORECASE)


def open_weights(path: Path) -> tuple[dict[str, torch.Tensor], str]:
    """Every weight of the file by name, floating ones as float32, and the file's SHA-256.

    Raises:
        Tampered: the file's name is a digest that its bytes do not have.
        RecipeError: no such file, a pickle, not safetensors, or weights that are not finite.
    """
    if path.suffix.lower() in PICKLED:
        raise _refused(path, f"a {path.suffix.lower()} file, which may run code when it is opened")
    data = read(path)
    if not _is_safetensors(data):
        kinds = (kind for start, kind in BEGINNINGS.items() if data.startswith(start))
        raise _refused(path, next(kinds, "no header of safetensors"))
    try:
        tensors = tensors_from(data)
    except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise _refused(path, f"{type(error).__name__}: {reason[:200]}") from error
    floats = {
        name: _float32(path, name, tensor)
        for name, tensor in sorted(tensors.items())
        if not name.startswith(ALGORITHM_STATE)
    }
    return floats, sha256_bytes(data)


def require_plain(
    source: str, tensors: Mapping[str, torch.Tensor], own: Mapping[str, torch.Tensor]
) -> None:
    """Quantised values mean something only with their scales, whose rules differ from program to program.

    `own` is the state of the network that the tensors are for.

    Raises:
        RecipeError: a weight that the network has as a floating number is stored as another one, or
            with a scale beside it.
    """
    scales = _scales(tensors.keys() - own.keys(), own)
    for name, weight in own.items():
        tensor = tensors.get(name)
        if tensor is None or not weight.is_floating_point():
            continue
        if tensor.dtype not in FLOATS or name in scales:
            beside = f", with {readable(scales[name])} beside it" if name in scales else ""
            raise RecipeError(
                expected=f"plain floating-point weights in {source}",
                found=f"{readable(name)} as {dtype_name(tensor)}{beside}: quantised weights",
                remedy="turn them back with the program that quantised them, and save float32",
            )


def _scales(names: Iterable[str], weights: Iterable[str]) -> dict[str, str]:
    """Of each weight that has one, the name of its scale."""
    known, scales = set(weights), {}
    for name in sorted(names):
        weight = SCALE.sub("", name)
        if weight != name and weight in known:
            scales[weight] = name
    return scales


def readable(name: str) -> str:
    """The name of a tensor for a person: not long, and without characters that nobody sees."""
    return (name if name.isprintable() else ascii(name))[:60]


def dtype_name(tensor: torch.Tensor) -> str:
    """As people write it: int8, float8_e4m3fn."""
    return str(tensor.dtype).removeprefix("torch.")


def _is_safetensors(data: bytes) -> bool:
    """Eight bytes with the length of the JSON that follows. A length of 640 looks like a pickle, so
    this is checked first.
    """
    return int.from_bytes(data[:8], "little") <= len(data) - 8 and data[8:9] == b"{"


def _float32(path: Path, name: str, tensor: torch.Tensor) -> torch.Tensor:
    if tensor.dtype not in FLOATS:
        return tensor
    if not torch.isfinite(tensor).all():
        raise _refused(path, f"{readable(name)}, which holds numbers that are not finite")
    return tensor.to(torch.float32)


def _refused(path: Path, found: str) -> RecipeError:
    return RecipeError(
        expected=f"weights as safetensors in {path.name}",
        found=found,
        remedy="convert the weights with safetensors.torch.save_file, and give that file",
    )
