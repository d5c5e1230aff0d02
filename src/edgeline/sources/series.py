"""Recordings of several channels, cut into windows of one length.

One CSV or Parquet file, where `group` tells the recordings apart and `label` each step's class; or a
folder of CSV, Parquet and .npy (steps, channels) files, one recording each, in a folder for each
class or with a column for it. A window's class is that of its last step, which a device predicts when
it has seen the window.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

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
    values: NDArray[np.float32]
    """(T, C)."""
    words: Sequence[str]
    """The class of each step, or of all."""
    is_text: NDArray[np.bool_]
    """(T,), whether there is text where a number belongs."""

    def word(self, end: int) -> str:
        return self.words[end - 1] if len(self.words) > 1 else self.words[0]


@dataclass(frozen=True)
class Window:
    """Steps `start` to `end` of a recording."""

    of: Recording
    start: int
    end: int
    id: str


def load(path: Path, settings: Data, scratch: Path, on_item: Progress) -> Raw:
    """Every window of every recording, in the order of their files."""
    quarantine: list[QuarantineItem] = []
    source = archives.unpack(path, scratch) if _is_folder(path) else path
    names, recordings = _recordings(source, path.name, settings, quarantine, on_item)
    if not recordings:
        reason = quarantine[0].reason if quarantine else "none"
        refuse(f"recordings in {path.name}", reason, "check the files, or set data.path to others")
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
    windows = cut_windows(recordings, steps, stride)
    values = pad([window.of.values[window.start : window.end] for window in windows], steps)
    words = [window.of.word(window.end) for window in windows]
    labels, class_names = classes.assign_labels(words, settings.classes, path.name)
    groups = [window.of.group for window in windows]
    items = Items(
        values,
        labels,
        text_array([window.id for window in windows]),
        # With one recording alone, the group tells nothing.
        text_array(groups if len(set(groups)) > 1 else [""] * len(groups)),
    )
    splits = text_array([window.of.split for window in windows])
    is_text = [window.of.is_text[window.start : window.end].any() for window in windows]
    reasons = np.where(is_text, NOT_A_NUMBER, classes.label_problems(words, labels))
    return quarantine_items(
        Raw(items, splits, class_names, tuple(names), tuple(quarantine)), reasons
    )


def cut_windows(recordings: Sequence[Recording], steps: int, stride: int) -> list[Window]:
    """Windows of `steps`, each `stride` after the one before; a rest at the end is dropped.

    A shorter recording is one window whose first steps are unknown.
    """
    windows = []
    for one in recordings:
        starts = _starts(one, steps, stride)
        for start in starts:
            name = f"{one.id}@{start}" if len(starts) > 1 else one.id
            windows.append(Window(one, start, min(start + steps, len(one.values)), name))
    return windows


def _starts(one: Recording, steps: int, stride: int) -> range:
    return range(0, max(len(one.values) - steps, 0) + 1, stride)


def pad(series: Sequence[NDArray[np.float32]], steps: int) -> NDArray[np.float32]:
    """(N, T, C) from series (t, C) of at most T `steps`; NaN stands for unknown first steps."""
    values = np.full((len(series), steps, series[0].shape[1]), np.nan, np.float32)
    for into, one in zip(values, series, strict=True):
        into[steps - len(one) :] = one
    return values


def _is_folder(path: Path) -> bool:
    return path.is_dir() or path.suffix.lower() not in SUFFIXES


def _recordings(
    path: Path, where: str, settings: Data, quarantine: list[QuarantineItem], on_item: Progress
) -> tuple[tuple[str, ...], list[Recording]]:
    """Names of the channels, and all that can be read.

    Raises:
        RecipeError: they are too large together, or the only one, or every one, is of another form.
    """
    files = _label_files(path, where) if path.is_dir() else [_single_file(path)]
    folder = path if path.is_dir() else path.parent
    names: tuple[str, ...] = ()
    recordings: list[Recording] = []
    refused: RecipeError | None = None
    size = 0
    for done, one in enumerate(files, 1):
        try:
            if one.file.problem:
                raise BadItem(one.file.problem)
            read = list(_read(folder / one.file.path, one, settings, names, quarantine))
        except BadItem as error:
            quarantine.append(QuarantineItem(one.file.id, str(error)))
        except RecipeError as error:
            refused = refused or error
            quarantine.append(QuarantineItem(one.file.id, NO_RECORDING))
        else:
            names = names or read[0][0]
            recordings += [recording for _, recording in read]
            size += sum(recording.values.nbytes for _, recording in read)
            if size > intake.MAX_BYTES:
                refuse(f"at most {intake.MAX_BYTES:,} bytes in {where}", "more", "use a part of it")
        on_item(done, len(files))
    if refused and not recordings:
        raise refused
    return names, recordings


def _single_file(path: Path) -> LabelledFile:
    return LabelledFile(
        FileEntry(path.name, path.stat().st_size), split="", class_name="", group=""
    )


def _label_files(path: Path, where: str) -> list[LabelledFile]:
    """The recordings in a folder; in folders of classes, or side by side with a column for it."""
    files = [file for file in intake.list_files(path) if file.path.lower().endswith(SUFFIXES)]
    if any("/" in file.path for file in files):
        # A file beside the folders of classes, such as a list of the files, is no recording.
        return [one for one in folders.label_files(files, where, SUFFIXES) if one.class_name]
    return [
        LabelledFile(file, SET_NAMES.get(file.path.rpartition(".")[0].lower(), ""), "", "")
        for file in files
    ]


Named = tuple[tuple[str, ...], Recording]


def _read(
    path: Path,
    one: LabelledFile,
    settings: Data,
    names: tuple[str, ...],
    quarantine: list[QuarantineItem],
) -> Iterator[Named]:
    """Names of the channels with each recording of one file."""
    if path.suffix.lower() == ".npy":
        yield _from_array(path, one, settings, names)
        return
    read = columns.read(path)
    quarantine += [QuarantineItem(f"{one.file.id}:{row}", RAGGED) for row in read.ragged]
    yield from _from_columns(read, one, settings, names)


def _from_array(path: Path, one: LabelledFile, settings: Data, names: tuple[str, ...]) -> Named:
    array = arrays.read_npy(path)
    values = array[:, None] if array.ndim == 1 else array
    if values.ndim != 2 or 0 in values.shape or values.dtype.kind not in "iuf":
        raise BadItem(NO_RECORDING)
    names = names or settings.columns or tuple(f"channel {at + 1}" for at in range(values.shape[1]))
    if len(names) != values.shape[1]:
        raise BadItem(OTHER_CHANNELS)
    with np.errstate(over="ignore"):
        values = values.astype(np.float32)
    none = np.zeros(len(values), dtype=bool)
    return names, Recording(
        one.file.id, one.split, _group(one, settings), values, [one.class_name], none
    )


def _from_columns(
    read: Columns, one: LabelledFile, settings: Data, names: tuple[str, ...]
) -> Iterator[Named]:
    """A file's rows, told apart by the column `group` where there is one."""
    present = set(read.table.column_names)
    is_grouped = bool(settings.group) and settings.group in present
    if not one.class_name:
        read.require([settings.label, *([settings.group] if settings.group else [])])
    names = names or settings.columns or read.numeric(exclude=(settings.label, settings.group))
    if not set(names) <= present or not len(read.rows):
        raise BadItem(OTHER_CHANNELS if len(read.rows) else intake.EMPTY)
    values, is_text = read.numbers(names)
    words = [one.class_name] if one.class_name else read.words(settings.label)
    if not is_grouped:
        yield (
            names,
            Recording(one.file.id, one.split, _group(one, settings), values, words, is_text),
        )
        return
    groups, first, of = np.unique(
        np.array(read.words(settings.group)), return_index=True, return_inverse=True
    )
    # Rows of one group after another, each group's in their own order.
    parts = np.split(np.argsort(of, kind="stable"), np.cumsum(np.bincount(of))[:-1])
    for which in np.argsort(first):
        at, group = parts[which], str(groups[which])
        own = words if one.class_name else [words[step] for step in at]
        identity = f"{one.file.id}:{group}"
        yield names, Recording(identity, one.split, group, values[at], own, is_text[at])


def _group(one: LabelledFile, settings: Data) -> str:
    """Without a column for it, a recording is a group: its windows stay in one set."""
    return folders.group_of(one, settings) or one.file.id
