"""Recordings of several channels, cut into windows of one length.

One CSV or Parquet file, where `group` tells the recordings apart and `label` each step's class; or a
folder of CSV, Parquet and .npy (steps, channels) files, one recording each, in a folder for each
class or with a column for it; or one .npz file of series (N, steps, channels) and labels (N,).
A window's class is that of its last step, which a device predicts when it has seen the window.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets.items import Items
from edgeline.datasets.raw import QuarantineItem, Raw, quarantine_items, text_array
from edgeline.recipe.data import Data
from edgeline.sources import archives, classes, columns, intake
from edgeline.sources.columns import text_reasons
from edgeline.sources.intake import Progress, printable, refuse
from edgeline.sources.recordings import (
    SUFFIXES,
    Recording,
    merge_notes,
    read_recordings,
)
from edgeline.sources.series_arrays import read_series

MAX_STEPS = 100_000


def load(path: Path, settings: Data, scratch: Path, on_item: Progress) -> Raw:
    """Every window of every recording, in the order of their files."""
    quarantine: list[QuarantineItem] = []
    is_file, suffix = not path.is_dir(), path.suffix.lower()
    recordings = read_series(path, settings) if is_file and suffix == ".npz" else []
    if not recordings:
        source = path if is_file and suffix in SUFFIXES else archives.unpack(path, scratch)
        recordings = read_recordings(source, path.name, settings, quarantine, on_item)
    if not recordings:
        reason = quarantine[0].reason if quarantine else "none"
        refuse(f"recordings in {path.name}", reason, "check the files, or set data.path to others")
    names = recordings[0].names
    steps = settings.steps or max(len(one.values) for one in recordings)
    stride = settings.stride or steps
    number = sum(len(_starts(one, steps, stride)) for one in recordings)
    if (
        steps > MAX_STEPS
        or number > columns.MAX_ROWS
        or 4 * number * steps * len(names) > intake.MAX_BYTES
    ):
        refuse(
            f"windows of at most {MAX_STEPS:,} steps and {intake.MAX_BYTES:,} bytes together",
            f"{number:,} of {steps:,} steps",
            "lower data.steps, or raise data.stride",
        )
    windows = [window for one in recordings for window in _cut(one, steps, stride)]
    values = pad([window.values for window in windows], steps)
    words = [window.words[0] for window in windows]
    _require_classes(words, settings, quarantine, path.name)
    labels, class_names = classes.assign_labels(words, settings.classes, path.name)
    groups = [window.group for window in windows]
    items = Items(
        values,
        labels,
        text_array([window.id for window in windows]),
        # With one recording alone, the group tells nothing.
        text_array(groups if len(set(groups)) > 1 else [""] * len(groups)),
    )
    splits = text_array([window.split for window in windows])
    texts = text_array([_find_text(window) for window in windows])
    reasons = np.where(texts != "", texts, classes.label_problems(words, labels))
    marks = next((one.decimal_marks for one in recordings if one.decimal_marks), ())
    raw = Raw(items, splits, class_names, names, tuple(quarantine), merge_notes(recordings), marks)
    return quarantine_items(raw, reasons)


def _require_classes(
    words: Sequence[str], settings: Data, quarantine: Sequence[QuarantineItem], where: str
) -> None:
    """Name what is against the recordings of the other classes, where none or one alone is left."""
    known = {word for word in words if word}
    if not quarantine or len(known) > (0 if settings.classes else 1):
        return
    reason, count = Counter(one.reason for one in quarantine).most_common(1)[0]
    refuse(
        f"recordings of two classes or more in {where}",
        f"{count:,} that cannot be used, the first {printable(quarantine[0].id)}: {reason}",
        "correct these files, or set data.path to others",
    )


def _cut(one: Recording, steps: int, stride: int) -> Iterator[Recording]:
    """Windows of `steps`, each `stride` after the one before; a rest at the end is dropped.

    A shorter recording is one window whose first steps are unknown.
    """
    starts = _starts(one, steps, stride)
    for start in starts:
        end = min(start + steps, len(one.values))
        yield replace(
            one,
            id=f"{one.id}@{start}" if len(starts) > 1 else one.id,
            values=one.values[start:end],
            words=[one.words[end - 1]],
            text_cells={name: cells[start:end] for name, cells in one.text_cells.items()},
        )


def _find_text(window: Recording) -> str:
    """What is against a window that holds text; empty where it has numbers alone."""
    if not window.text_cells:
        return ""
    return next(filter(None, text_reasons(window.text_cells, len(window.values)).tolist()), "")


def _starts(one: Recording, steps: int, stride: int) -> range:
    return range(0, max(len(one.values) - steps, 0) + 1, stride)


def pad(series: Sequence[NDArray[np.float32]], steps: int) -> NDArray[np.float32]:
    """(N, T, C) from series (t, C) of at most T `steps`; NaN stands for unknown first steps."""
    values = np.full((len(series), steps, series[0].shape[1]), np.nan, np.float32)
    for into, one in zip(values, series, strict=True):
        into[steps - len(one) :] = one
    return values
