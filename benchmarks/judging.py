"""How well are copies, wrong labels and drift told from what only looks like them?

    edgeline bench judging --json [-p data.path=pneumoniamnist.npz]

The 5,000 digits that ship, and the pictures of a MedMNIST file where one is named; settings are the
defaults. Near copies: pairs that are called copies among different pictures, and how many pictures
are known again that were saved as JPEG of quality 75; copies that are the same bytes do not count.
Labels: 5 in 100 become another class, drawn anew for each seed. Drift: how often two samples of one
set, without a common item, raise an alarm at level 0.01, and how often they do when the second is
10 % darker.
"""

import io
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from edgeline.datasets import card, raw
from edgeline.datasets.card import Card, Form
from edgeline.datasets.drift import measure_drift
from edgeline.datasets.fingerprints import near_pairs
from edgeline.datasets.items import Items
from edgeline.datasets.label_issues import find_label_issues
from edgeline.datasets.profile import profile
from edgeline.datasets.raw import Raw
from edgeline.errors import RecipeError
from edgeline.preprocess import Preprocessing
from edgeline.recipe.data import Data
from edgeline.sources.fetch import fetch
from edgeline.sources.wheels import digits

Pixels: TypeAlias = NDArray[np.uint8]

QUALITY, FLIPPED, DARKER, LEVEL = 75, 0.05, 0.9, 0.01
SEEDS, REPEATS = 5, 1000
SIZES = (50, 100, 500, 2500)
"""Items of each of two samples."""


def measure(
    overrides: dict[str, str], seeds: int = SEEDS, repeats: int = REPEATS
) -> dict[str, Any]:
    """Every figure, of the digits and of the file at `data.path` where it is given."""
    begun = time.process_time()
    if overrides.keys() - {"data.path"}:
        raise RecipeError(
            expected="-p data.path=FILE, or nothing",
            found=f"-p {' -p '.join(overrides)}",
            remedy="leave the others out",
        )
    given = {"digits": digits()}
    if overrides:
        given["medmnist"] = _fetched(Path(overrides["data.path"]).absolute())
    return {
        **{name: judged(one, seeds, repeats) for name, one in given.items()},
        "cpu_seconds": round(time.process_time() - begun, 1),
    }


def judged(given: Raw, seeds: int, repeats: int) -> dict[str, Any]:
    """Figures of one set of pictures."""
    items = given.items
    return {
        "items": len(items),
        "near": copies(items.values),
        "labels": [flips(items, given.classes, seed) for seed in range(seeds)],
        "drift": {
            "repeats": repeats,
            "false_alarms": _alarms(given, repeats, brightness=1.0),
            "darker_found": _alarms(given, repeats, brightness=DARKER),
        },
    }


def copies(pictures: Pixels) -> dict[str, Any]:
    """Pairs of different pictures that are called copies, and which JPEG copies are found."""
    distinct = np.unique(pictures, axis=0)
    saved = np.stack([_as_jpeg(one) for one in distinct])
    many = len(distinct)
    is_other = (saved != distinct).reshape(many, -1).any(axis=1)
    pairs = near_pairs(np.concatenate([distinct, saved]), Data().near)
    own = pairs[pairs[:, 1] - pairs[:, 0] == many, 0]
    found = int(is_other[own].sum())
    return {
        "distinct": many,
        "wrong_pairs": len(near_pairs(distinct, Data().near)),
        "wrong_pairs_with_copies": len(pairs) - len(own),
        "copies": int(is_other.sum()),
        "found": found,
        "recall": round(found / max(1, int(is_other.sum())), 4),
    }


def flips(items: Items, classes: tuple[str, ...], seed: int) -> dict[str, Any]:
    """Precision and recall of suspicion where a share of the labels became another class."""
    draw = np.random.default_rng(seed)
    at = draw.permutation(len(items))[: round(FLIPPED * len(items))]
    labels = items.labels.copy()
    labels[at] = (labels[at] + draw.integers(1, len(classes), len(at))) % len(classes)
    names = np.arange(len(items)).astype(str)
    wrong = Items(items.values, labels, names, items.groups)
    suspected = find_label_issues(wrong, np.full(len(items), "train"), classes, "image", len(items))
    hits = int(np.isin([int(one.id) for one in suspected], at).sum())
    return {
        "seed": seed,
        "flipped": len(at),
        "suspected": len(suspected),
        "precision": round(hits / max(1, len(suspected)), 4),
        "recall": round(hits / max(1, len(at)), 4),
    }


def _alarms(given: Raw, repeats: int, *, brightness: float) -> dict[str, float]:
    """By size, the share of pairs of samples that raise an alarm; the second is so bright."""
    sizes = [size for size in SIZES if 2 * size <= len(given.items)]
    with TemporaryDirectory() as name:
        return {
            str(size): sum(_compared(given, size, repeats, brightness, Path(name))) / repeats
            for size in sizes
        }


def _compared(
    given: Raw, size: int, repeats: int, brightness: float, folder: Path
) -> Iterator[bool]:
    """Of each pair of samples, whether there is an alarm."""
    draw = np.random.default_rng(size)
    for _ in range(repeats):
        at = draw.permutation(len(given.items))[: 2 * size]
        one, other = given.items.take(at[:size]), given.items.take(at[size:])
        dimmed = np.rint(other.values * brightness).astype(np.uint8)
        cards = [
            _card(folder, part, given.classes) for part in (one, replace(other, values=dimmed))
        ]
        yield bool(measure_drift(*cards, level=LEVEL).alarms)


def _card(folder: Path, train: Items, classes: tuple[str, ...]) -> Card:
    """A card that says no more than drift asks for."""
    shape = (*train.values.shape[1:], 1)[:3]
    channels = shape[2]
    form = Form(
        Preprocessing("image", shape, (0.0,) * channels, (1.0,) * channels), classes, "none"
    )
    return card.write(
        folder,
        form=form.to_json(),
        profile=profile(train, len(classes), (), "image").to_json(),
        **{name: {} for name in ("source", "sets", "groups", "left_out", "duplicates", "deal")},
        **{name: [] for name in ("owners", "central", "devices", "distances")},
        **dict.fromkeys(("raw", "damaged", "suspects", "skew"), 0),
    )


def _as_jpeg(picture: Pixels) -> Pixels:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=QUALITY)
    return np.asarray(Image.open(file))


def _fetched(path: Path) -> Raw:
    with TemporaryDirectory() as name:
        folder = Path(name)
        fetch(folder, Data(source="medmnist", path=str(path)), root=path.parent)
        return raw.read(folder / raw.RAW)
