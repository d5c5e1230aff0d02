"""Items that a program makes, so that a network learns before it has seen anybody's data."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeline.datasets.card import Form
from edgeline.datasets.printed import render
from edgeline.errors import RecipeError

Examples: TypeAlias = tuple[NDArray[Any], NDArray[np.int64]]
"""Values (N, ...) and labels (N,)."""


@dataclass(frozen=True)
class Generator:
    """One way to make labelled items."""

    make: Callable[[int, Form, int], Examples]
    """So many items of a form, from a seed."""
    fits: Callable[[Form], bool]
    needs: str
    """The data that it fits, in words."""


def _is_grey_digits(form: Form) -> bool:
    inputs = form.preprocessing
    return inputs.kind == "image" and inputs.channels == 1 and len(form.classes) == 10


GENERATORS: dict[str, Generator] = {
    "printed": Generator(
        make=lambda count, form, seed: render(count, form.preprocessing.shape[0], seed),
        fits=_is_grey_digits,
        needs="grey images of ten digits",
    )
}
"""By the name that a recipe gives; `recipe.pretrained.Generator` lists the same names."""


def generate(name: str, count: int, form: Form, seed: int) -> Examples:
    """`count` items of the form with their labels; the same seed gives the same items.

    Raises:
        RecipeError: the generator makes items of another form.
    """
    generator = GENERATORS[name]
    if not generator.fits(form):
        inputs = form.preprocessing
        raise RecipeError(
            expected=f"{generator.needs} for the generator {name!r}",
            found=f"{inputs.kind} of shape {inputs.shape} and {len(form.classes)} classes",
            remedy="set pretrained.weights and shrink.unlabelled to none",
        )
    return generator.make(count, form, seed)
