"""A look at files that somebody has: what they are, and what a recipe for them needs to know.

It reads with the readers of a run, so their limits hold: 2 GiB of a table, an archive or recordings. Of
pictures in folders every name is listed, and 200 of them are decoded, taken evenly from all.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from edgeline.datasets.raw import SET_NAMES, Raw
from edgeline.edge.picture import FORMATS, warnings_as_errors
from edgeline.errors import RecipeError
from edgeline.file_type import HEAD_BYTES, file_type
from edgeline.preprocess import find_missing
from edgeline.recipe.data import Data
from edgeline.recipe.findings import Asked, Findings
from edgeline.sources import (
    archives,
    arrays,
    classes,
    guess,
    intake,
    layout,
    medmnist,
    pictures,
    recordings,
    series_arrays,
    table_files,
    tables,
)
from edgeline.sources.inspect_recordings import inspect_recordings
from edgeline.sources.intake import BadItem, FileEntry, no_progress, refuse
from edgeline.sources.tally import count_classes, count_sets, most_frequent

LOOKED = 200
"""Pictures that are decoded."""
GREY = 4.0
"""Mean difference of two channels, of 255, below which a picture is grey: JPEG tints a little."""
COLOURED = 0.05
"""Share of coloured pictures from where colour is kept."""
FEWEST_GROUPS = 8
FORMS = (
    "a folder of pictures or recordings, an archive of one, an .npz file, or a CSV or Parquet table"
)


def inspect(path: Path, asked: Asked, scratch: Path) -> Findings:
    """What lies at `path`; an archive is laid out in the folder `scratch`.

    Raises:
        RecipeError: nothing that can be read, one class only, or no column of classes.
    """
    if not path.exists():
        refuse(FORMS, f"nothing at {intake.printable(str(path))}", "correct the path")
    if path.is_dir():
        return _inspect_folder(path, path.name, asked, scratch)
    start = intake.read_head(path)
    if names := arrays.find_names(path) & {*medmnist.NAMES, *series_arrays.NAMES}:
        return _inspect_arrays(path, names, asked, scratch)
    if start.startswith((b"PK", b"\x1f\x8b")) or path.suffix.lower() == ".tar":
        return _inspect_folder(archives.unpack(path, scratch), path.name, asked, scratch)
    kind = file_type(start)
    if kind not in ("a Parquet file", "something else"):
        refuse(f"{FORMS} at {path.name}", kind, "give the folder that holds the files")
    if asked.steps:
        return inspect_recordings(path, path.name, asked)
    return _inspect_table(path, asked, scratch)


def _inspect_folder(folder: Path, where: str, asked: Asked, scratch: Path) -> Findings:
    files = [file for file in intake.list_files(folder) if not file.problem]
    shown = Counter(_kind(folder, file) for file in _sample(files))
    if not files or shown.most_common(1)[0][0] == "other":
        refuse(f"{FORMS} at {where}", "no such files" if files else "no file", "give another path")
    if shown["picture"] >= shown["recording"]:
        return _inspect_pictures(folder, where, asked)
    at_top = [file for file in files if file.path.lower().endswith(table_files.SUFFIXES)]
    stems = {file.path.rpartition(".")[0].lower() for file in at_top}
    if len(at_top) == len(files) and stems <= SET_NAMES.keys() and not asked.steps:
        return _inspect_table(folder, asked, scratch)
    return inspect_recordings(folder, where, asked)


def _kind(folder: Path, file: FileEntry) -> str:
    if file.path.lower().endswith(recordings.SUFFIXES):
        return "recording"
    try:
        with intake.open_plain(f"{folder}/{file.path}") as opened:
            return "picture" if file_type(opened.read(HEAD_BYTES)) in FORMATS else "other"
    except BadItem:
        return "other"


def _sample(files: Sequence[FileEntry]) -> list[FileEntry]:
    """At most LOOKED of them, evenly from all."""
    places = np.linspace(0, len(files) - 1, min(LOOKED, len(files))).round().astype(int)
    return [files[at] for at in places.tolist()]


def _inspect_pictures(folder: Path, where: str, asked: Asked) -> Findings:
    settings = Data(group=asked.group)
    try:
        labelled = layout.label_files(intake.list_files(folder), where, pictures.SUFFIXES, settings)
    except RecipeError as error:
        remedy = error.remedy.replace("set data.group to folder", "give --group folder")
        refuse(error.expected, error.found, remedy)
    usable = [one for one in labelled if one.class_name and not one.file.problem]
    labels, names = classes.assign_labels([one.class_name for one in usable], (), where)
    sides, coloured, reasons = _look([one.file for one in usable], folder)
    if not sides:
        refuse(
            f"pictures in {where}", intake.EMPTY if not reasons else reasons[0], "give other files"
        )
    unusable = [
        one.file.problem or "in no folder of a class" for one in labelled if one not in usable
    ]
    bad = 1 - len(usable) / len(labelled) * len(sides) / (len(sides) + len(reasons))
    groups = {one.group for one in usable}
    has_groups = "" not in groups and len(groups) >= FEWEST_GROUPS
    splits = Counter(one.split for one in usable)
    return Findings(
        source="image-folder",
        items=round(len(labelled) * (1 - bad)),
        classes=count_classes(names, labels.tolist()),
        looked=f"Of {len(labelled):,} files {len(sides) + len(reasons):,} were opened.",
        sets=count_sets(splits),
        group=asked.group or (layout.BY_FOLDER if has_groups else ""),
        groups=len(groups),
        is_group_guessed=not asked.group,
        bad=bad,
        bad_reason=most_frequent([*reasons, *unusable]),
        side=int(np.median(sides)),
        image_size=asked.image_size,
        is_colour=sum(coloured) > COLOURED * len(coloured),
    )


def _look(files: Sequence[FileEntry], folder: Path) -> tuple[list[int], list[bool], list[str]]:
    """Of a sample: the shorter side and whether there is colour, of each that can be read; reasons of the others."""
    sides: list[int] = []
    coloured: list[bool] = []
    reasons: list[str] = []
    with warnings_as_errors():
        for file in _sample(files):
            try:
                with intake.open_plain(f"{folder}/{file.path}") as opened:
                    pixels = pictures.decode(opened)
            except BadItem as error:
                reasons.append(str(error))
                continue
            sides.append(min(pixels.shape[:2]))
            coloured.append(_is_coloured(pixels))
    return sides, coloured, reasons


def _is_coloured(pixels: np.ndarray) -> bool:
    if pixels.ndim < 3:
        return False
    small = pixels[::8, ::8].astype(np.int16)
    return bool((small.max(axis=-1) - small.min(axis=-1)).mean() > GREY)


def _inspect_arrays(path: Path, names: set[str], asked: Asked, scratch: Path) -> Findings:
    """Of one .npz: images where it has bytes, or names that only MedMNIST's files have."""
    series = names & set(series_arrays.PAIRS) - set(medmnist.PAIRS)
    images = names & set(medmnist.PAIRS)
    if images and not series:
        one = arrays.read_npz(path, {min(images)})[min(images)]
        if one.dtype == np.uint8 or "images" in min(images):
            return _inspect_images(path, asked, scratch)
    return inspect_recordings(path, path.name, asked)


