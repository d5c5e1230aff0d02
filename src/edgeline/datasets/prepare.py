"""From raw items to training, validation and test sets that share no item, and a report of the rest."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets import card, items, raw
from edgeline.datasets.duplicates import Duplicate, content_digests, find_duplicates
from edgeline.datasets.items import Items
from edgeline.datasets.label_issues import Suspect, find_label_issues
from edgeline.datasets.quality import check_damage, inspect, kind_of
from edgeline.datasets.raw import QuarantineItem, Raw
from edgeline.datasets.splits import split
from edgeline.digest import canonical_json
from edgeline.errors import EnvironmentUnfit, RecipeError, Tampered
from edgeline.files import write_atomically
from edgeline.preprocess import Kind, Preprocessing
from edgeline.recipe.data import Data

FOLDER = "prepared"
REPORT = "report.json"
SETS = ("train", "validation", "test")


@dataclass(frozen=True)
class PrepareReport:
    """What was kept, and what was left out and why."""

    raw: int
    """Items that the source named, damaged ones included."""
    kept: int
    sets: dict[str, int]
    """Items in train, validation and test."""
    left_out: dict[str, int]
    """By reason, how many."""
    quarantine: tuple[QuarantineItem, ...]
    """The damaged ones; copies are not among them."""
    duplicates: tuple[Duplicate, ...]
    suspects: tuple[Suspect, ...]
    """The worst first."""
    classes: tuple[str, ...]
    columns: tuple[str, ...]


def prepare(folder: Path, settings: Data) -> PrepareReport:
    """From raw.npz to prepared/{train,validation,test}.npz, and a report of every item left out.

    Raises:
        RecipeError: these are not labelled items, or too few of them are good.
        GateMissed: more of them are damaged than the settings allow.
    """
    card.withdraw(folder)
    source = raw.read(folder / raw.RAW)
    kind = kind_of(source.items.values, source.items.labels)
    good, splits, quarantine = _remove_bad(source, kind, settings)
    reasons, duplicates = find_duplicates(good, splits, kind, settings.near)
    kept = good.take(reasons == "")
    sets = assign_sets(kept, splits[reasons == ""], kind, settings)
    for name in SETS:
        items.write(folder / FOLDER / f"{name}.npz", kept.take(sets == name))
    report = PrepareReport(
        raw=len(source.items) + len(source.quarantine),
        kept=len(kept),
        sets={name: int((sets == name).sum()) for name in SETS},
        left_out=_counts([bad.reason for bad in quarantine], reasons),
        quarantine=quarantine,
        duplicates=duplicates,
        suspects=find_label_issues(kept, sets, source.classes, kind, settings.suspects),
        classes=source.classes,
        columns=source.columns,
    )
    write_atomically(folder / FOLDER / REPORT, canonical_json(_to_json(report)))
    return report


def read_report(folder: Path) -> PrepareReport:
    """What prepare found in the data in `folder`.

    Raises:
        EnvironmentUnfit: there is no report.
        Tampered: the file is not a report.
    """
    path = folder / FOLDER / REPORT
    try:
        content = json.loads(path.read_bytes())
        return PrepareReport(
            **{name: content[name] for name in ("raw", "kept", "sets", "left_out")},
            quarantine=tuple(QuarantineItem(**one) for one in content["quarantine"]),
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
            found="a file that is no report",
            remedy=f"delete the file and {items.MAKE}",
        ) from None


def assign_sets(
    kept: Items, splits: NDArray[np.str_], kind: Kind, settings: Data
) -> NDArray[np.str_]:
    """The set of every item: the source's own; a set that the source lacks is drawn from training.

    Raises:
        RecipeError: too few items are left to train on.
    """
    sets = np.where(splits == "", "train", splits).astype("U10")
    pool = np.flatnonzero(sets == "train")
    sizes = {"validation": settings.validation, "test": settings.test}
    missing = {name: 0 if (sets == name).any() else size for name, size in sizes.items()}
    generator = np.random.default_rng((settings.seed, 0))
    labels, groups = kept.labels[pool], _indivisible(kept, kind)
    within = None if groups is None else groups[pool]
    drawn = split(labels, missing["validation"], missing["test"], generator, within)
    sets[pool[drawn.validation]] = "validation"
    sets[pool[drawn.test]] = "test"
    return sets


def resize(images: NDArray[np.uint8], settings: Data) -> NDArray[np.uint8]:
    """Every image in the size and number of channels of the settings."""
    side, channels = settings.image_size, settings.channels
    shape = (side, side) if channels == 1 else (side, side, channels)
    if images.shape[1:] == shape:
        return images
    fit = Preprocessing("image", (side, side, channels), (0.0,) * channels, (1.0,) * channels).fit
    return np.stack([fit(image) for image in images]).reshape(-1, *shape)


def _remove_bad(
    source: Raw, kind: Kind, settings: Data
) -> tuple[Items, NDArray[np.str_], tuple[QuarantineItem, ...]]:
    """The items that are good, of one size, their sets, and all that are not."""
    reasons = inspect(source.items.values, source.items.labels, len(source.classes), kind)
    bad = np.flatnonzero(reasons != "").tolist()
    damaged = [QuarantineItem(str(source.items.ids[at]), str(reasons[at])) for at in bad]
    quarantine = (*source.quarantine, *damaged)
    check_damage(quarantine, len(source.items) + len(source.quarantine), settings.max_bad)
    good = source.items.take(reasons == "")
    if len(good) == 0:
        raise RecipeError(
            expected="at least one undamaged item",
            found=f"{len(bad)} damaged ones",
            remedy="correct the source",
        )
    values = (
        resize(good.values, settings)
        if kind == "image"
        else good.values.astype(np.float32, copy=False)
    )
    labels = good.labels.astype(np.int64)
    return Items(values, labels, good.ids, good.groups), source.splits[reasons == ""], quarantine


def _indivisible(kept: Items, kind: Kind) -> NDArray[np.str_] | None:
    """What must stay in one set: groups, or equal rows of a table; None where each item may go
    anywhere."""
    if (kept.groups != "").any():
        # an item whose group is not known stands for itself
        alone = np.char.add("\x00", np.arange(len(kept)).astype(str))
        return np.where(kept.groups == "", alone, kept.groups)
    if kind == "table":
        same = np.array(content_digests(kept, kind))
        return same if len(np.unique(same)) < len(same) else None
    return None


def _counts(bad: list[str], reasons: NDArray[np.str_]) -> dict[str, int]:
    names, counts = np.unique([*bad, *reasons[reasons != ""].tolist()], return_counts=True)
    return {str(name): int(count) for name, count in zip(names, counts, strict=True)}


def _to_json(value: Any) -> Any:
    """As JSON holds it; half a surrogate pair, which it cannot hold, is written out."""
    match value:
        case PrepareReport() | QuarantineItem() | Duplicate() | Suspect():
            return _to_json(vars(value))
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {_to_json(name): _to_json(one) for name, one in value.items()}
        case list() | tuple():
            return [_to_json(one) for one in value]
    return value
