"""A look at recordings: their channels, lengths and classes, and the windows that a run would cut."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from edgeline.datasets.raw import QuarantineItem
from edgeline.recipe.data import Data
from edgeline.recipe.findings import Asked, Findings
from edgeline.sources import classes, guess, intake, recordings, series_arrays, table_files
from edgeline.sources.intake import FileEntry, no_progress, refuse
from edgeline.sources.recordings import Recording
from edgeline.sources.tally import count_classes, count_sets, most_frequent

WHOLE_STEPS = 256
"""Recordings of up to so many steps are one window each, where there are enough of them."""
ENOUGH = 50
WINDOW = 128


def inspect_recordings(path: Path, where: str, asked: Asked) -> Findings:
    label, group = asked.label, asked.group
    is_table = path.is_file() and path.suffix.lower() != ".npz"
    if is_table or not any("/" in file.path for file in _tables_in(path)):
        first = path if is_table else next((path / file.path for file in _tables_in(path)), None)
        if first is not None:
            columns = table_files.read(first)
            label = label or guess.guess_label(columns)
            group = group or (guess.guess_group(columns, [label]) if is_table else "")
    settings = Data(source="series", group=group, label=label or Data().label)
    quarantine: list[QuarantineItem] = []
    if path.suffix.lower() == ".npz" and path.is_file():
        read = series_arrays.read_series(path, settings)
    else:
        read = recordings.read_recordings(path, where, settings, quarantine, no_progress)
    if not read:
        refuse(
            f"recordings in {where}",
            quarantine[0].reason if quarantine else "none",
            "give other files",
        )
    found = _of_recordings(read, where, asked, quarantine)
    is_guessed = bool(group) and not asked.group
    return replace(found, label=label, group=group, is_group_guessed=is_guessed)


def _tables_in(path: Path) -> list[FileEntry]:
    if path.is_file():
        return []
    return [
        one for one in intake.list_files(path) if one.path.lower().endswith(recordings.SUFFIXES)
    ]


def _of_recordings(
    read: list[Recording], where: str, asked: Asked, quarantine: list[QuarantineItem]
) -> Findings:
    lengths = [len(one.values) for one in read]
    shortest, longest = min(lengths), max(lengths)
    steps = asked.steps
    if not steps and (longest > WHOLE_STEPS or len(read) < ENOUGH):
        steps = min(WINDOW, shortest)
    stride = max(1, steps // 2) if steps else 0
    window, hop = steps or longest, stride or longest
    words = [
        one.words[min(start + window, len(one.values)) - 1]
        for one in read
        for start in range(0, max(len(one.values) - window, 0) + 1, hop)
    ]
    labels, names = classes.assign_labels(words, (), where)
    _require_recordings(read, names, where)
    lacking = np.sum([np.isnan(one.values).sum(axis=0) for one in read], axis=0)
    return Findings(
        source="series",
        items=int((labels >= 0).sum()),
        classes=count_classes(names, labels.tolist()),
        looked="Every recording was read.",
        sets=count_sets(
            Counter(one.split for one in read for _ in range(_windows(one, window, hop)))
        ),
        groups=len({one.group for one in read}),
        bad=len(quarantine) / (len(read) + len(quarantine)),
        bad_reason=most_frequent([one.reason for one in quarantine]),
        columns=read[0].names,
        missing={name: int(n) for name, n in zip(read[0].names, lacking, strict=True) if n},
        notes=tuple(map(str, recordings.merge_notes(read))),
        recordings=len(read),
        lengths=(shortest, longest),
        steps=steps,
        stride=stride,
    )


def _windows(one: Recording, window: int, hop: int) -> int:
    return max(len(one.values) - window, 0) // hop + 1


def _require_recordings(read: list[Recording], names: Sequence[str], where: str) -> None:
    """Whole recordings are drawn for three sets: of each class one for each."""
    if len({one.group for one in read}) == 1 or any(one.split for one in read):
        return
    counts = Counter(word for one in read for word in set(one.words))
    for name in names:
        if counts[name] < len(("train", "validation", "test")):
            refuse(
                f"three recordings or more of each class in {where}",
                f"{counts[name]} of {name}",
                "record more, or split the recordings",
            )
