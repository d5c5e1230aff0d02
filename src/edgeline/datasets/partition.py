"""The owner of each training item: the central site for a few, with labels; devices for the rest."""

import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from edgeline.datasets import card, items, prepare
from edgeline.datasets.attribution import attribute
from edgeline.datasets.card import Card, Form
from edgeline.datasets.duplicates import KEPT
from edgeline.datasets.items import Items
from edgeline.datasets.partitioners import FEWEST, assign_devices, mix_distances
from edgeline.datasets.prepare import SETS, PrepareReport, lacking_columns, read_report
from edgeline.datasets.profile import moments, profile
from edgeline.datasets.quality import kind_of
from edgeline.datasets.splits import draw
from edgeline.digest import JsonValue
from edgeline.errors import RecipeError
from edgeline.preprocess import Preprocessing
from edgeline.recipe.data import Data

FOLDER = "shares"


def partition(folder: Path, settings: Data) -> Card:
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
    drawn = draw(train.labels, settings.central, generator)
    central, others = train.take(drawn), train.take(~drawn)
    shares = [others.take(share) for share in assign_devices(others, settings, generator)]
    _write(folder, central, shares)
    counts = [_count_classes(share, report) for share in shares]
    distances = mix_distances(np.array(counts))
    return card.write(
        folder,
        source=attribute(settings),
        form=_form(central, lacking_columns(train), report, settings).to_json(),
        deal=_describe_settings(settings),
        owners=[str(share.groups[0]) for share in shares if settings.partition == "natural"],
        devices=list[JsonValue](counts),
        distances=[f"{distance:.4f}" for distance in distances],
        skew=f"{distances.mean():.4f}",
        central=_count_classes(central, report),
        **_summarise(sets, report),
    )


def device(folder: Path, number: int) -> Path:
    """The folder with all data that a device has."""
    return folder / FOLDER / "devices" / f"{number:02d}"


def _write(folder: Path, central: Items, shares: list[Items]) -> None:
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
    items.write(folder / FOLDER / "central.npz", central)
    for number, share in enumerate(shares):
        items.write(device(folder, number) / "examples.npz", share)


def _form(central: Items, lacking: tuple[int, ...], report: PrepareReport, settings: Data) -> Form:
    """Devices' data stay with them, so mean and deviation are those of the central share.

    `lacking` are the columns that lack values in the training set.
    """
    kind = kind_of(central.values)
    grey = kind == "image" and central.values.ndim == 3
    shape = (*central.values.shape[1:], 1) if grey else central.values.shape[1:]
    _require_values(central, report)
    mean, std = moments(central.values, kind)
    if settings.mean:
        mean, std = settings.mean, settings.std
    try:
        preprocessing = Preprocessing(
            kind,
            shape,
            mean,
            std,
            settings.limit or None,
            columns=report.columns,
            missing="refuse" if kind == "image" else settings.missing,
            indicators=lacking if settings.missing == "indicator" else (),
            decimal_marks=report.decimal_marks,
        )
    except ValueError as error:
        raise RecipeError(
            expected=f"data.mean and data.std for {kind} of shape {shape}",
            found=str(error),
            remedy="leave both empty, so that they are measured",
        ) from None
    return Form(preprocessing, report.classes, settings.augmentation)


def _require_values(central: Items, report: PrepareReport) -> None:
    """Refuse a column of which the central site knows no value, so that nobody knows its mean."""
    values = central.values.reshape(-1, central.values.shape[-1])
    if values.dtype == np.uint8 or not (empty := np.isnan(values).all(axis=0)).any():
        return
    at = int(empty.argmax())
    name = report.columns[at] if report.columns else str(at)
    raise RecipeError(
        expected=f"a value in column {name} among the {len(central)} items of the central site",
        found="none, so that its mean is not known",
        remedy="raise data.central, or name the other columns in data.columns",
    )


def _describe_settings(settings: Data) -> dict[str, JsonValue]:
    chosen: dict[str, JsonValue] = {"partition": settings.partition, "seed": settings.seed}
    if settings.partition == "dirichlet":
        chosen["dirichlet"] = repr(settings.dirichlet)
    if settings.partition == "shards":
        chosen["shards"] = settings.shards
    return chosen


def _summarise(sets: Mapping[str, Items], report: PrepareReport) -> dict[str, JsonValue]:
    """What the card says of the sets; the report has it item by item."""
    train = sets["train"]
    features = profile(train, len(report.classes), report.columns, kind_of(train.values))
    copies = Counter(
        f"{copy.how} {'within' if copy.set == copy.of_set else 'across'}"
        for copy in report.duplicates
        if copy.reason != KEPT
    )
    notes: list[JsonValue] = [asdict(note) for note in report.column_notes]
    return {
        **({"column_notes": notes} if notes else {}),
        "raw": report.raw,
        "sets": {name: _count_classes(one, report) for name, one in sets.items()},
        "groups": {name: len(set(one.groups.tolist()) - {""}) for name, one in sets.items()},
        "left_out": dict(report.left_out),
        "damaged": len(report.quarantine),
        "duplicates": dict(copies),
        "suspects": len(report.suspects),
        "profile": features.to_json(),
    }


def _count_classes(several: Items, report: PrepareReport) -> list[JsonValue]:
    counts: list[JsonValue] = np.bincount(several.labels, minlength=len(report.classes)).tolist()
    return counts


def _check_room(examples: int, settings: Data) -> None:
    devices = 1 if settings.partition == "natural" else settings.devices
    needed = settings.central + FEWEST * devices
    if examples < needed:
        raise RecipeError(
            expected=f"at least {needed} training items (central ones, and {FEWEST} per device)",
            found=f"{examples} items",
            remedy="lower data.central, data.devices, data.validation or data.test",
        )
