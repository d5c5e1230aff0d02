"""Labelled images on disk, from a source to the share of every device.

`sources.fetch` > `prepare.prepare` > `partition.partition`, each a function of a folder and
settings; the last one writes `card.json`, which names every file by its SHA-256. A set is one .npz
file: `images` (N, H, W) or (N, H, W, 3) and `labels` (N,).
"""

import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeline.errors import EnvironmentUnfit, Tampered

MAKE = "make the data with `dvc repro`"

# What numpy and zipfile raise for files that are damaged or hold something else.
UNREADABLE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
)


def prepared(folder: Path, name: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The set `train`, `validation` or `test` of the data in `folder`."""
    return read(folder / "prepared" / f"{name}.npz")


def central(folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """What the central site owns of the data in `folder`."""
    return read(folder / "shares" / "central.npz")


def read(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images and labels of one set; nothing in the file is executed.

    Raises:
        EnvironmentUnfit: there is no such file.
        Tampered: the file is damaged or is not a set of labelled images.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            images, labels = arrays["images"], arrays["labels"]
    except FileNotFoundError:
        raise EnvironmentUnfit(
            expected=f"the data set {path}", found="no such file", remedy=MAKE
        ) from None
    except UNREADABLE as error:
        raise Tampered(
            expected=f"images and labels in {path}",
            found=f"{type(error).__name__}: {error}",
            remedy=f"delete it and {MAKE}",
        ) from None
    return images, labels


def write(path: Path, images: NDArray[np.generic], labels: NDArray[np.int64]) -> None:
    """One set as a file, whole or not at all; the same arrays give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("wb") as file:
        np.savez(file, images=images, labels=labels)
    partial.replace(path)
