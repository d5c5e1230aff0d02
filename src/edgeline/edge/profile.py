"""Whether an item looks as those did that a network learned from: a few numbers that a person can check.

A network answers whatever it is shown, and may be sure of itself where it was taught nothing like it.

An item lies outside where one of its numbers is farther from the training items' mean than the farthest of
them, and that by a margin. Of amounts, which were never below zero, square roots are compared, as their spread
grows with their size. If distances fall off exponentially, the next item is 1 + margin times as far out as the
farthest of n with a probability of about n ** -(1 + margin); the margin is such that one in a thousand items
of the training kind lies outside.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeline.manifest import InputProfile, Polarity, Spread
from edgeline.preprocess import Preprocessing, Values

Numbers: TypeAlias = NDArray[np.float64]
Sizes: TypeAlias = NDArray[np.int64]
Picture: TypeAlias = tuple[tuple[int, ...], ...]

FALSE_ALARMS = 1e-3
"""Share of items of the training kind that lie outside, at most."""
LEAST_MARGIN = 0.25
"""Whatever the number of training items, since some tails fall off more slowly than exponentially."""
ROUNDING = 1e-5
"""Of a number: a profile has six digits of each."""
STRETCH = 0.2
"""Of an aspect: augmentation stretches by as much, and more, and does no harm."""
CLEAR = 0.1
"""From which on a picture has a polarity: standard deviations between its mean and its ground, or correlation
with the mean picture."""
FEWEST = 11
"""Images, of which no fewer have a polarity: that fewer agree may be chance, with 2 ** -10 of eleven."""
SIDE = 8
"""Pixels of a mean picture."""
CHUNK = 256

INVERT = "invert it, each pixel to 255 less its value"
THINGS = {"image": "pictures", "series": "windows", "table": "rows"}
WORDS = {
    "brightness": ("a brightness of {}", "change the light or the exposure"),
    "contrast": ("a contrast of {}", "change the light, or stretch the grey values"),
    "aspect": ("{} times as wide as high", "crop it to that shape"),
    "value": ("{column} {}", "check its unit and its sensor"),
    "level": ("{column} with a mean of {}", "check its unit and its sensor"),
    "variation": ("{column} with a deviation of {}", "check its unit, its gain and its sensor"),
    "length": ("{} steps", "give a longer recording"),
}
"""What was found of each measure, and what to do."""


@dataclass(frozen=True)
class Deviation:
    """One way in which an item lies outside the training items."""

    measure: str
    """polarity, or one of WORDS."""
    column: str
    """Channel or column, by its name or else its number from 1; empty where it is the item as a whole."""
    message: str
    """What was found, what the training items had, and what to do."""


def learn_profile(
    items: Values, preprocessing: Preprocessing, sizes: Sizes | None = None
) -> InputProfile:
    """Of N training items, as `find_deviations` takes them."""
    measured = _measure(items, preprocessing, sizes)
    spreads = {name: _spreads(numbers) for name, numbers in measured.items()}
    brightness, _ = spreads.pop("brightness", (None,)), spreads.pop("value", None)
    polarity, picture = _look(items) if preprocessing.kind == "image" else (None, ())
    channels = _spreads(items.reshape(-1, preprocessing.channels))
    return InputProfile(channels, brightness[0], polarity, len(items), picture, spreads)


def find_deviations(
    profile: InputProfile,
    items: Values,
    preprocessing: Preprocessing,
    sizes: Sizes | None = None,
) -> list[tuple[Deviation, ...]]:
    """How each item lies outside; items (N, *shape), N at least 1, where grey images may lack their last axis.

    `sizes` (N, 2) are height and width of images before they were brought to one size, if they had others.
    What is not known (NaN) is never outside. A profile that does not say of how many items it is marks
    by polarity alone.
    """
    found: list[list[Deviation]] = [[] for _ in items]
    training = f"{profile.items or 'the'} training {THINGS[preprocessing.kind]}"
    if preprocessing.kind == "image":
        inverse = _is_inverse(profile, items)
        for at in np.flatnonzero(inverse):
            found[at].append(
                Deviation("polarity", "", f"{_opposite(profile)} {training}: {INVERT}")
            )
        # The other measures are of the picture as it will be.
        items = np.where(inverse.reshape(-1, *[1] * (items.ndim - 1)), 255 - items, items)
    ranges = _ranges(profile, preprocessing)
    numbers = _measure(items, preprocessing, sizes)
    for measure, spreads in ranges.items():
        margin = _margin(profile.items, sum(map(len, ranges.values())))
        low, high = _limits(spreads, margin, STRETCH if measure == "aspect" else ROUNDING)
        for at, which in np.argwhere((numbers[measure] < low) | (numbers[measure] > high)):
            column = _column(measure, which, preprocessing)
            number, spread = numbers[measure][at, which], spreads[which]
            what, advice = WORDS[measure]
            message = (
                f"{what.format(_plain(number), column=column)}, where {training} have"
                f" {_plain(spread.low)} to {_plain(spread.high)}: {advice}"
            )
            found[at].append(Deviation(measure, column, message))
    return [tuple(some) for some in found]


def _ranges(
    profile: InputProfile, preprocessing: Preprocessing
) -> Mapping[str, tuple[Spread, ...]]:
    """What an item is compared with, by measure; one training item has no spread."""
    if profile.items < 2:
        return {}
    if preprocessing.kind == "table":
        return {"value": profile.channels}
    return {
        **({"brightness": (profile.brightness,)} if profile.brightness else {}),
        **profile.measures,
    }


def _margin(items: int, ranges: int) -> float:
    """By how much an item must be farther out than the farthest of the training items, as a share of that."""
    return max(LEAST_MARGIN, float(np.log(2 * ranges / FALSE_ALARMS) / np.log(items)) - 1)


def _limits(spreads: tuple[Spread, ...], margin: float, room: float) -> tuple[Numbers, Numbers]:
    """(K,): the lowest and the highest number that is not outside, for each of K spreads.

    By `room`, a share of it, a number may be off in any case.
    """
    numbers = np.array([(one.low, one.mean, one.high) for one in spreads], np.float64)
    is_amount = numbers[:, 0] >= 0
    low, mean, high = np.where(is_amount[:, None], np.sqrt(np.abs(numbers)), numbers).T
    limits = np.stack([low - margin * (mean - low), high + margin * (high - mean)])
    limits = np.where(is_amount, np.sign(limits) * limits**2, limits)
    return limits[0] - room * np.abs(numbers[:, 0]), limits[1] + room * np.abs(numbers[:, 2])


def _column(measure: str, at: int, preprocessing: Preprocessing) -> str:
    if measure not in ("value", "level", "variation"):
        return ""
    if preprocessing.columns:
        return preprocessing.columns[at]
    return f"{'column' if measure == 'value' else 'channel'} {at + 1}"


def _plain(number: float) -> str:
    """Four digits, without an exponent."""
    return np.format_float_positional(number, 4, unique=False, fractional=False, trim="-")


def _measure(
    items: Values, preprocessing: Preprocessing, sizes: Sizes | None
) -> dict[str, Numbers]:
    """(N, K) numbers of N items for each measure of their kind."""
    if preprocessing.kind == "table":
        return {"value": items.astype(np.float64)}
    if preprocessing.kind == "image":
        flat = items.reshape(len(items), -1)
        if sizes is None:
            sizes = np.tile(np.array(preprocessing.shape[:2]), (len(items), 1))
        chunks = [flat[at : at + CHUNK].astype(np.float64) for at in range(0, len(flat), CHUNK)]
        return {
            "brightness": np.concatenate([some.mean(axis=1) for some in chunks])[:, None],
            "contrast": np.concatenate([some.std(axis=1) for some in chunks])[:, None],
            "aspect": sizes[:, 1:] / sizes[:, :1],
        }
    known = ~np.isnan(items)
    with np.errstate(invalid="ignore"):  # a channel may have no value in all of a window
        level = np.nansum(items, axis=1, dtype=np.float64) / known.sum(axis=1)
        distances = np.nansum((items - level[:, None]) ** 2, axis=1)
        variation = np.sqrt(distances / known.sum(axis=1))
    lengths = items.shape[1] - known.any(axis=2).argmax(axis=1)
    return {"level": level, "variation": variation, "length": lengths[:, None].astype(np.float64)}


def _spreads(numbers: Values) -> tuple[Spread, ...]:
    """Of each of K numbers (N, K), six digits of each, whatever is not known left out."""
    mean = np.nanmean(numbers, axis=0, dtype=np.float64)
    rows = np.stack([np.nanmin(numbers, axis=0), mean, np.nanmax(numbers, axis=0)], axis=1)
    return tuple(Spread(*(float(f"{part:.6g}") for part in row)) for row in rows)


def _look(images: Values) -> tuple[Polarity | None, Picture]:
    """The polarity of training images, or else their mean picture, or neither where they are too different."""
    if len(images) < FEWEST:
        return None, ()
    grounds = _grounds(images)
    if grounds.min() >= CLEAR or grounds.max() <= -CLEAR:
        return ("light on dark" if grounds[0] > 0 else "dark on light"), ()
    small = _small(images, SIDE)
    total = small.sum(axis=0)
    # Each is compared with the mean of the others: it would always resemble one that it is part of.
    if _correlations(small, (total - small) / (len(small) - 1)).min() < CLEAR:
        return None, ()
    mean = np.rint(total / len(small)).astype(int).reshape(SIDE, SIDE)
    return None, tuple(map(tuple, mean.tolist()))


def _is_inverse(profile: InputProfile, images: Values) -> NDArray[np.bool_]:
    """(N,): whether each looks like the negative of a training image."""
    if profile.polarity:
        grounds = _grounds(images)
        return (grounds if profile.polarity == "dark on light" else -grounds) >= CLEAR
    if profile.picture:
        picture = np.array(profile.picture, np.float64)
        return _correlations(_small(images, len(picture)), picture.reshape(1, -1)) <= -CLEAR
    return np.zeros(len(images), np.bool_)


def _opposite(profile: InputProfile) -> str:
    match profile.polarity:
        case "light on dark":
            return "dark on light, unlike"
        case "dark on light":
            return "light on dark, unlike"
    return "like a negative of"


def _grounds(images: Values) -> Numbers:
    """(N,): by how many of its standard deviations an image is lighter than its ground, the median of its border."""
    pixels = images if images.ndim == 4 else images[..., None]
    grounds = []
    for colours in pixels:
        image = colours.mean(axis=2, dtype=np.float64)
        border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
        grounds.append((image.mean() - np.median(border)) / max(image.std(), 1))
    return np.array(grounds)


def _small(images: Values, side: int) -> Numbers:
    """(N, side * side): grey images in few pixels."""
    fit = Preprocessing("image", (side, side, 1), (0.0,), (1.0,)).fit
    return np.stack([fit(image) for image in images]).reshape(len(images), -1).astype(np.float64)


def _correlations(images: Numbers, others: Numbers) -> Numbers:
    """(N,): of pixels (N, K) with those of other images (N or 1, K); 0 where one is of one colour."""
    x, y = images - images.mean(axis=1, keepdims=True), others - others.mean(axis=1, keepdims=True)
    sizes = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
    return np.asarray((x * y).sum(axis=1) / np.maximum(sizes, 1))
