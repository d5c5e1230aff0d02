"""Settings that every training of the line has; a section inherits them and changes their defaults."""

from typing import Literal

from pydantic import Field

from edgeline.recipe.section import Section


class Loss(Section):
    """How wrong an answer is, measured against a label."""

    loss: Literal["cross-entropy", "focal"] = "cross-entropy"
    """focal (arXiv 1708.02002, gamma 2) counts hard items more."""

    class_weights: bool = False
    """Whether each class counts as much as the others, however few its items are."""

    label_smoothing: float = Field(0.0, ge=0, lt=1)
    """Share of certainty that is spread over all classes."""


class Training(Section):
    """How a network learns, whatever it learns from."""

    epochs: int = Field(10, ge=1)
    """Passes over the items."""

    batch_size: int = Field(32, ge=1)
    """Items per step."""

    optimiser: Literal["adam", "adamw", "sgd"] = "adam"
    """adamw decays weights apart from the gradient; sgd has a momentum of 0.9 (Nesterov)."""

    learning_rate: float = Field(0.001, gt=0, le=10)
    """At the top of the schedule."""

    weight_decay: float = Field(0.0, ge=0, le=1)
    """Per step, times the learning rate."""

    schedule: Literal["one-cycle", "cosine", "constant"] = "one-cycle"
    """one-cycle rises over a tenth and falls along a cosine; cosine only falls."""

    patience: int = Field(0, ge=0)
    """Measured epochs without a better validation score before learning stops early, the best
    weights kept; 0 goes on to the end and keeps the last."""

    augment: float = Field(1.0, ge=0, le=3)
    """Strength of the random changes of each item; 0 is none."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where it computes; auto takes CUDA where there is one. The bits differ between the two."""

    seed: int = Field(0, ge=0)
    """Of the first weights, the order of items and their changes."""


class Supervised(Training, Loss):
    """How a network learns from labels."""
