"""Pictures and labels in one .npz file: as MedMNIST has them, by set, or without sets.

Yang and others, "MedMNIST v2 - A large-scale lightweight benchmark for 2D and 3D biomedical image
classification", Scientific Data 10:41 (2023).
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets.items import Items
from edgeline.datasets.raw import Raw, quarantine_items, text_array
from edgeline.recipe.data import Data
from edgeline.sources import arrays, classes
from edgeline.sources.intake import Progress, printable, refuse

# Images, labels and the set that they are: of MedMNIST, of Keras, and of a file without sets.
PAIRS = {
    "train_images": ("train_labels", "train"),
    "val_images": ("val_labels", "validation"),
    "test_images": ("test_labels", "test"),
    "x_train": ("y_train", "train"),
    "x_val": ("y_val", "validation"),
    "x_test": ("y_test", "test"),
    "images": ("labels", ""),
}
NAMES = set(PAIRS) | {labels for labels, _ in PAIRS.values()}
PREFIX = {"train": "train/", "validation": "val/", "test": "test/", "": ""}

NOT_FINITE = "not finite"
NOT_A_BYTE = "value outside 0..255"


def load(path: Path, settings: Data, scratch: Path, on_item: Progress) -> Raw:
    """Every image and label of one file, set after set."""
    by_name = arrays.read_npz(path, NAMES)
    pairs = [
        (by_name[images], _flatten(by_name[labels], path.name), split)
        for images, (labels, split) in PAIRS.items()
        if images in by_name and labels in by_name
    ]
    if not pairs:
        refuse(
            f"train_images and train_labels, or images and labels in {path.name}",
            ", ".join(map(printable, sorted(by_name))) or "neither",
            "save the arrays under one of these pairs of names",
        )
    parts = [_part(*pair, path.name) for pair in pairs]
    if len({values.shape[1:] for values, *_ in parts}) > 1:
        refuse(f"images of one size in {path.name}", "several sizes", "bring them to one size")
    values, labels, ids, splits, reasons = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    names = settings.classes or classes.number_classes(int(labels.max(initial=0)) + 1, path.name)
    reasons = np.where(
        (reasons == "") & ((labels < 0) | (labels >= len(names))), classes.NO_CLASS, reasons
    )
    on_item(len(ids), len(ids))
    items = Items(values, labels, ids, np.full(len(ids), ""))
    return quarantine_items(Raw(items, splits, names, ()), reasons)


def _part(
    images: NDArray[Any], labels: NDArray[Any], split: str, where: str
) -> tuple[
    NDArray[np.uint8], NDArray[np.int64], NDArray[np.str_], NDArray[np.str_], NDArray[np.str_]
]:
    """Values, labels, ids, sets, and for each image why it cannot be used, or an empty text."""
    if images.ndim == 4 and images.shape[3] == 1:
        images = images[..., 0]
    colours = images.shape[3] if images.ndim == 4 else 3
    if (
        images.ndim not in (3, 4)
        or colours != 3
        or 0 in images.shape
        or images.dtype.kind not in "uif"
    ):
        refuse(
            f"images as numbers (N, H, W) or (N, H, W, 3) in {where}",
            f"{images.dtype} {images.shape}",
            "save the images in one of these shapes",
        )
    if labels.shape != images.shape[:1]:
        refuse(
            f"a label for each of {len(images)} images in {where}",
            f"{len(labels)} labels",
            "save as many labels as images",
        )
    values, reasons = _bytes(images, where)
    ids = text_array([f"{PREFIX[split]}{at}" for at in range(len(images))])
    return values, labels, ids, np.full(len(images), split), reasons


def _bytes(images: NDArray[Any], where: str) -> tuple[NDArray[np.uint8], NDArray[np.str_]]:
    """8-bit images, and why one of them cannot be used."""
    reasons = np.full(len(images), "", dtype=f"U{len(NOT_A_BYTE)}")
    if images.dtype == np.uint8:
        return images, reasons
    inner = tuple(range(1, images.ndim))
    lowest, highest = images.min(axis=inner), images.max(axis=inner)
    if images.dtype.kind == "f" and 0 < np.max(highest, initial=0, where=~np.isnan(highest)) <= 1:
        refuse(f"pixels from 0 to 255 in {where}", "0 to 1", "multiply them by 255")
    reasons[(lowest < 0) | (highest > 255)] = NOT_A_BYTE
    reasons[~(np.isfinite(lowest) & np.isfinite(highest))] = NOT_FINITE
    pixels = np.zeros(images.shape, np.uint8)
    # one at a time, since all together would need eight times the room
    for at in np.flatnonzero(reasons == ""):
        pixels[at] = np.rint(images[at])
    return pixels, reasons


def _flatten(labels: NDArray[Any], where: str) -> NDArray[np.int64]:
    """(N,) from (N,) or (N, 1)."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or labels.dtype.kind not in "ui":
        refuse(
            f"one whole number as label for each item in {where}",
            f"{labels.dtype} {labels.shape}",
            "save the labels as whole numbers (N,)",
        )
    return labels.astype(np.int64)
