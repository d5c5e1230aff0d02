"""Recordings of several channels, cut into windows of one length.

One CSV or Parquet file, where `group` tells the recordings apart and `label` each step's class; or a
folder of CSV, Parquet and .npy (steps, channels) files, one recording each, in a folder for each
class or with a column for it. A window's class is that of its last step, which a device predicts when
it has seen the window.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets.items import Items
from edgeline.datasets.raw import SET_NAMES, QuarantineItem, Raw, quarantine_items, text_array
from edgeline.errors import RecipeError
from edgeline.recipe.data import Data
from edgeline.sources import archives, arrays, classes, columns, folders, intake
from edgeline.sources.columns import NOT_A_NUMBER, RAGGED, Columns
from edgeline.sources.folders import LabelledFile
from edgeline.sources.intake import BadItem, FileEntry, Progress, refuse

SUFFIXES = (*columns.SUFFIXES, ".npy")
MAX_STEPS = 100_000

OTHER_CHANNELS = "without the channels of the others"
NO_RECORDING = "not a recording"


@dataclass(frozen=True)
class Recording:
    """T steps of C channels, in the order of time."""

    id: str
    split: str
    group: str
    names: tuple[str, ...]
    """Of the channels."""
    values: NDArray[np.float32]
    """(T, C)."""
    words: Sequence[str]
    """The class of each step; of a window, that of its last step alone."""
    is_text: NDArray[np.bool_]
    """(T,), whether there is text where a number belongs."""


def load(path: Path, settings: Data, scratch: Path, on_item: Progress) -> Raw:
    """Every window of every recording, in the order of their files."""
    quarantine: list[QuarantineItem] = []
    is_file = path.suffix.lower() in SUFFIXES and not path.is_dir()
    source = path if is_file else archives.unpack(path, scratch)
    recordings = _recordings(source, path.name, settings, quarantine, on_item)
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
    is_text = [window.is_text.any() for window in windows]
    reasons = np.where(is_text, NOT_A_NUMBER, classes.label_problems(words, labels))
    return quarantine_items(Raw(items, splits, class_names, names, tuple(quarantine)), reasons)


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
            is_text=one.is_text[start:end],
        )


def _starts(one: Recording, steps: int, stride: int) -> range:
    return range(0, max(len(one.values) - steps, 0) + 1, stride)


def pad(series: Sequence[NDArray[np.float32]], steps: int) -> NDArray[np.float32]:
    """(N, T, C) from series (t, C) of at most T `steps`; NaN stands for unknown first steps."""
    values = np.full((len(series), steps, series[0].shape[1]), np.nan, np.float32)
    for into, one in zip(values, series, strict=True):
        into[steps - len(one) :] = one
    return values


def _recordings(
    path: Path, where: str, settings: Data, quarantine: list[QuarantineItem], on_item: Progress
) -> list[Recording]:
    """All that can be read; their channels are those of the first.

    Raises:
        RecipeError: they are too large together, or the only one, or every one, is of another form.
    """
    files = _label_files(path, where)
    folder = path if path.is_dir() else path.parent
    recordings: list[Recording] = []
    refused: RecipeError | None = None
    size = 0
    for done, one in enumerate(files, 1):
        names = recordings[0].names if recordings else settings.columns
        try:
            if one.file.problem:
                raise BadItem(one.file.problem)
            read = list(_read(folder / one.file.path, one, names, settings, quarantine))
        except BadItem as error:
            quarantine.append(QuarantineItem(one.file.id, str(error)))
        except RecipeError as error:
            refused = refused or error
            quarantine.append(QuarantineItem(one.file.id, NO_RECORDING))
        else:
            recordings += read
            size += sum(recording.values.nbytes for recording in read)
            if size > intake.MAX_BYTES:
                refuse(f"at most {intake.MAX_BYTES:,} bytes in {where}", "more", "use a part of it")
        on_item(done, len(files))
    if refused and not recordings:
        raise refused
    return recordings


def _label_files(path: Path, where: str) -> list[LabelledFile]:
    """The recordings in a folder, of classes or side by side with a column for it; or the one at `path`."""
    if path.is_file():
        return [LabelledFile(FileEntry(path.name, path.stat().st_size))]
    files = [file for file in intake.list_files(path) if file.path.lower().endswith(SUFFIXES)]
    if any("/" in file.path for file in files):
        # A file beside the folders of classes, such as a list of the files, is no recording.
        return [one for one in folders.label_files(files, where, SUFFIXES) if one.class_name]
    return [
        LabelledFile(file, SET_NAMES.get(file.path.rpartition(".")[0].lower(), ""))
        for file in files
    ]


def _read(
    path: Path,
    one: LabelledFile,
    names: tuple[str, ...],
    settings: Data,
    quarantine: list[QuarantineItem],
) -> Iterator[Recording]:
    """The recordings of one file, with the channels `names` where they are known."""
    if path.suffix.lower() == ".npy":
        yield _from_array(arrays.read_npy(path), one, names, settings)
        return
    read = columns.read(path)
    quarantine += [QuarantineItem(f"{one.file.id}:{row}", RAGGED) for row in read.ragged]
    yield from _from_columns(read, one, names, settings)


def _from_array(
    array: NDArray[Any], one: LabelledFile, names: tuple[str, ...], settings: Data
) -> Recording:
    values = array[:, None] if array.ndim == 1 else array
    if values.ndim != 2 or 0 in values.shape or values.dtype.kind not in "iuf":
        raise BadItem(NO_RECORDING)
    steps, channels = values.shape
    names = names or tuple(f"channel {at + 1}" for at in range(channels))
    if len(names) != channels:
        raise BadItem(OTHER_CHANNELS)
    with np.errstate(over="ignore"):
        values = values.astype(np.float32)
    none, words = np.zeros(steps, dtype=bool), [one.class_name] * steps
    return Recording(one.file.id, one.split, _group(one, settings), names, values, words, none)


def _from_columns(
    read: Columns, one: LabelledFile, names: tuple[str, ...], settings: Data
) -> Iterator[Recording]:
    """A file's rows, told apart by the column `group` where there is one."""
    present = set(read.table.column_names)
    if not one.class_name:
        read.require([settings.label, *([settings.group] if settings.group else [])])
    names = names or read.numeric(exclude=(settings.label, settings.group))
    if not set(names) <= present or not len(read.rows):
        raise BadItem(OTHER_CHANNELS if len(read.rows) else intake.EMPTY)
    values, is_text = read.numbers(names)
    words = [one.class_name] * len(values) if one.class_name else read.words(settings.label)
    if not settings.group or settings.group not in present:
        yield Recording(
            one.file.id, one.split, _group(one, settings), names, values, words, is_text
        )
        return
    by_group: dict[str, list[int]] = {}
    for step, group in enumerate(read.words(settings.group)):
        by_group.setdefault(group, []).append(step)
    for group, at in by_group.items():
        own = [words[step] for step in at]
        identity = f"{one.file.id}:{group}"
        yield Recording(identity, one.split, group, names, values[at], own, is_text[at])


def _group(one: LabelledFile, settings: Data) -> str:
    """Without a column for it, a recording is a group: its windows stay in one set."""
    return folders.group_of(one, settings) or one.file.id
