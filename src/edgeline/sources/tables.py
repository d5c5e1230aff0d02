"""Rows of numbers with a column for the class: one CSV or Parquet file, or one each for train and test."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets.items import Items
from edgeline.datasets.raw import SET_NAMES, QuarantineItem, Raw, quarantine_items, text_array
from edgeline.recipe.data import Data
from edgeline.sources import classes, columns
from edgeline.sources.columns import NOT_A_NUMBER, RAGGED, Columns
from edgeline.sources.intake import Progress, printable, refuse


def load(path: Path, settings: Data, scratch: Path, on_item: Progress) -> Raw:
    """Every row of the file, or of the files train, validation and test in a folder."""
    parts = [(split, columns.read(file)) for split, file in set_files(path)]
    names = settings.columns or parts[0][1].numeric(exclude=(settings.label, settings.group))
    required = (settings.label, *names, *([settings.group] if settings.group else []))
    for _, part in parts:
        part.require(required)
    numbers, is_text = zip(*(part.numbers(names) for _, part in parts), strict=True)
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
    reasons = np.where(np.concatenate(is_text), NOT_A_NUMBER, classes.label_problems(words, labels))
    items = Items(np.concatenate(numbers), labels, ids, text_array(groups))
    return quarantine_items(Raw(items, splits, class_names, tuple(names), _ragged(parts)), reasons)


def set_files(path: Path) -> list[tuple[str, Path]]:
    """Set and file; the set is empty where `path` is one file.

    Raises:
        RecipeError: a folder in which other files lie.
    """
    if not path.is_dir():
        return [("", path)]
    tables = sorted(file for file in path.iterdir() if file.suffix.lower() in columns.SUFFIXES)
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


def _ids(part: Columns) -> NDArray[np.str_]:
    """The file's name and each row's number."""
    digits = len(str(part.rows.max(initial=0)))
    return np.char.add(f"{part.where}:", part.rows.astype(f"U{digits}"))


def _ragged(parts: list[tuple[str, Columns]]) -> tuple[QuarantineItem, ...]:
    return tuple(
        QuarantineItem(f"{part.where}:{row}", RAGGED) for _, part in parts for row in part.ragged
    )
