"""Recordings of several channels, from the user's files, with the classes that folders or columns name.

All have the channels of the first one that can be read.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets.raw import LEFT_OUT, SET_NAMES, ColumnNote, QuarantineItem
from edgeline.errors import RecipeError
from edgeline.recipe.data import Data
from edgeline.sources import arrays, intake, layout, table_files
from edgeline.sources.columns import RAGGED, Columns, TextCells
from edgeline.sources.intake import BadItem, FileEntry, Progress, refuse
from edgeline.sources.layout import LabelledFile
from edgeline.sources.order import Course
from edgeline.sources.selection import (
    NOT_EVERYWHERE,
    NOT_NAMED,
    find_orders,
    select,
)

SUFFIXES = (*table_files.SUFFIXES, ".npy")

OTHER_CHANNELS = "without the channels of the others"
NO_RECORDING = "not a recording"
NO_GROUP = "no group, so that no recording has this row"
BY_FOLDER = "the folders name the classes"
OTHER_AXES = "an array of other axes than steps and channels"


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
    text_cells: TextCells = field(default_factory=dict)
    courses: Mapping[str, Course] = field(default_factory=dict)
    """Of the channels, by name, where they are columns of a file."""
    notes: tuple[ColumnNote, ...] = ()
    """On the columns of its file that are turned or left out."""
    decimal_marks: tuple[str, ...] = ()
    """Of the channels, where its file does not write numbers as computers do."""


def read_recordings(
    path: Path, where: str, settings: Data, quarantine: list[QuarantineItem], on_item: Progress
) -> list[Recording]:
    """All that can be read below a folder, or in the file at `path`, which messages call `where`.

    Channels that merely order the steps, in every recording, as time stamps do, are left out where
    `data.columns` names none.

    Raises:
        RecipeError: they are too large together, or the only one, or every one, is of another form.
    """
    recordings = _read_all(path, where, settings, {}, quarantine, on_item)
    orders = {} if settings.columns else find_orders([one.courses for one in recordings])
    if not orders:
        return recordings
    quarantine.clear()
    return _read_all(path, where, settings, orders, quarantine, on_item)


def _read_all(
    path: Path,
    where: str,
    settings: Data,
    against: Mapping[str, str],
    quarantine: list[QuarantineItem],
    on_item: Progress,
) -> list[Recording]:
    """Every recording, less the columns that `against` has a reason for.

    Raises:
        RecipeError: they are too large together, or the only one, or every one, is of another form.
    """
    files = _label_files(path, where, settings)
    folder = path if path.is_dir() else path.parent
    recordings: list[Recording] = []
    refused: RecipeError | None = None
    size = 0
    for done, one in enumerate(files, 1):
        names = recordings[0].names if recordings else settings.columns
        try:
            if one.file.problem:
                raise BadItem(one.file.problem)
            read = list(_read(folder / one.file.path, one, names, settings, against, quarantine))
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


def merge_notes(recordings: Sequence[Recording]) -> tuple[ColumnNote, ...]:
    """The first note on every column."""
    notes: dict[str, ColumnNote] = {}
    for one in recordings:
        for note in one.notes:
            notes.setdefault(note.name, note)
    return tuple(notes.values())


def _label_files(path: Path, where: str, settings: Data) -> list[LabelledFile]:
    """The recordings in a folder, of classes or side by side with a column for it; or the one at `path`."""
    if path.is_file():
        return [LabelledFile(FileEntry(path.name, path.stat().st_size))]
    files = [file for file in intake.list_files(path) if file.path.lower().endswith(SUFFIXES)]
    if any("/" in file.path for file in files):
        # A file beside the folders of classes, such as a list of the files, is no recording.
        labelled = layout.label_files(files, where, SUFFIXES, settings)
        return [one for one in labelled if one.class_name]
    return [
        LabelledFile(file, SET_NAMES.get(file.path.rpartition(".")[0].lower(), ""))
        for file in files
    ]


def _read(
    path: Path,
    one: LabelledFile,
    names: tuple[str, ...],
    settings: Data,
    against: Mapping[str, str],
    quarantine: list[QuarantineItem],
) -> Iterator[Recording]:
    """The recordings of one file, with the channels `names` where they are known."""
    if path.suffix.lower() == ".npy":
        yield _from_array(arrays.read_npy(path), one, names, settings)
        return
    read = table_files.read(path)
    if table_files.lacks_names(read):
        raise BadItem(table_files.NO_NAMES)
    quarantine += [QuarantineItem(f"{one.file.id}:{row}", RAGGED) for row in read.ragged]
    if settings.group in read.table.column_names:
        known = np.array([word != "" for word in read.words(settings.group)], dtype=bool)
        alone = read.rows[~known].tolist()
        quarantine += [QuarantineItem(f"{one.file.id}:{row}", NO_GROUP) for row in alone]
        read = replace(read, table=read.table.filter(known), rows=read.rows[known])
    yield from _from_columns(read, one, names, settings, against)


def _from_array(
    array: NDArray[Any], one: LabelledFile, names: tuple[str, ...], settings: Data
) -> Recording:
    values = array[:, None] if array.ndim == 1 else array
    if values.ndim != 2:
        raise BadItem(OTHER_AXES)
    if 0 in values.shape or values.dtype.kind not in "iuf":
        raise BadItem(NO_RECORDING)
    steps, channels = values.shape
    names = names or tuple(f"channel {at + 1}" for at in range(channels))
    if len(names) != channels:
        raise BadItem(OTHER_CHANNELS)
    with np.errstate(over="ignore"):
        values = values.astype(np.float32)
    words = [one.class_name] * steps
    return Recording(one.file.id, one.split, _group(one, settings), names, values, words)


def _from_columns(
    read: Columns,
    one: LabelledFile,
    names: tuple[str, ...],
    settings: Data,
    against: Mapping[str, str],
) -> Iterator[Recording]:
    """A file's rows, told apart by the column `group` where there is one."""
    present = set(read.table.column_names)
    if not one.class_name:
        read.require([settings.label, *([settings.group] if settings.group else [])])
    if not set(names) <= present or not len(read.rows):
        raise BadItem(OTHER_CHANNELS if len(read.rows) else intake.EMPTY)
    unnamed = NOT_NAMED if settings.columns else NOT_EVERYWHERE
    exclude = (settings.label, settings.group)
    selection = select([read], names, exclude, against=against, unnamed=unnamed)
    names, notes, marks = selection.names, selection.notes, selection.decimal_marks
    if one.class_name and settings.label in present - set(names):
        notes = (*notes, ColumnNote(settings.label, LEFT_OUT, BY_FOLDER))
    words = [one.class_name] * len(read.rows) if one.class_name else read.words(settings.label)
    if not settings.group or settings.group not in present:
        values, texts, (course,) = read.numbers(selection.notations)
        group = _group(one, settings)
        yield Recording(
            one.file.id, one.split, group, names, values, words, texts, course, notes, marks
        )
        return
    by_group: dict[str, list[int]] = {}
    for step, group in enumerate(read.words(settings.group)):
        by_group.setdefault(group, []).append(step)
    places = [np.array(at) for at in by_group.values()]
    values, texts, courses = read.numbers(selection.notations, places)
    for group, at, course in zip(by_group, places, courses, strict=True):
        own = [words[step] for step in at]
        own_texts = {name: cells[at] for name, cells in texts.items()}
        identity = f"{one.file.id}:{group}"
        yield Recording(
            identity, one.split, group, names, values[at], own, own_texts, course, notes, marks
        )


def _group(one: LabelledFile, settings: Data) -> str:
    """Without a column for it, a recording is a group: its windows stay in one set."""
    return layout.group_of(one, settings) or one.file.id
