"""Series and labels in one .npz file: as NumPy, Keras and scikit-learn name them, by set or without sets."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeline.recipe.data import Data
from edgeline.sources import arrays
from edgeline.sources.intake import printable, refuse
from edgeline.sources.recordings import Recording

# Of series, labels, and the set that they are.
PAIRS = {
    **{
        f"{x}_{name}": (f"y_{name}", split)
        for x in "xX"
        for name, split in (("train", "train"), ("val", "validation"), ("test", "test"))
    },
    **dict.fromkeys("xX", ("y", "")),
    "series": ("labels", ""),
}
NAMES = set(PAIRS) | {labels for labels, _ in PAIRS.values()}


def read_series(path: Path, settings: Data) -> list[Recording]:
    """Every series of one file, set after set; none where no array has the name of series.

    `data.group` may name one more array, of the group of each series in a file without sets.

    Raises:
        RecipeError: arrays of another form, or a label more or less than series.
    """
    if not arrays.find_names(path) & set(PAIRS):
        return []
    by_name = arrays.read_npz(path, NAMES | {settings.group})
    return [
        recording
        for name, (labels, split) in PAIRS.items()
        if name in by_name
        for recording in _read_part(by_name, name, labels, split, settings, path.name)
    ]


def _read_part(
    by_name: dict[str, NDArray[Any]], name: str, labels: str, split: str, settings: Data, where: str
) -> list[Recording]:
    series = by_name[name][..., None] if by_name[name].ndim == 2 else by_name[name]
    if series.ndim != 3 or 0 in series.shape or series.dtype.kind not in "iuf":
        refuse(
            f"numbers (series, steps, channels) as {name} in {where}",
            f"{series.dtype} {series.shape}",
            "save the series in this shape, with one axis for the steps and one for the channels",
        )
    words = _words(by_name, labels, len(series), where)
    groups = _words(by_name, settings.group, len(series), where) if settings.group else []
    _, steps, channels = series.shape
    names = settings.columns or tuple(f"channel {at + 1}" for at in range(channels))
    if len(names) != channels:
        refuse(
            f"series of {len(names)} channels in {where}, as data.columns names",
            f"{channels}",
            "name every channel in data.columns, or none",
        )
    with np.errstate(over="ignore"):
        values = series.astype(np.float32)
    ids = [f"{split}/{at}" if split else str(at) for at in range(len(series))]
    return [
        Recording(one, split, group, names, value, [word] * steps)
        for one, group, value, word in zip(ids, groups or ids, values, words, strict=True)
    ]


def _words(by_name: dict[str, NDArray[Any]], name: str, count: int, where: str) -> list[str]:
    """One word or whole number for each of `count` series."""
    array = by_name.get(name, np.zeros(0))
    flat = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
    if flat.shape != (count,) or flat.dtype.kind not in "iuU":
        found = f"{array.dtype} {array.shape}" if name in by_name else "no such array"
        refuse(
            f"{name} in {where}, a word or whole number for each of {count:,} series",
            found,
            f"save {printable(name)} as whole numbers or text, one for each series",
        )
    return [printable(str(word).strip()) for word in flat.tolist()]
