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
MAX_PIXEL = 255
PREFIX = {"train": "train/", "validation": "val/", "test": "test/", "": ""}


def load(path: Path, settings: Data, scratch: Path, on_item: Progress) -> Raw:
    """Every image and label of one file, set after set."""
    by_name = arrays.read_npz(path, NAMES)
    parts = [
        _part(by_name[images], by_name[labels], split, path.name)
        for images, (labels, split) in PAIRS.items()
        if images in by_name and labels in by_name
    ]
    if not parts:
        refuse(
            f"train_images and train_labels, or images and labels in {path.name}",
            ", ".join(map(printable, sorted(by_name))) or "neither",
            "save the arrays under one of these pairs of names",
        )
    if len({values.shape[1:] for values, *_ in parts}) > 1:
        refuse(f"images of one size in {path.name}", "several sizes", "bring them to one size")
    values, labels, ids, splits = (np.concatenate(column) for column in zip(*parts, strict=True))
    if settings.classes:
        classes.require_numbers(set(map(str, np.unique(labels))), settings.classes, path.name)
    names = settings.classes or classes.number_classes(int(labels.max(initial=0)) + 1, path.name)
    reasons = np.where((labels < 0) | (labels >= len(names)), classes.NO_CLASS, "")
    on_item(len(ids), len(ids))
    items = Items(values, labels, ids, np.full(len(ids), ""))
    return quarantine_items(Raw(items, splits, names, ()), reasons)


def _part(
    images: NDArray[Any], labels: NDArray[Any], split: str, where: str
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.str_], NDArray[np.str_]]:
    """Values, labels, ids and sets."""
    if images.ndim == 4 and images.shape[3] == 1:
        images = images[..., 0]
    colours = images.shape[3] if images.ndim == 4 else 3
    is_image = images.ndim in (3, 4) and colours == 3 and 0 not in images.shape
    if not is_image or images.dtype.kind not in "uif":
        refuse(
            f"images as numbers (N, H, W) or (N, H, W, 3) in {where}",
            f"{images.dtype} {images.shape}",
            "save the images in one of these shapes",
        )
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or labels.dtype.kind not in "ui":
        refuse(
            f"one whole number as label for each item in {where}",
            f"{labels.dtype} {labels.shape}",
            "save the labels as whole numbers (N,)",
        )
    if len(labels) != len(images):
        refuse(
            f"a label for each of {len(images)} images in {where}",
            f"{len(labels)} labels",
            "save as many labels as images",
        )
    ids = text_array([f"{PREFIX[split]}{at}" for at in range(len(images))])
    return _pixels(images, where), labels.astype(np.int64), ids, np.full(len(images), split)


def _pixels(images: NDArray[Any], where: str) -> NDArray[np.uint8]:
    """Images of other types than bytes, which must hold what bytes can hold."""
    if images.dtype == np.uint8:
        return images
    lowest, highest = images.min(), images.max()
    if not 0 <= lowest <= highest <= MAX_PIXEL or (images.dtype.kind == "f" and highest <= 1):
        refuse(
            f"pixels from 0 to {MAX_PIXEL} in {where}",
            f"values from {lowest:g} to {highest:g}",
            "bring them to this range, and leave out images that are not finite",
        )
    return np.rint(images).astype(np.uint8)
