"""Pictures in folders: a folder per class, perhaps below train, validation and test.

Below the folder of a class there may be more of them, which name a patient or device with
`group: folder`.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets.items import Items, resize
from edgeline.datasets.raw import SET_NAMES, Raw, quarantine_items, text_array
from edgeline.edge.picture import warnings_as_errors
from edgeline.recipe.data import Data
from edgeline.sources import archives, classes, intake, pictures
from edgeline.sources.intake import BadItem, FileEntry, Progress, refuse

BY_FOLDER = "folder"
CHUNK = 256
MAX_THREADS = 2
"""Each may hold a picture of the largest size."""
LARGE_BYTES = 2**15
"""Of a file on average, below which threads would only wait for one another."""

NOWHERE = "in no folder of a class"


class LabelledFile(NamedTuple):
    """A file, with the set, class and group that its folders name."""

    file: FileEntry
    split: str = ""
    class_name: str = ""
    """Empty where the file is in no folder of a class."""
    group: str = ""


def load(path: Path, settings: Data, scratch: Path, on_item: Progress) -> Raw:
    """Every picture below `path`, a folder or an archive of one, at the size of the settings."""
    folder = archives.unpack(path, scratch)
    labelled = label_files(intake.list_files(folder), path.name, pictures.SUFFIXES)
    words = ["" if one.file.problem else one.class_name for one in labelled]
    if labelled and not any(words):
        _refuse_all(path, [one.file.problem or NOWHERE for one in labelled])
    labels, names = classes.assign_labels(words, settings.classes, path.name)
    reasons = [
        one.file.problem or ("" if label >= 0 else NOWHERE)
        for one, label in zip(labelled, labels.tolist(), strict=True)
    ]
    groups = [
        "" if reason else group_of(one, settings)
        for one, reason in zip(labelled, reasons, strict=True)
    ]
    values = _decode_all(folder, [one.file for one in labelled], reasons, settings, on_item)
    if all(reasons):
        _refuse_all(path, reasons)
    items = Items(values, labels, text_array([one.file.id for one in labelled]), text_array(groups))
    splits = text_array([one.split for one in labelled])
    return quarantine_items(Raw(items, splits, names, columns=()), text_array(reasons))


def label_files(
    files: Sequence[FileEntry], where: str, suffixes: tuple[str, ...]
) -> list[LabelledFile]:
    """Set, class and group of files, from their folders; files outside of folders are passed over.

    A folder with nothing beside it, as archives often have one at the top, does not count.

    Raises:
        RecipeError: there are no folders, or some at the top name sets and others do not.
    """
    outer = _common_depth(files)
    tops = {file.path.split("/")[outer] for file in files if file.path.count("/") > outer}
    sets = {top for top in tops if top.lower() in SET_NAMES}
    has_train = any(SET_NAMES[top.lower()] == "train" for top in sets)
    if not tops or (has_train and sets != tops):
        refuse(
            f"a folder for each class in {where}, or folders train, validation and test above them",
            ", ".join(intake.printable(top) for top in sorted(tops)[:10]) or "no folder",
            "sort the files into folders",
        )
    depth = outer + (1 if sets == tops else 0)
    labelled = []
    for file in files:
        *above, _ = file.path.split("/")
        if len(above) > depth:
            split = SET_NAMES[above[outer].lower()] if depth > outer else ""
            group = "/".join(above[depth + 1 :])
            labelled.append(LabelledFile(file, split, intake.printable(above[depth]), group))
        elif file.path.lower().endswith(suffixes):
            labelled.append(LabelledFile(file))
    return labelled


def _common_depth(files: Sequence[FileEntry]) -> int:
    """How many folders contain all files; sorted paths differ most between the first and the last."""
    if not files:
        return 0
    first, last = (file.path.split("/")[:-1] for file in (files[0], files[-1]))
    # The innermost of nested single folders is that of a class.
    return max(0, min(len(os.path.commonprefix([first, last])), len(first) - 1, len(last) - 1))


def group_of(one: LabelledFile, settings: Data) -> str:
    """The folder below that of the class, where `data.group` is `folder`."""
    if not settings.group:
        return ""
    if settings.group != BY_FOLDER or not one.group:
        refuse(
            "data.group empty, or `folder` with a folder for each group below those of the classes",
            f"data.group {settings.group!r} and {one.file.id}",
            "leave data.group empty, or sort the files into folders of groups",
        )
    return intake.printable(one.group)


def _decode_all(
    folder: Path, files: list[FileEntry], reasons: list[str], settings: Data, on_item: Progress
) -> NDArray[np.uint8]:
    """Pixels (N, H, W) or (N, H, W, 3) of N files; the reason of a bad one is put into `reasons` (N)."""
    side, channels = settings.image_size, settings.channels
    total_bytes = len(files) * side * side * channels
    if total_bytes > intake.MAX_BYTES:
        refuse(
            f"pictures of at most {intake.MAX_BYTES:,} bytes together",
            f"{len(files):,} of {side} x {side} x {channels}",
            "make data.image_size smaller",
        )
    shape = (side, side) if channels == 1 else (side, side, channels)
    values = np.zeros((len(files), *shape), np.uint8)

    def decode(start: int) -> None:
        for at in range(start, min(start + CHUNK, len(files))):
            if reasons[at]:
                continue
            try:
                with intake.open_plain(f"{folder}/{files[at].path}") as file:
                    pixels = pictures.decode(file)
            except BadItem as error:
                reasons[at] = str(error)
            else:
                values[at] = resize(pixels[None], side, channels)[0]

    starts = range(0, len(files), CHUNK)
    is_large = sum(file.size for file in files) > LARGE_BYTES * len(files)
    threads = MAX_THREADS if is_large else 1
    with warnings_as_errors(), ThreadPoolExecutor(threads) as pool:
        for start, _ in zip(starts, pool.map(decode, starts), strict=True):
            on_item(min(start + CHUNK, len(files)), len(files))
    return values


def _refuse_all(path: Path, reasons: list[str]) -> NoReturn:
    """Refuse a source of bad pictures alone, with the reason that most of them have."""
    refuse(
        f"pictures in folders of classes in {path.name}",
        max(sorted(set(reasons)), key=reasons.count),
        "correct these files, or set data.path to other ones",
    )
