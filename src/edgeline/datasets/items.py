"""Labelled items, the one form of data whatever their source.

A set is one .npz file with the arrays below under their names; nothing in it is executed.
"""

import zipfile
import zlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeline.errors import EnvironmentUnfit, Tampered
from edgeline.files import open_atomically
from edgeline.preprocess import Preprocessing

MAKE = "make the data again with `dvc repro`"

# What numpy and zipfile raise for files that are damaged or hold something else.
UNREADABLE = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error)

SIZES = "sizes"


@dataclass(frozen=True)
class Items:
    """N items in one order."""

    values: NDArray[Any]
    """Images uint8 (N, H, W) or (N, H, W, 3); series float32 (N, T, C), where rows of NaN precede
    the beginning of a shorter one; rows of a table float32 (N, F)."""
    labels: NDArray[np.int64]
    """(N,), positions among the names of the classes."""
    ids: NDArray[np.str_]
    """(N,), what the source calls each item; no two are the same."""
    groups: NDArray[np.str_]
    """(N,), the device, patient or machine that an item is from; empty where it is not known."""
    sizes: NDArray[np.int64] | None = None
    """(N, 2), height and width of images before they were brought to one size; None where they came so."""

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def examples(self) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """What a network learns from: values and labels."""
        return self.values, self.labels

    def take(self, at: NDArray[Any]) -> "Items":
        """The items at these positions, or those where a mask is true."""
        return Items(**{name: array[at] for name, array in to_arrays(self).items()})


def read(path: Path) -> Items:
    """The items of one set.

    Raises:
        EnvironmentUnfit: there is no such file.
        Tampered: the file is damaged or is not a set of labelled items.
    """
    arrays = read_arrays(path)
    try:
        return from_arrays(arrays)
    except KeyError as error:
        raise _damaged(path, f"no {error}") from None


def write(path: Path, items: Items) -> None:
    """One set as a file, whole or not at all; the same items give the same bytes."""
    write_arrays(path, to_arrays(items))


def from_arrays(arrays: dict[str, NDArray[Any]]) -> Items:
    """Raises KeyError where one that must be there is not."""
    needed = {field.name: arrays[field.name] for field in fields(Items) if field.name != SIZES}
    return Items(**needed, sizes=arrays.get(SIZES))


def to_arrays(items: Items) -> dict[str, NDArray[Any]]:
    """By the names of the fields, without what is not known."""
    return {name: array for name, array in vars(items).items() if array is not None}


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Every array of an .npz file of ours; objects are refused."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except FileNotFoundError:
        raise EnvironmentUnfit(
            expected=f"the data set {path}", found="no such file", remedy=MAKE
        ) from None
    except UNREADABLE as error:
        raise _damaged(path, f"{type(error).__name__}: {error}") from None


def write_arrays(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    with open_atomically(path) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # numpy takes them for its own options


def resize(images: NDArray[np.uint8], side: int, channels: int) -> NDArray[np.uint8]:
    """Images (N, H, W) or (N, H, W, 1 or 3) as squares of so many channels, by the device's own arithmetic."""
    shape = (side, side) if channels == 1 else (side, side, channels)
    if images.shape[1:] == shape:
        return images
    fit = Preprocessing("image", (side, side, channels), (0.0,) * channels, (1.0,) * channels).fit
    return np.stack([fit(image) for image in images]).reshape(-1, *shape)


def _damaged(path: Path, found: str) -> Tampered:
    return Tampered(
        expected=f"labelled items in {path}", found=found, remedy=f"delete it and {MAKE}"
    )
