"""Pictures in folders: a folder per class, perhaps below train, validation and test.

Below the folder of a class there may be more of them, which name a patient or device with
`group: folder`.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets.items import Items
from edgeline.datasets.raw import SET_NAMES, Raw, sound, texts
from edgeline.preprocess import Preprocessing
from edgeline.recipe.data import Data
from edgeline.sources import archives, classes, intake, pictures
from edgeline.sources.intake import BadItem, Found, Progress, refuse

BY_FOLDER = "folder"
CHUNK = 256
MAX_THREADS = 2
"""Each may hold a picture of the largest size."""
LARGE_BYTES = 2**15
"""Of a file on average, below which threads would only wait for one another."""

NOWHERE = "in no folder of a class"


class Placed(NamedTuple):
    """A file, and what the folders above it say of it."""

    file: Found
    split: str
    word: str
    """The name of its class; empty where it lies in no folder of one."""
    group: str


def load(path: Path, settings: Data, scratch: Path, on_item: Progress) -> Raw:
    """Every picture below `path`, a folder or an archive of one, at the size of the settings."""
    folder = archives.folder(path, scratch)
    placed = place(intake.files(folder), path.name, pictures.SUFFIXES)
    words = ["" if one.file.problem else one.word for one in placed]
    if placed and not any(words):
        _refuse_all(path, [one.file.problem or NOWHERE for one in placed])
    labels, names = classes.assign(words, settings.classes, path.name)
    reasons = [
        one.file.problem or ("" if label >= 0 else NOWHERE)
        for one, label in zip(placed, labels.tolist(), strict=True)
    ]
    groups = [
        "" if reason else group(one, settings) for one, reason in zip(placed, reasons, strict=True)
    ]
    values = _decoded(folder, [one.file for one in placed], reasons, settings, on_item)
    if all(reasons):
        _refuse_all(path, reasons)
    items = Items(values, labels, texts([one.file.id for one in placed]), texts(groups))
    splits = texts([one.split for one in placed])
    return sound(Raw(items, splits, names, columns=()), texts(reasons))


def place(files: Sequence[Found], where: str, suffixes: tuple[str, ...]) -> list[Placed]:
    """What the folders say of files in the order of their paths; others beside them are passed over.

    Folders that have nothing beside them, as archives often have, are looked through.

    Raises:
        RecipeError: there are no folders, or some at the top name sets and others do not.
    """
    above = {file.path.rpartition("/")[0] for file in files} - {""}
    parts = {folder: folder.split("/") for folder in above}
    outer = _outer(files)
    tops = {named[outer] for named in parts.values() if len(named) > outer}
    sets = {top for top in tops if top.lower() in SET_NAMES}
    has_train = any(SET_NAMES[top.lower()] == "train" for top in sets)
    if not tops or (has_train and sets != tops):
        refuse(
            f"in {where} a folder for each class, or train, validation and test above them",
            ", ".join(intake.shown(top) for top in sorted(tops)[:10]) or "no folder",
            "sort the files into folders",
        )
    depth = outer + (1 if sets == tops else 0)
    said = {
        folder: _said(named, depth, is_set=sets == tops)
        for folder, named in parts.items()
        if len(named) > depth
    }
    nothing = ("", "", "")
    return [
        Placed(file, *said.get(file.path.rpartition("/")[0], nothing))
        for file in files
        if file.path.rpartition("/")[0] in said or file.path.lower().endswith(suffixes)
    ]


def _outer(files: Sequence[Found]) -> int:
    """How many folders there are around all files; the first and the last differ first, if any do."""
    if not files:
        return 0
    first, last = (file.path.split("/")[:-1] for file in (files[0], files[-1]))
    alike = next(
        (at for at, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), None
    )
    # A folder alone in another is that of a class at last.
    return min(len(first), len(last)) - 1 if alike is None else alike


def _said(parts: list[str], depth: int, *, is_set: bool) -> tuple[str, str, str]:
    """Set, class and group of what lies in a folder, the first `depth` parts of which are above classes."""
    split = SET_NAMES[parts[depth - 1].lower()] if is_set else ""
    return split, intake.shown(parts[depth]), "/".join(parts[depth + 1 :])


def group(one: Placed, settings: Data) -> str:
    """The folder below that of the class, where the settings ask for it."""
    if not settings.group:
        return ""
    if settings.group != BY_FOLDER or not one.group:
        refuse(
            "data.group empty, or `folder` and a folder for each group below those of the classes",
            f"data.group {settings.group!r} and {one.file.id}",
            "correct data.group",
        )
    return intake.shown(one.group)


def _decoded(
    folder: Path, files: list[Found], reasons: list[str], settings: Data, on_item: Progress
) -> NDArray[np.uint8]:
    """Pixels (N, H, W) or (N, H, W, 3) of N files; why there are none joins `reasons` (N)."""
    side, channels = settings.image_size, settings.channels
    wanted = Preprocessing("image", (side, side, channels), (0.0,) * channels, (1.0,) * channels)
    bytes_wanted = len(files) * side * side * channels
    if bytes_wanted > intake.MAX_BYTES:
        refuse(
            f"pictures of at most {intake.MAX_BYTES:,} bytes together",
            f"{len(files):,} of {side} x {side} x {channels}",
            "make data.image_size smaller",
        )
    values = np.zeros((len(files), side, side, channels), np.uint8)

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
                values[at] = _fitted(pixels, wanted)

    starts = range(0, len(files), CHUNK)
    is_large = sum(file.size for file in files) > LARGE_BYTES * len(files)
    threads = MAX_THREADS if is_large else 1
    with pictures.strict(), ThreadPoolExecutor(threads) as pool:
        for start, _ in zip(starts, pool.map(decode, starts), strict=True):
            on_item(min(start + CHUNK, len(files)), len(files))
    return values if channels > 1 else values[..., 0]


def _fitted(pixels: NDArray[np.uint8], wanted: Preprocessing) -> NDArray[np.uint8]:
    """As the device fits it; most sets have the size that is wanted, and need no arithmetic."""
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    return pixels if pixels.shape == wanted.shape else wanted.fit(pixels)


def _refuse_all(path: Path, reasons: list[str]) -> NoReturn:
    """With the reason that is given most often."""
    refuse(
        f"pictures in folders of classes in {path.name}",
        max(sorted(set(reasons)), key=reasons.count),
        "mend them",
    )
