"""Handing what the large network knows to one that fits a small device."""

from pydantic import Field

from edgeline.recipe.pretrained import Architecture
from edgeline.recipe.section import Section


class Shrink(Section):
    architecture: Architecture | None = None
    """Of the small network; none for the large one's."""

    widths: tuple[int, ...] = Field((16, 32, 64), strict=False)
    """Of the small network, as `pretrained.widths`: 106 thousand weights, a sixteenth."""

    epochs: int = Field(6, ge=1)
    """Passes over the lessons."""

    lessons: int = Field(10, ge=1)
    """Times that a pass shows each labelled image, moved differently, with the teacher's answer."""

    printed: int = Field(1000, ge=0)
    """Printed digits in each pass beside the labelled images; what they show, the teacher says."""

    batch_size: int = Field(64, ge=1)
    """Items per step."""

    learning_rate: float = Field(0.004, gt=0, le=1)
    """Adam's, at the top of a cycle that rises and falls once."""

    augment: float = Field(1.0, ge=0, le=3)
    """Strength of the random changes of each item; 0 is none, 1 turns by up to 15 degrees."""

    temperature: float = Field(3.0, gt=0)
    """By which both networks' logits are divided; higher says more about the unlikely classes."""

    label_weight: float = Field(0.5, ge=0, le=1)
    """Share of the true labels in the loss; the rest is the teacher's answer."""

    seed: int = Field(0, ge=0)
    """Of the student's first weights, the order of items and their changes."""
