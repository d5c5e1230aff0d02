"""Raw images checked, made even, and split into sets that share no image."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets import card, read, write
from edgeline.datasets.sources import RAW
from edgeline.datasets.splits import split
from edgeline.digest import JsonValue, canonical_json, sha256_bytes
from edgeline.errors import RecipeError
from edgeline.preprocess import Preprocessing
from edgeline.recipe.data import Data

Numbers: TypeAlias = NDArray[Any]
Mask: TypeAlias = NDArray[np.bool_]
Reasons: TypeAlias = NDArray[np.str_]

FOLDER = "prepared"
REPORT = "report.json"
SETS = ("train", "validation", "test")


@dataclass(frozen=True)
class Prepared:
    """What was kept, and what was left out and why."""

    raw: int
    kept: int
    sets: dict[str, int]
    """Examples in train, validation and test."""
    left_out: dict[str, tuple[int, ...]]
    """By reason, the positions in raw.npz."""


def prepare(folder: Path, settings: Data) -> Prepared:
    """From raw.npz to prepared/{train,validation,test}.npz, and a report of every image left out.

    Raises:
        RecipeError: these are not images with labels, or too few of them are good.
    """
    card.withdraw(folder)
    images, labels = read(folder / RAW)
    _check_kind(images, labels, settings)
    reasons = inspect(images, labels, settings.classes)
    kept = np.flatnonzero(reasons == "")
    pixels = resize(images[kept], settings)
    reasons[kept] = repeats(pixels, labels[kept])
    good = reasons[kept] == ""
    pixels, kept = pixels[good], kept[good]
    generator = np.random.default_rng((settings.seed, 0))
    splits = split(labels[kept], settings.validation, settings.test, generator)
    for name in SETS:
        at = getattr(splits, name)
        write(folder / FOLDER / f"{name}.npz", pixels[at], labels[kept[at]].astype(np.int64))
    report = Prepared(
        raw=len(images),
        kept=len(kept),
        sets={name: len(getattr(splits, name)) for name in SETS},
        left_out=_left_out(reasons),
    )
    (folder / FOLDER / REPORT).write_bytes(_report_bytes(report))
    return report


def inspect(images: Numbers, labels: Numbers, classes: int) -> Reasons:
    """For every example the first reason to leave it out, or an empty text."""
    reasons = np.full(len(images), "", dtype="U32")
    for reason, is_bad in reversed(CHECKS.items()):
        reasons[is_bad(images, labels, classes)] = reason
    return reasons


def resize(images: Numbers, settings: Data) -> NDArray[np.uint8]:
    """Every image as bytes, in the size and number of channels of the settings."""
    pixels = images if images.dtype == np.uint8 else np.rint(images).astype(np.uint8)
    height_width = (settings.image_size, settings.image_size)
    wanted = (*height_width, settings.channels) if settings.channels > 1 else height_width
    if pixels.shape[1:] == wanted:
        return pixels
    fit = Preprocessing(settings.channels, settings.image_size, settings.mean, settings.std).fit
    return np.stack([fit(image) for image in pixels]).reshape(-1, *wanted)


def repeats(images: NDArray[np.uint8], labels: Numbers) -> Reasons:
    """Why images that occur twice are left out: one copy stays, and none where labels disagree.

    One image in two sets would let a model be tested on what it has learned by heart.
    """
    by_content: dict[str, list[int]] = {}
    for at, image in enumerate(images):
        by_content.setdefault(sha256_bytes(image.tobytes()), []).append(at)
    reasons = np.full(len(images), "", dtype="U32")
    for copies in by_content.values():
        if len(set(labels[copies].tolist())) > 1:
            reasons[copies] = "labels disagree"
        else:
            reasons[copies[1:]] = "duplicate"
    return reasons


def _not_finite(images: Numbers, labels: Numbers, classes: int) -> Mask:
    return np.asarray(~np.isfinite(images).all(axis=_inner(images)))


def _not_a_byte(images: Numbers, labels: Numbers, classes: int) -> Mask:
    lowest, highest = images.min(axis=_inner(images)), images.max(axis=_inner(images))
    return np.asarray((lowest < 0) | (highest > 255))


def _one_colour(images: Numbers, labels: Numbers, classes: int) -> Mask:
    return np.asarray(images.min(axis=_inner(images)) == images.max(axis=_inner(images)))


def _no_class(images: Numbers, labels: Numbers, classes: int) -> Mask:
    return np.asarray((labels < 0) | (labels >= classes))


CHECKS: dict[str, Callable[[Numbers, Numbers, int], Mask]] = {
    "not finite": _not_finite,
    "value outside 0..255": _not_a_byte,
    "one colour": _one_colour,
    "label outside the classes": _no_class,
}


def _inner(images: Numbers) -> tuple[int, ...]:
    return tuple(range(1, images.ndim))


def _left_out(reasons: Reasons) -> dict[str, tuple[int, ...]]:
    named = sorted(set(reasons.tolist()) - {""})
    return {reason: tuple(np.flatnonzero(reasons == reason).tolist()) for reason in named}


def _check_kind(images: Numbers, labels: Numbers, settings: Data) -> None:
    """A whole file of the wrong kind is an error; a bad image in a good file is only left out."""
    colours = images.shape[3] if images.ndim == 4 else 1
    if images.ndim not in (3, 4) or colours not in (1, 3) or images.dtype.kind not in "uif":
        raise RecipeError(
            expected="images as numbers (N, H, W) or (N, H, W, 1 or 3)",
            found=f"{images.dtype} {images.shape}",
            remedy="mend the source",
        )
    if labels.shape != images.shape[:1] or labels.dtype.kind not in "ui":
        raise RecipeError(
            expected=f"one whole number as label for each of {len(images)} images",
            found=f"{labels.dtype} {labels.shape}",
            remedy="mend the source",
        )


def _report_bytes(report: Prepared) -> bytes:
    left_out: JsonValue = {reason: list(at) for reason, at in report.left_out.items()}
    sets: JsonValue = dict(report.sets)
    return canonical_json(
        {"raw": report.raw, "kept": report.kept, "sets": sets, "left_out": left_out}
    )
