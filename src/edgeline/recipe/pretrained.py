"""The large network that the line begins with, and what it has seen before the task's data."""

from typing import Literal

from pydantic import Field

from edgeline.recipe.section import Section

Architecture = Literal[
    "cnn", "resnet20", "resnet56", "mobilenet", "rnn", "lstm", "gru", "cnn1d", "mlp"
]

NAMED = ("models:/", "timm:", "hub:")
"""Beginnings of names under which MLflow, timm and the Hugging Face hub keep weights."""


class Pretrained(Section):
    architecture: Architecture = "cnn"
    """The network's kind; `cnn` is the article's: two convolutions and two linear layers."""

    widths: tuple[int, ...] = Field((64, 128, 256), strict=False)
    """Channels or units of its layers in order (docs/models.md); empty for the kind's own."""

    weights: str = "printed"
    """printed: taught here on printed digits; none: random; or a .safetensors file, models:/NAME@ALIAS,
    timm:NAME, hub:OWNER/NAME."""

    images: int = Field(6000, ge=10)
    """Printed digits rendered to learn from; more add little, since the fonts stay the same."""

    epochs: int = Field(3, ge=1)
    """Passes over them; this is the longest step of the line, and a fourth pass adds little."""

    batch_size: int = Field(64, ge=1)
    """Items per step."""

    learning_rate: float = Field(0.001, gt=0, le=1)
    """Adam's, at the top of a cycle that rises and falls once."""

    augment: float = Field(1.0, ge=0, le=3)
    """Strength of the random changes of each item; 0 is none, 1 turns by up to 15 degrees."""

    seed: int = Field(0, ge=0)
    """Of the first weights, the rendering, the order of items and their changes."""

    @property
    def is_file(self) -> bool:
        """Whether `weights` is a path: neither a word nor a name that something else resolves."""
        return self.weights not in ("printed", "none") and not self.weights.startswith(NAMED)
