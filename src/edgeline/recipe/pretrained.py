"""The large network that the line starts with, and its weights before fine-tuning."""

from typing import Literal, get_args

from pydantic import Field

from edgeline.recipe.training import Supervised

Architecture = Literal[
    "cnn", "resnet20", "resnet56", "mobilenet", "rnn", "lstm", "gru", "cnn1d", "mlp"
]

Generator = Literal["printed"]
"""What makes items out of nothing: printed digits, of `datasets.printed`."""

NAMED = ("models:/", "timm:", "hub:")
"""Beginnings of names under which MLflow, timm and the Hugging Face hub keep weights."""


class Pretrained(Supervised):
    architecture: Architecture = "cnn"
    """The network's kind; `cnn` is the article's: two convolutions and two linear layers."""

    widths: tuple[int, ...] = Field((64, 128, 256), strict=False)
    """Channels or units of its layers in order (docs/models.md); empty for the kind's own."""

    weights: str = "none"
    """none: random; printed: taught here on printed digits; or a .safetensors file,
    models:/NAME@ALIAS, timm:NAME, hub:OWNER/NAME."""

    items: int = Field(6000, ge=10)
    """Items generated to learn from where `weights` names a generator, such as printed digits."""

    epochs: int = Field(3, ge=1)
    """Passes over them; this is the longest step of the line, and a fourth pass adds little."""

    batch_size: int = Field(64, ge=1)
    """Items per step."""

    @property
    def is_generated(self) -> bool:
        """Whether the network learns from a generator's items."""
        return self.weights in get_args(Generator)

    @property
    def is_file(self) -> bool:
        """Whether `weights` is a path: neither a word nor a name that something else resolves."""
        is_word = self.is_generated or self.weights == "none"
        return not is_word and not self.weights.startswith(NAMED)
