"""Pictures in folders: a folder per class, perhaps below train, validation and test."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets.items import Items, resize
from edgeline.datasets.raw import Raw, quarantine_items, text_array
from edgeline.edge.picture import warnings_as_errors
from edgeline.recipe.data import Data
from edgeline.sources import archives, classes, intake, layout, pictures
from edgeline.sources.intake import BadItem, FileEntry, Progress, refuse

CHUNK = 256
MAX_THREADS = 2
"""Each may hold a picture of the largest size."""
LARGE_BYTES = 2**15
"""Of a file on average, below which threads would only wait for one another."""

NOWHERE = "in no folder of a class"


def load(path: Path, settings: Data, scratch: Path, on_item: Progress) -> Raw:
    """Every picture below `path`, a folder or an archive of one, at the size of the settings."""
    folder = archives.unpack(path, scratch)
    files = intake.list_files(folder)
    labelled = layout.label_files(files, path.name, pictures.SUFFIXES, settings)
    words = ["" if one.file.problem else one.class_name for one in labelled]
    if labelled and not any(words):
        _refuse_all(path, [one.file.problem or NOWHERE for one in labelled])
    labels, names = classes.assign_labels(words, settings.classes, path.name)
    reasons = [
        one.file.problem or ("" if label >= 0 else NOWHERE)
        for one, label in zip(labelled, labels.tolist(), strict=True)
    ]
    groups = [
        "" if reason else layout.group_of(one, settings)
        for one, reason in zip(labelled, reasons, strict=True)
    ]
    values, sizes = _decode_all(folder, [one.file for one in labelled], reasons, settings, on_item)
    if all(reasons):
        _refuse_all(path, reasons)
    if not settings.classes:
        _check_classes(path, names, labels.tolist(), reasons)
    ids = text_array([one.file.id for one in labelled])
    items = Items(values, labels, ids, text_array(groups), sizes)
    splits = text_array([one.split for one in labelled])
    return quarantine_items(Raw(items, splits, names, columns=()), text_array(reasons))


def _decode_all(
    folder: Path, files: list[FileEntry], reasons: list[str], settings: Data, on_item: Progress
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Pixels (N, H, W) or (N, H, W, 3) of N files, and their sizes (N, 2) before that; the reason of a bad
    one is put into `reasons` (N)."""
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
    sizes = np.zeros((len(files), 2), np.int64)

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
                sizes[at] = pixels.shape[:2]

    starts = range(0, len(files), CHUNK)
    is_large = sum(file.size for file in files) > LARGE_BYTES * len(files)
    threads = MAX_THREADS if is_large else 1
    with warnings_as_errors(), ThreadPoolExecutor(threads) as pool:
        for start, _ in zip(starts, pool.map(decode, starts), strict=True):
            on_item(min(start + CHUNK, len(files)), len(files))
    return values, sizes


def _check_classes(
    path: Path, names: tuple[str, ...], labels: list[int], reasons: list[str]
) -> None:
    """Refuse a folder without a picture, which is that of no class: labels (N), reasons (N)."""
    found = {label for label, reason in zip(labels, reasons, strict=True) if not reason}
    for label, name in enumerate(names):
        if label not in found:
            own = [reason for at, reason in zip(labels, reasons, strict=True) if at == label]
            refuse(
                f"pictures in the folder of each class in {path.name}",
                f"in {name} none ({_most_frequent(own)})",
                "remove that folder, or name those of the classes in data.classes",
            )


def _most_frequent(reasons: list[str]) -> str:
    return max(sorted(set(reasons)), key=reasons.count)


def _refuse_all(path: Path, reasons: list[str]) -> NoReturn:
    """Refuse a source of bad pictures alone, with the reason that most of them have."""
    refuse(
        f"pictures in folders of classes in {path.name}",
        _most_frequent(reasons),
        "correct these files, or set data.path to other ones",
    )
