"""Rows of numbers with a column for the class: one CSV or Parquet file, or one each for train and test."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets.items import Items
from edgeline.datasets.raw import SET_NAMES, Quarantined, Raw, sound, texts
from edgeline.recipe.data import Data
from edgeline.sources import classes, columns
from edgeline.sources.columns import NOT_A_NUMBER, RAGGED, Columns
from edgeline.sources.intake import Progress, refuse, shown


def load(path: Path, settings: Data, scratch: Path, on_item: Progress) -> Raw:
    """Every row of the file, or of the files train, validation and test in a folder."""
    parts = [(split, columns.read(file)) for split, file in files(path)]
    names = settings.columns or parts[0][1].numeric(but=(settings.label, settings.group))
    wanted = (settings.label, *names, *([settings.group] if settings.group else []))
    for _, part in parts:
        part.check(wanted)
    numbers, is_text = zip(*(part.numbers(names) for _, part in parts), strict=True)
    words = [word for _, part in parts for word in part.words(settings.label)]
    labels, known = classes.assign(words, settings.classes, path.name)
    groups = [
        word
        for _, part in parts
        for word in (part.words(settings.group) if settings.group else [""] * len(part.rows))
    ]
    ids = np.concatenate([_ids(part) for _, part in parts])
    splits = np.concatenate([np.full(len(part.rows), split) for split, part in parts])
    on_item(len(ids), len(ids))
    reasons = np.where(np.concatenate(is_text), NOT_A_NUMBER, classes.reasons(words, labels))
    items = Items(np.concatenate(numbers), labels, ids, texts(groups))
    return sound(Raw(items, splits, known, tuple(names), _ragged(parts)), reasons)


def files(path: Path) -> list[tuple[str, Path]]:
    """Set and file; the set is empty where `path` is one file.

    Raises:
        RecipeError: a folder in which other files lie.
    """
    if not path.is_dir():
        return [("", path)]
    found = sorted(file for file in path.iterdir() if file.suffix.lower() in columns.SUFFIXES)
    if not found or {file.stem.lower() for file in found} - SET_NAMES.keys():
        refuse(
            f"in {path.name} files named train, validation or test, .csv or .parquet",
            ", ".join(shown(file.name) for file in found[:10]) or "none",
            "name one file, or rename these",
        )
    order = list(SET_NAMES.values())
    return sorted(
        ((SET_NAMES[file.stem.lower()], file) for file in found),
        key=lambda one: (order.index(one[0]), one[1].name),
    )


def _ids(part: Columns) -> NDArray[np.str_]:
    """The file's name and each row's number."""
    digits = len(str(part.rows.max(initial=0)))
    return np.char.add(f"{part.where}:", part.rows.astype(f"U{digits}"))


def _ragged(parts: list[tuple[str, Columns]]) -> tuple[Quarantined, ...]:
    return tuple(
        Quarantined(f"{part.where}:{row}", RAGGED) for _, part in parts for row in part.ragged
    )
