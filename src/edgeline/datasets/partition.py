"""Who owns which training image: a few at the centre, with labels; the rest unevenly on devices."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets import card, prepare, read, sources, write
from edgeline.datasets.splits import apportion, draw
from edgeline.digest import JsonValue
from edgeline.errors import RecipeError
from edgeline.recipe.data import Data

FOLDER = "shares"

# Fewer would leave a device without a single batch worth the name.
FEWEST = 10


@dataclass(frozen=True)
class Partitioned:
    """The shares, and how far from alike they are."""

    central: int
    devices: tuple[tuple[int, ...], ...]
    """Per device, its number of examples of each class."""
    skew: float
    """Mean total variation distance of the devices' mixes of classes from that of all together:
    0 when alike, towards 1 when every device knows other classes."""
    digest: str
    """Of the card."""


def partition(folder: Path, settings: Data) -> Partitioned:
    """Deal prepared/train.npz out to shares/central.npz and shares/devices/NN/, and write the card.

    Raises:
        RecipeError: there are too few examples for that many devices.
    """
    card.withdraw(folder)
    images, labels = read(folder / prepare.FOLDER / "train.npz")
    _check_room(len(labels), settings)
    generator = np.random.default_rng((settings.seed, 1))
    central, others = draw(labels, settings.central, generator)
    shares = deal(labels[others], settings.devices, settings.dirichlet, generator)
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
    write(folder / FOLDER / "central.npz", images[central], labels[central])
    for number, share in enumerate(shares):
        mine = others[share]
        write(device(folder, number) / "examples.npz", images[mine], labels[mine])
    histograms = [histogram(labels[others[share]], settings.classes) for share in shares]
    skewness = skew(np.array(histograms))
    written = card.write(
        folder,
        source=sources.credit(settings.source),
        classes=settings.classes,
        deal={"dirichlet": repr(settings.dirichlet), "seed": settings.seed},
        prepared=json.loads((folder / prepare.FOLDER / prepare.REPORT).read_bytes()),
        central=list[JsonValue](histogram(labels[central], settings.classes)),
        devices=[list[JsonValue](counts) for counts in histograms],
        skew=f"{skewness:.4f}",
    )
    return Partitioned(
        len(central), tuple(tuple(counts) for counts in histograms), skewness, written.digest
    )


def device(folder: Path, number: int) -> Path:
    """The folder that holds all a device may see."""
    return folder / FOLDER / "devices" / f"{number:02d}"


def deal(
    labels: NDArray[np.int64], devices: int, concentration: float, generator: np.random.Generator
) -> list[NDArray[np.int64]]:
    """Positions of each device's examples: every example on one device, at least 10 on each.

    The examples of each class are dealt in shares drawn from a symmetric Dirichlet distribution, so
    that devices differ in how much they have as well as in what. Hsu, Qi and Brown (arXiv
    1909.06335) draw each device's mix of classes so, for devices that have equally much; dealt by
    class, no example is left over.
    """
    owner = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        at = generator.permutation(np.flatnonzero(labels == label))
        shares = apportion(generator.dirichlet(np.full(devices, concentration)), len(at))
        owner[at] = np.repeat(np.arange(devices), shares)
    _relieve(owner, devices)
    return [np.flatnonzero(owner == number) for number in range(devices)]


def _relieve(owner: NDArray[np.int64], devices: int) -> None:
    """Give each device that has fewer than 10 what it lacks, always from the one that has most."""
    counts = np.bincount(owner, minlength=devices)
    while counts.min() < FEWEST:
        poorest, richest = int(counts.argmin()), int(counts.argmax())
        owner[np.flatnonzero(owner == richest)[-1]] = poorest
        counts[poorest] += 1
        counts[richest] -= 1


def histogram(labels: NDArray[np.int64], classes: int) -> list[int]:
    """Examples of each class."""
    return [int(count) for count in np.bincount(labels, minlength=classes)]


def skew(counts: NDArray[np.int64]) -> float:
    """Mean total variation distance of the devices' mixes of classes from that of all together."""
    mixes = counts / counts.sum(axis=1, keepdims=True)
    together = counts.sum(axis=0) / counts.sum()
    return float(np.abs(mixes - together).sum(axis=1).mean() / 2)


def _check_room(examples: int, settings: Data) -> None:
    needed = settings.central + FEWEST * settings.devices
    if examples < needed:
        raise RecipeError(
            expected=f"at least {needed} training examples (central ones, and {FEWEST} per device)",
            found=f"{examples}",
            remedy="lower data.central, data.devices, data.validation or data.test",
        )