def _inspect_images(path: Path, asked: Asked, scratch: Path) -> Findings:
    raw = medmnist.load(path, Data(source="medmnist"), scratch, no_progress)
    values = raw.items.values
    found = _of_raw(raw, Findings("medmnist", 0, {}, looked="Every picture was read."))
    coloured = [_is_coloured(one) for one in values[:: max(1, len(values) // LOOKED)]]
    return replace(
        found,
        side=min(values.shape[1:3]),
        image_size=asked.image_size,
        is_colour=sum(coloured) > COLOURED * len(coloured),
    )


def _inspect_table(path: Path, asked: Asked, scratch: Path) -> Findings:
    first = table_files.read(tables.set_files(path)[0][1])
    if table_files.lacks_names(first):
        refuse(f"names of columns in the first line of {first.where}", "numbers", "write that line")
    label = asked.label or guess.guess_label(first)
    first.require([label, *([asked.group] if asked.group else [])])
    group = asked.group or guess.guess_group(first, [label])
    settings = Data(source="table", label=label, group=group)
    raw = tables.load(path, settings, scratch, no_progress)
    shape = Findings("table", 0, {}, label=label, group=group, looked="Every row was read.")
    return replace(_of_raw(raw, shape), is_group_guessed=not asked.group)


def _of_raw(raw: Raw, found: Findings) -> Findings:
    """The findings with what all items say."""
    lacking = find_missing(raw.items.values).sum(axis=0) if raw.columns else np.zeros(0, int)
    total = len(raw.items) + len(raw.quarantine)
    groups = set(raw.items.groups.tolist())
    return replace(
        found,
        items=len(raw.items),
        classes=count_classes(raw.classes, raw.items.labels.tolist()),
        sets=count_sets(Counter(raw.splits.tolist())),
        groups=len(groups) if found.group else 0,
        bad=len(raw.quarantine) / max(1, total),
        bad_reason=most_frequent([one.reason for one in raw.quarantine]),
        columns=raw.columns,
        missing={
            name: int(count) for name, count in zip(raw.columns, lacking, strict=False) if count
        },
        notes=tuple(map(str, raw.column_notes)),
    )
