"""Rows of numbers with a column for the class: one CSV or Parquet file, or one each for train and test."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets.items import Items
from edgeline.datasets.raw import SET_NAMES, QuarantineItem, Raw, quarantine_items, text_array
from edgeline.recipe.data import Data
from edgeline.sources import classes, table_files
from edgeline.sources.columns import RAGGED, Columns, text_reasons
from edgeline.sources.intake import Progress, printable, refuse
from edgeline.sources.selection import Selection, find_orders, select


def load(path: Path, settings: Data, scratch: Path, on_item: Progress) -> Raw:
    """Every row of the file, or of the files train, validation and test in a folder."""
    parts = [(split, table_files.read(file)) for split, file in set_files(path)]
    selection, values, reasons = _read_numbers([part for _, part in parts], settings)
    words = [word for _, part in parts for word in part.words(settings.label)]
    labels, class_names = classes.assign_labels(words, settings.classes, path.name)
    groups = [
        word
        for _, part in parts
        for word in (part.words(settings.group) if settings.group else [""] * len(part.rows))
    ]
    ids = np.concatenate([_ids(part) for _, part in parts])
    splits = np.concatenate([np.full(len(part.rows), split) for split, part in parts])
    on_item(len(ids), len(ids))
    reasons = np.where(reasons != "", reasons, classes.label_problems(words, labels))
    items = Items(values, labels, ids, text_array(groups))
    source = Raw(
        items,
        splits,
        class_names,
        selection.names,
        _ragged(parts),
        selection.notes,
        selection.decimal_marks,
    )
    return quarantine_items(source, reasons)


def set_files(path: Path) -> list[tuple[str, Path]]:
    """Set and file; the set is empty where `path` is one file.

    Raises:
        RecipeError: a folder in which other files lie.
    """
    if not path.is_dir():
        return [("", path)]
    tables = sorted(file for file in path.iterdir() if file.suffix.lower() in table_files.SUFFIXES)
    if not tables or {file.stem.lower() for file in tables} - SET_NAMES.keys():
        refuse(
            f"files named train, validation or test (.csv or .parquet) in {path.name}",
            ", ".join(printable(file.name) for file in tables[:10]) or "none",
            "set data.path to one file, or rename these",
        )
    order = list(SET_NAMES.values())
    return sorted(
        ((SET_NAMES[file.stem.lower()], file) for file in tables),
        key=lambda one: (order.index(one[0]), one[1].name),
    )


def _read_numbers(
    parts: list[Columns], settings: Data
) -> tuple[Selection, NDArray[np.float32], NDArray[np.str_]]:
    """The columns that a network sees, their values (N, F) over all parts, and what is against each row (N,)."""
    own = [settings.label, *([settings.group] if settings.group else [])]
    for part in parts:
        if table_files.lacks_names(part):
            refuse(
                f"names of columns in the first line of {part.where}",
                f"numbers: {', '.join(part.table.column_names[:3])}",
                "write a line with a name for each column above the numbers",
            )
        part.require([*own, *settings.columns])
    selection = select(parts, settings.columns, own, against={})
    for part in parts:
        part.require(selection.names)
    read = [part.numbers(selection.notations) for part in parts]
    orders = {} if settings.columns else find_orders([courses for *_, (courses,) in read])
    if orders:
        selection = select(parts, (), own, against=orders)
        read = [part.numbers(selection.notations) for part in parts]
    reasons = [text_reasons(cells, len(values)) for values, cells, _ in read]
    return selection, np.concatenate([values for values, _, _ in read]), np.concatenate(reasons)


def _ids(part: Columns) -> NDArray[np.str_]:
    """The file's name and each row's number."""
    digits = len(str(part.rows.max(initial=0)))
    return np.char.add(f"{part.where}:", part.rows.astype(f"U{digits}"))


def _ragged(parts: list[tuple[str, Columns]]) -> tuple[QuarantineItem, ...]:
    return tuple(
        QuarantineItem(f"{part.where}:{row}", RAGGED) for _, part in parts for row in part.ragged
    )
