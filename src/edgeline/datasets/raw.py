"""The items of a source before anything was checked, and those that could not be read."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets.items import MAKE, Items, from_arrays, read_arrays, to_arrays, write_arrays
from edgeline.errors import Tampered

RAW = "raw.npz"

# Names of folders and files that hold the sets of a source.
SET_NAMES = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
    "testing": "test",
}


@dataclass(frozen=True)
class QuarantineItem:
    """An item that is left out, and why."""

    id: str
    reason: str
    """One of a few fixed texts, so that they can be counted."""


LEFT_OUT, TURNED, INCOMPLETE = "left out", "turned", "incomplete"


@dataclass(frozen=True)
class ColumnNote:
    """A column of the source that no network sees, that was turned into numbers or lacks values, and why."""

    name: str
    action: str
    """LEFT_OUT, TURNED or INCOMPLETE."""
    reason: str

    def __str__(self) -> str:
        return f"{self.name} {self.action}: {self.reason}"


@dataclass(frozen=True)
class Raw:
    """A source's N items in its own order, which is the same every time."""

    items: Items
    splits: NDArray[np.str_]
    """(N,), "train", "validation" or "test" where the source itself says so, else empty."""
    classes: tuple[str, ...]
    """Their names in the order of the labels."""
    columns: tuple[str, ...]
    """Names of a series' channels or of a table's features; empty for images."""
    quarantine: tuple[QuarantineItem, ...] = ()
    """What could not be decoded; it is not among the items."""
    column_notes: tuple[ColumnNote, ...] = ()
    """Of the source's columns; a file has them only where there are any."""
    decimal_marks: tuple[str, ...] = ()
    """Of each column, where numbers are not written as computers write them; else none."""


def read(path: Path) -> Raw:
    """Raises EnvironmentUnfit where there is no such file, Tampered where it holds something else."""
    arrays = read_arrays(path)
    try:
        bad = zip(arrays["bad_ids"].tolist(), arrays["bad_reasons"].tolist(), strict=True)
        return Raw(
            from_arrays(arrays),
            arrays["splits"],
            classes=tuple(arrays["classes"].tolist()),
            columns=tuple(arrays["columns"].tolist()),
            quarantine=tuple(QuarantineItem(*one) for one in bad),
            column_notes=tuple(
                ColumnNote(*one) for one in arrays.get("column_notes", text_array([])).tolist()
            ),
            decimal_marks=tuple(arrays.get("decimal_marks", text_array([])).tolist()),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise Tampered(
            expected=f"raw items in {path}", found=str(error), remedy=f"delete it and {MAKE}"
        ) from None


def write(path: Path, raw: Raw) -> None:
    """Whole or not at all; the same items give the same bytes."""
    write_arrays(
        path,
        {
            **to_arrays(raw.items),
            "splits": raw.splits,
            "classes": text_array(raw.classes),
            "columns": text_array(raw.columns),
            "bad_ids": text_array([bad.id for bad in raw.quarantine]),
            "bad_reasons": text_array([bad.reason for bad in raw.quarantine]),
            **(
                {"column_notes": text_array([astuple(note) for note in raw.column_notes])}
                if raw.column_notes
                else {}
            ),
            **({"decimal_marks": text_array(raw.decimal_marks)} if raw.decimal_marks else {}),
        },
    )


def quarantine_items(raw: Raw, reasons: NDArray[np.str_]) -> Raw:
    """The items without a reason (N,) against them; the others join the quarantine."""
    good = reasons == ""
    if good.all():
        return raw
    bad = zip(raw.items.ids[~good].tolist(), reasons[~good].tolist(), strict=True)
    quarantine = (*raw.quarantine, *(QuarantineItem(*one) for one in bad))
    return replace(raw, items=raw.items.take(good), splits=raw.splits[good], quarantine=quarantine)


def text_array(words: Sequence[str | tuple[str, ...]]) -> NDArray[np.str_]:
    """Words as an array without objects, which needs no pickle; there may be none."""
    return np.array(words, dtype=np.str_)
