"""Examples for a network of any number of inputs, cut into the feeds of single inferences."""

from typing import Any, TypeAlias

from numpy.typing import NDArray

from edgeline.edge.session import Session, Tensors
from edgeline.errors import RecipeError

FEED_ITEMS = 20
"""Examples of one feed, where the network takes any number."""

Feeds: TypeAlias = list[dict[str, NDArray[Any]]]


def split_into_feeds(session: Session, examples: Tensors, items: int) -> Feeds:
    """At most `items` of the examples, arrays by the name of the input, as the network takes them at a time.

    A network of one batch size gets feeds of that size; what is left over is left out.

    Raises:
        RecipeError: no feed comes out, or the inputs have different numbers of examples.
    """
    sizes = {name: len(array) if array.ndim else 0 for name, array in examples.items()}
    if len(set(sizes.values())) > 1 or not all(sizes.values()):
        raise RecipeError(
            expected="the same number of calibration examples for every input",
            found=", ".join(f"{name} {size}" for name, size in sizes.items()),
            remedy="stack the examples along the first axis",
        )
    size = session.batch or FEED_ITEMS
    last = min(items, max(sizes.values(), default=0))
    if session.batch:
        last -= last % size
    feeds = [
        {name: array[at : min(at + size, last)] for name, array in examples.items()}
        for at in range(0, last, size)
    ]
    if not feeds:
        raise RecipeError(
            expected=f"calibration examples, at least {session.batch or 1}",
            found="too few, or none",
            remedy="give more examples of what the network will see",
        )
    return feeds
