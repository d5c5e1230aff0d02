"""Who owns which training item: a few at the centre, with labels; the rest on devices."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgeline.datasets import card, items, prepare
from edgeline.datasets.attribution import credit
from edgeline.datasets.card import Form
from edgeline.datasets.duplicates import KEPT
from edgeline.datasets.items import Items
from edgeline.datasets.partitioners import FEWEST, deal, distances, histogram, owners
from edgeline.datasets.prepare import SETS, Prepared, read_report
from edgeline.datasets.profile import moments, profile
from edgeline.datasets.quality import kind_of
from edgeline.datasets.splits import draw
from edgeline.digest import JsonValue
from edgeline.errors import RecipeError
from edgeline.preprocess import Preprocessing
from edgeline.recipe.data import Data

FOLDER = "shares"


@dataclass(frozen=True)
class Partitioned:
    """The shares, and how far from alike they are."""

    central: int
    devices: tuple[tuple[int, ...], ...]
    """Per device, its number of items of each class."""
    skew: float
    """Mean total variation distance of the devices' mixes of classes from that of all together:
    0 when alike, towards 1 when every device knows other classes."""
    digest: str
    """Of the card."""


def partition(folder: Path, settings: Data) -> Partitioned:
    """Deal prepared/train.npz out to shares/central.npz and shares/devices/NN/, and write the card.

    Raises:
        RecipeError: there are too few items for that many devices, or their groups are too small.
    """
    card.withdraw(folder)
    report = read_report(folder)
    sets = {name: items.read(folder / prepare.FOLDER / f"{name}.npz") for name in SETS}
    train = sets["train"]
    _check_room(len(train), settings)
    generator = np.random.default_rng((settings.seed, 1))
    at, rest = draw(train.labels, settings.central, generator)
    central, others = train.take(at), train.take(rest)
    shares = [others.take(share) for share in deal(others, settings, generator)]
    _write(folder, central, shares)
    counts = np.array([histogram(share.labels, len(report.classes)) for share in shares])
    away = distances(counts)
    written = card.write(
        folder,
        source=credit(settings),
        form=_form(central, report, settings).to_json(),
        deal=_deal(settings),
        owners=list[JsonValue](owners(others, settings)),
        devices=counts.tolist(),
        distances=[f"{distance:.4f}" for distance in away],
        skew=f"{away.mean():.4f}",
        **_described(sets, central, report),
    )
    return Partitioned(len(central), written.devices, float(away.mean()), written.digest)


def device(folder: Path, number: int) -> Path:
    """The folder that holds all a device may see."""
    return folder / FOLDER / "devices" / f"{number:02d}"


def _write(folder: Path, central: Items, shares: list[Items]) -> None:
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
    items.write(folder / FOLDER / "central.npz", central)
    for number, share in enumerate(shares):
        items.write(device(folder, number) / "examples.npz", share)


def _form(central: Items, report: Prepared, settings: Data) -> Form:
    """What devices own never leaves them, so mean and deviation are the central share's."""
    kind = kind_of(central.values, central.labels)
    grey = kind == "image" and central.values.ndim == 3
    shape = (*central.values.shape[1:], 1) if grey else central.values.shape[1:]
    mean, std = moments(central.values, kind)
    if settings.mean:
        mean, std = settings.mean, settings.std
    try:
        preprocessing = Preprocessing(
            kind, shape, mean, std, settings.limit or None, columns=report.columns
        )
    except ValueError as error:
        raise RecipeError(
            expected=f"data.mean and data.std for {kind} of shape {shape}",
            found=str(error),
            remedy="leave both empty, and they are measured",
        ) from None
    return Form(preprocessing, report.classes, settings.augmentation)


def _deal(settings: Data) -> dict[str, JsonValue]:
    dealt: dict[str, JsonValue] = {"partition": settings.partition, "seed": settings.seed}
    if settings.partition == "dirichlet":
        dealt["dirichlet"] = repr(settings.dirichlet)
    if settings.partition == "shards":
        dealt["shards"] = settings.shards
    return dealt


def _described(sets: Mapping[str, Items], central: Items, report: Prepared) -> dict[str, JsonValue]:
    """What the card says of the sets; the report, which the card names, has it item by item."""
    classes = len(report.classes)
    train = sets["train"]
    looks = profile(train, classes, report.columns, kind_of(train.values, train.labels))
    copies = [
        f"{copy.how} {'within' if copy.set == copy.of_set else 'across'}"
        for copy in report.duplicates
        if copy.reason != KEPT
    ]
    return {
        "raw": report.raw,
        "sets": {name: list(histogram(one.labels, classes)) for name, one in sets.items()},
        "groups": {name: len(set(one.groups.tolist()) - {""}) for name, one in sets.items()},
        "left_out": dict(report.left_out),
        "damaged": len(report.quarantine),
        "duplicates": {kind: copies.count(kind) for kind in sorted(set(copies))},
        "suspects": len(report.suspects),
        "central": list(histogram(central.labels, classes)),
        "profile": looks.to_json(),
    }


def _check_room(examples: int, settings: Data) -> None:
    devices = 1 if settings.partition == "natural" else settings.devices
    needed = settings.central + FEWEST * devices
    if examples < needed:
        raise RecipeError(
            expected=f"at least {needed} training items (central ones, and {FEWEST} per device)",
            found=f"{examples}",
            remedy="lower data.central, data.devices, data.validation or data.test",
        )
