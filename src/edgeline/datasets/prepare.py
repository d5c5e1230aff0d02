"""From raw items to training, validation and test sets that share no item, and a report of the rest."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets import card, items, raw
from edgeline.datasets.duplicates import Duplicate, content_digests, find_duplicates
from edgeline.datasets.items import Items, resize
from edgeline.datasets.label_issues import Suspect, find_label_issues
from edgeline.datasets.quality import check_damage, inspect, kind_of
from edgeline.datasets.raw import INCOMPLETE, ColumnNote, QuarantineItem, Raw
from edgeline.datasets.splits import draw
from edgeline.digest import canonical_json
from edgeline.errors import EnvironmentUnfit, RecipeError, Tampered
from edgeline.files import write_atomically
from edgeline.preprocess import Kind, find_missing
from edgeline.recipe.data import Data

FOLDER = "prepared"
REPORT = "report.json"
SETS = ("train", "validation", "test")
OPTIONAL = ("column_notes", "decimal_marks")


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
    column_notes: tuple[ColumnNote, ...] = ()
    """On columns that were turned, left out or lack values; the file has them only where there are any."""
    decimal_marks: tuple[str, ...] = ()
    """Of each column, where numbers are not written as computers write them; else the file has none."""


def prepare(folder: Path, settings: Data) -> PrepareReport:
    """From raw.npz to prepared/{train,validation,test}.npz, and a report of every item left out.

    Raises:
        RecipeError: too few items are good.
        GateMissed: more of them are damaged than the settings allow.
    """
    card.withdraw(folder)
    source = raw.read(folder / raw.RAW)
    kind = kind_of(source.items.values)
    good = _remove_bad(source, kind, settings)
    reasons, duplicates = find_duplicates(good.items, good.splits, kind, settings.near)
    kept = good.items.take(reasons == "")
    sets = assign_sets(kept, good.splits[reasons == ""], kind, settings)
    for name in SETS:
        items.write(folder / FOLDER / f"{name}.npz", kept.take(sets == name))
    left_out = Counter([bad.reason for bad in good.quarantine] + reasons[reasons != ""].tolist())
    report = PrepareReport(
        raw=len(source.items) + len(source.quarantine),
        kept=len(kept),
        sets={name: int((sets == name).sum()) for name in SETS},
        left_out=dict(sorted(left_out.items())),
        quarantine=good.quarantine,
        duplicates=duplicates,
        suspects=find_label_issues(kept, sets, source.classes, kind, settings.suspects),
        classes=source.classes,
        columns=source.columns,
        column_notes=(*_note_missing(source, kept, sets, settings), *source.column_notes),
        decimal_marks=source.decimal_marks,
    )
    content = {
        name: value for name, value in asdict(report).items() if value or name not in OPTIONAL
    }
    write_atomically(folder / FOLDER / REPORT, canonical_json(content))
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
            column_notes=tuple(ColumnNote(**one) for one in content.get("column_notes", ())),
            decimal_marks=tuple(content.get("decimal_marks", ())),
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
    sizes = {"test": settings.test, "validation": settings.validation}
    missing = {name: 0 if (sets == name).any() else size for name, size in sizes.items()}
    given = int((sets == "train").sum())
    if sum(missing.values()) >= given:
        raise RecipeError(
            expected=f"data.validation + data.test below the {given} items that there are",
            found=f"data.validation {missing['validation']} and data.test {missing['test']}",
            remedy="lower data.validation or data.test",
        )
    generator = np.random.default_rng((settings.seed, 0))
    groups = _indivisible(kept, kind)
    for name, size in missing.items():
        pool = np.flatnonzero(sets == "train")
        within = None if groups is None else groups[pool]
        sets[pool[draw(kept.labels[pool], size, generator, within)]] = name
    return sets


def _remove_bad(source: Raw, kind: Kind, settings: Data) -> Raw:
    """The items that are good, of one size; the others join the quarantine."""
    reasons = inspect(source.items, len(source.classes), kind, source.columns, settings.missing)
    good = raw.quarantine_items(source, reasons)
    check_damage(good.quarantine, len(source.items) + len(source.quarantine), settings.max_bad)
    if len(good.items) == 0:
        raise RecipeError(
            expected="at least one undamaged item",
            found=f"{len(good.quarantine)} damaged ones",
            remedy="correct the source",
        )
    if kind != "image":
        return good
    given, sizes = good.items.values, good.items.sizes
    values = resize(given, settings.image_size, settings.channels)
    if sizes is None and values.shape[1:3] != given.shape[1:3]:
        sizes = np.tile(np.array(given.shape[1:3], np.int64), (len(given), 1))
    return replace(good, items=replace(good.items, values=values, sizes=sizes))


def lacking_columns(train: Items) -> tuple[int, ...]:
    """Positions of the columns or channels in which the training items lack values."""
    values = train.values
    if values.dtype == np.uint8:
        return ()
    axes = tuple(range(values.ndim - 1))
    return tuple(np.flatnonzero(find_missing(values).any(axis=axes)).tolist())


def _note_missing(
    source: Raw, kept: Items, sets: NDArray[np.str_], settings: Data
) -> Iterator[ColumnNote]:
    """How many cells of which columns had no value, in all that could be read, and what was done."""
    values = source.items.values
    if values.dtype == np.uint8:
        return
    counts = find_missing(values).reshape(-1, values.shape[-1]).sum(axis=0)
    cells = values.size // values.shape[-1]
    told = lacking_columns(kept.take(sets == "train")) if settings.missing == "indicator" else ()
    for at in np.flatnonzero(counts).tolist():
        done = (
            "their items are left out"
            if settings.missing == "refuse"
            else "the mean stands for them" + ", and an input more says so" * (at in told)
        )
        name = source.columns[at] if source.columns else str(at)
        yield ColumnNote(
            name, INCOMPLETE, f"{counts[at]:,} of {cells:,} cells have no value; {done}"
        )


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
