"""Examples for a network of any number of inputs, cut into the feeds of single inferences."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeline.edge.session import Session, Tensors
from edgeline.errors import RecipeError

FEED_ITEMS = 20
"""Examples of one feed, where the network takes any number."""

Feeds: TypeAlias = list[dict[str, NDArray[Any]]]
Calibration: TypeAlias = Tensors | Sequence[Tensors]
"""Arrays of examples by the name of the input, or whole feeds."""


def split_into_feeds(session: Session, calibration: Calibration, items: int) -> Feeds:
    """At most `items` of the examples, or of the whole feeds, as the network takes them at a time.

    A network of one batch size gets feeds of that size; what is left over is left out.

    Raises:
        RecipeError: no feed comes out, or the inputs have different numbers of examples.
    """
    if not isinstance(calibration, Mapping):
        feeds = [dict(feed) for feed in calibration[:items]]
    else:
        total = _number_of_examples(calibration)
        size = session.batch or FEED_ITEMS
        last = min(total, items)
        stop = last - last % size if session.batch else last
        feeds = [
            {
                name: np.asarray(array)[at : min(at + size, last)]
                for name, array in calibration.items()
            }
            for at in range(0, stop, size)
        ]
    if not feeds:
        raise RecipeError(
            expected=f"calibration examples, at least {session.batch or 1}",
            found="too few, or none",
            remedy="give more examples of what the network will see",
        )
    return feeds


def count_examples(feeds: Feeds) -> int:
    """How many there are in all, by the first side of each feed's first input."""
    arrays = [next(iter(feed.values()), None) for feed in feeds]
    return sum(len(one) if one is not None and one.ndim else 1 for one in arrays)


def _number_of_examples(calibration: Tensors) -> int:
    sizes = {name: len(array) if array.ndim else 0 for name, array in calibration.items()}
    if len(set(sizes.values())) > 1 or not all(sizes.values()):
        raise RecipeError(
            expected="the same number of calibration examples for every input",
            found=", ".join(f"{name} {size}" for name, size in sizes.items()),
            remedy="stack the examples along the first axis, or give whole feeds",
        )
    return max(sizes.values(), default=0)
