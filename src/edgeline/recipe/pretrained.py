"""The large network that the line begins with, and what it has seen before the task's data."""

from typing import Literal

from pydantic import Field

from edgeline.recipe.section import Section


class Pretrained(Section):
    architecture: Literal["cnn"] = "cnn"
    """The network's kind; `cnn` is the article's: two convolutions and two linear layers."""

    widths: tuple[int, ...] = Field((64, 128, 256), strict=False, min_length=1)
    """Channels of two convolutions and units of the hidden layer: the article's 1.68 M weights."""

    images: int = Field(6000, ge=10)
    """Printed digits rendered to learn from; more add little, since the fonts stay the same."""

    epochs: int = Field(3, ge=1)
    """Passes over them; this is the longest step of the line, and a fourth pass adds little."""

    batch_size: int = Field(64, ge=1)
    """Images per step."""

    learning_rate: float = Field(0.001, gt=0, le=1)
    """Adam's, at the top of a cycle that rises and falls once."""

    augment: float = Field(1.0, ge=0, le=3)
    """Strength of the random movements of each image; 0 is none, 1 turns by up to 15 degrees."""

    seed: int = Field(0, ge=0)
    """Of the first weights, the rendering, the order of images and their movements."""
