"""Raw items checked, made even, and told apart: sets that share no item, and a report of the rest."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets import card, items, raw
from edgeline.datasets.duplicates import Duplicate, contents, find
from edgeline.datasets.items import Items
from edgeline.datasets.label_issues import Suspect, suspects
from edgeline.datasets.quality import gate, inspect, kind_of
from edgeline.datasets.raw import Quarantined, Raw
from edgeline.datasets.splits import split
from edgeline.digest import canonical_json
from edgeline.errors import EnvironmentUnfit, RecipeError, Tampered
from edgeline.preprocess import Kind, Preprocessing
from edgeline.recipe.data import Data

FOLDER = "prepared"
REPORT = "report.json"
SETS = ("train", "validation", "test")


@dataclass(frozen=True)
class Prepared:
    """What was kept, and what was left out and why."""

    raw: int
    """Items that the source named, damaged ones included."""
    kept: int
    sets: dict[str, int]
    """Items in train, validation and test."""
    left_out: dict[str, int]
    """By reason, how many."""
    quarantine: tuple[Quarantined, ...]
    """The damaged ones; copies are not among them."""
    duplicates: tuple[Duplicate, ...]
    suspects: tuple[Suspect, ...]
    """The worst first."""
    classes: tuple[str, ...]
    columns: tuple[str, ...]


def prepare(folder: Path, settings: Data) -> Prepared:
    """From raw.npz to prepared/{train,validation,test}.npz, and a report of every item left out.

    Raises:
        RecipeError: these are not labelled items, or too few of them are good.
        GateMissed: more of them are damaged than the settings allow.
    """
    card.withdraw(folder)
    given = raw.read(folder / raw.RAW)
    kind = kind_of(given.items.values, given.items.labels)
    good, splits, quarantine = _sound(given, kind, settings)
    reasons, duplicates = find(good, splits, kind, settings.near)
    kept = good.take(reasons == "")
    sets = assign(kept, splits[reasons == ""], kind, settings)
    for name in SETS:
        items.write(folder / FOLDER / f"{name}.npz", kept.take(sets == name))
    report = Prepared(
        raw=len(given.items) + len(given.quarantine),
        kept=len(kept),
        sets={name: int((sets == name).sum()) for name in SETS},
        left_out=_counts([bad.reason for bad in quarantine], reasons),
        quarantine=quarantine,
        duplicates=duplicates,
        suspects=suspects(kept, sets, given.classes, kind, settings.suspects),
        classes=given.classes,
        columns=given.columns,
    )
    (folder / FOLDER / REPORT).write_bytes(canonical_json(_plain(report)))
    return report


def read_report(folder: Path) -> Prepared:
    """What prepare found in the data in `folder`.

    Raises:
        EnvironmentUnfit: there is no report.
        Tampered: the file is not a report.
    """
    path = folder / FOLDER / REPORT
    try:
        content = json.loads(path.read_bytes())
        return Prepared(
            **{name: content[name] for name in ("raw", "kept", "sets", "left_out")},
            quarantine=tuple(Quarantined(**one) for one in content["quarantine"]),
            duplicates=tuple(Duplicate(**one) for one in content["duplicates"]),
            suspects=tuple(Suspect(**one) for one in content["suspects"]),
            classes=tuple(content["classes"]),
            columns=tuple(content["columns"]),
        )
    except FileNotFoundError:
        raise EnvironmentUnfit(
            expected=f"a report {path}", found="no such file", remedy=items.MAKE
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Tampered(
            expected=f"a report in {path}",
            found="something else",
            remedy=f"delete it and {items.MAKE}",
        ) from None


def assign(kept: Items, splits: NDArray[np.str_], kind: Kind, settings: Data) -> NDArray[np.str_]:
    """The set of every item: the source's own; where it lacks one, that is drawn from training.

    Raises:
        RecipeError: too few items are left to train on.
    """
    sets = np.where(splits == "", "train", splits).astype("U10")
    pool = np.flatnonzero(sets == "train")
    sizes = {"validation": settings.validation, "test": settings.test}
    wanted = {name: 0 if (sets == name).any() else size for name, size in sizes.items()}
    generator = np.random.default_rng((settings.seed, 0))
    labels, units = kept.labels[pool], _units(kept, kind)
    within = None if units is None else units[pool]
    drawn = split(labels, wanted["validation"], wanted["test"], generator, within)
    sets[pool[drawn.validation]] = "validation"
    sets[pool[drawn.test]] = "test"
    return sets


def fit(images: NDArray[np.uint8], settings: Data) -> NDArray[np.uint8]:
    """Every image in the size and number of channels of the settings."""
    side, channels = settings.image_size, settings.channels
    wanted = (side, side) if channels == 1 else (side, side, channels)
    if images.shape[1:] == wanted:
        return images
    to = Preprocessing("image", (side, side, channels), (0.0,) * channels, (1.0,) * channels).fit
    return np.stack([to(image) for image in images]).reshape(-1, *wanted)


def _sound(
    given: Raw, kind: Kind, settings: Data
) -> tuple[Items, NDArray[np.str_], tuple[Quarantined, ...]]:
    """The items that are good, of one size, their sets, and all that are not."""
    reasons = inspect(given.items.values, given.items.labels, len(given.classes), kind)
    bad = np.flatnonzero(reasons != "").tolist()
    found = [Quarantined(str(given.items.ids[at]), str(reasons[at])) for at in bad]
    quarantine = (*given.quarantine, *found)
    gate(quarantine, len(given.items) + len(given.quarantine), settings.max_bad)
    good = given.items.take(reasons == "")
    if len(good) == 0:
        raise RecipeError(expected="good items", found="none", remedy="mend the source")
    values = (
        fit(good.values, settings)
        if kind == "image"
        else good.values.astype(np.float32, copy=False)
    )
    labels = good.labels.astype(np.int64)
    return Items(values, labels, good.ids, good.groups), given.splits[reasons == ""], quarantine


def _units(kept: Items, kind: Kind) -> NDArray[np.str_] | None:
    """What must not be torn apart by a draw: groups, or equal rows of a table; None where items
    may go anywhere."""
    if (kept.groups != "").any():
        # an item whose group is not known stands for itself
        alone = np.char.add("\x00", np.arange(len(kept)).astype(str))
        return np.where(kept.groups == "", alone, kept.groups)
    if kind == "table":
        same = np.array(contents(kept, kind))
        return same if len(np.unique(same)) < len(same) else None
    return None


def _counts(bad: list[str], reasons: NDArray[np.str_]) -> dict[str, int]:
    names, counts = np.unique([*bad, *reasons[reasons != ""].tolist()], return_counts=True)
    return {str(name): int(count) for name, count in zip(names, counts, strict=True)}


def _plain(value: Any) -> Any:
    """As JSON holds it; half a surrogate pair, which it cannot hold, is written out."""
    match value:
        case Prepared() | Quarantined() | Duplicate() | Suspect():
            return _plain(vars(value))
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {_plain(name): _plain(held) for name, held in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
    return value
