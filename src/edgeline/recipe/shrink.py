"""Distilling the large network into one that fits a small device."""

from typing import Literal

from pydantic import Field

from edgeline.recipe.pretrained import Architecture, Generator
from edgeline.recipe.training import Training


class Shrink(Training):
    architecture: Architecture | None = None
    """Of the small network; none for the large one's."""

    widths: tuple[int, ...] = Field((16, 32, 64), strict=False)
    """Of the small network, as `pretrained.widths`: for images 106 thousand weights, a sixteenth."""

    epochs: int = Field(6, ge=1)
    """Passes over the lessons."""

    lessons: int = Field(10, ge=1)
    """Times that a pass shows each labelled item, changed differently, with the teacher's answer."""

    unlabelled: Literal["none", Generator] = "none"
    """Generator of items without labels that a pass shows too: printed (digits), or none. What they
    show, the teacher says."""

    unlabelled_items: int = Field(1000, ge=1)
    """How many a pass shows of them."""

    batch_size: int = Field(64, ge=1)
    """Items per step."""

    learning_rate: float = Field(0.004, gt=0, le=10)
    """At the top of the schedule."""

    temperature: float = Field(3.0, gt=0)
    """By which both networks' logits are divided; higher says more about the unlikely classes."""

    label_weight: float = Field(0.5, ge=0, le=1)
    """Share of the true labels in the loss; the rest is the teacher's answer."""
