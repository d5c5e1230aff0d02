"""The owner of each training item: the central site for a few, with labels; devices for the rest."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgeline.datasets import card, items, prepare
from edgeline.datasets.attribution import attribute
from edgeline.datasets.card import Form
from edgeline.datasets.duplicates import KEPT
from edgeline.datasets.items import Items
from edgeline.datasets.partitioners import (
    FEWEST,
    assign_devices,
    count_classes,
    list_groups,
    mix_distances,
)
from edgeline.datasets.prepare import SETS, PrepareReport, read_report
from edgeline.datasets.profile import moments, profile
from edgeline.datasets.quality import kind_of
from edgeline.datasets.splits import draw
from edgeline.digest import JsonValue
from edgeline.errors import RecipeError
from edgeline.preprocess import Preprocessing
from edgeline.recipe.data import Data

FOLDER = "shares"


@dataclass(frozen=True)
class PartitionReport:
    """The shares, and how far from alike they are."""

    central: int
    devices: tuple[tuple[int, ...], ...]
    """Per device, its number of items of each class."""
    skew: float
    """Mean total variation distance of the devices' mixes of classes from that of all together:
    0 when alike, towards 1 when every device knows other classes."""
    digest: str
    """Of the card."""


def partition(folder: Path, settings: Data) -> PartitionReport:
    """Split prepared/train.npz into shares/central.npz and shares/devices/NN/, and write the card.

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
    shares = [others.take(share) for share in assign_devices(others, settings, generator)]
    _write(folder, central, shares)
    counts = np.array([count_classes(share.labels, len(report.classes)) for share in shares])
    distances = mix_distances(counts)
    written = card.write(
        folder,
        source=attribute(settings),
        form=_form(central, report, settings).to_json(),
        deal=_describe_settings(settings),
        owners=list[JsonValue](list_groups(others, settings)),
        devices=counts.tolist(),
        distances=[f"{distance:.4f}" for distance in distances],
        skew=f"{distances.mean():.4f}",
        **_summarise(sets, central, report),
    )
    return PartitionReport(len(central), written.devices, float(distances.mean()), written.digest)


def device(folder: Path, number: int) -> Path:
    """The folder with all data that a device has."""
    return folder / FOLDER / "devices" / f"{number:02d}"


def _write(folder: Path, central: Items, shares: list[Items]) -> None:
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
    items.write(folder / FOLDER / "central.npz", central)
    for number, share in enumerate(shares):
        items.write(device(folder, number) / "examples.npz", share)


def _form(central: Items, report: PrepareReport, settings: Data) -> Form:
    """Devices' data stay with them, so mean and deviation are those of the central share."""
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
            remedy="leave both empty, so that they are measured",
        ) from None
    return Form(preprocessing, report.classes, settings.augmentation)


def _describe_settings(settings: Data) -> dict[str, JsonValue]:
    chosen: dict[str, JsonValue] = {"partition": settings.partition, "seed": settings.seed}
    if settings.partition == "dirichlet":
        chosen["dirichlet"] = repr(settings.dirichlet)
    if settings.partition == "shards":
        chosen["shards"] = settings.shards
    return chosen


def _summarise(
    sets: Mapping[str, Items], central: Items, report: PrepareReport
) -> dict[str, JsonValue]:
    """What the card says of the sets; the report has it item by item."""
    classes = len(report.classes)
    train = sets["train"]
    features = profile(train, classes, report.columns, kind_of(train.values, train.labels))
    copies = [
        f"{copy.how} {'within' if copy.set == copy.of_set else 'across'}"
        for copy in report.duplicates
        if copy.reason != KEPT
    ]
    return {
        "raw": report.raw,
        "sets": {name: list(count_classes(one.labels, classes)) for name, one in sets.items()},
        "groups": {name: len(set(one.groups.tolist()) - {""}) for name, one in sets.items()},
        "left_out": dict(report.left_out),
        "damaged": len(report.quarantine),
        "duplicates": {kind: copies.count(kind) for kind in sorted(set(copies))},
        "suspects": len(report.suspects),
        "central": list(count_classes(central.labels, classes)),
        "profile": features.to_json(),
    }


def _check_room(examples: int, settings: Data) -> None:
    devices = 1 if settings.partition == "natural" else settings.devices
    needed = settings.central + FEWEST * devices
    if examples < needed:
        raise RecipeError(
            expected=f"at least {needed} training items (central ones, and {FEWEST} per device)",
            found=f"{examples} items",
            remedy="lower data.central, data.devices, data.validation or data.test",
        )
