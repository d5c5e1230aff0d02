"""Teaching the pretrained network its task from the central site's labels."""

from typing import Literal

from pydantic import Field

from edgeline.recipe.section import Section


class Finetune(Section):
    method: Literal["full", "probe", "bias", "lora"] = "full"
    """What learns: every weight, the last layer, biases and norms, or low-rank additions."""

    rank: int = Field(4, ge=1, le=256)
    """Of the low-rank additions, with `method: lora`."""

    epochs: int = Field(40, ge=1)
    """Passes over the central labels, each item moved anew; more of them narrow the lead over a
    start from scratch (benchmarks/labels.py)."""

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

    loss: Literal["cross-entropy", "focal"] = "cross-entropy"
    """focal (arXiv 1708.02002, gamma 2) counts hard items more."""

    class_weights: bool = False
    """Whether each class counts as much as the others, however few its items are."""

    label_smoothing: float = Field(0.0, ge=0, lt=1)
    """Share of certainty that is spread over all classes."""

    patience: int = Field(0, ge=0)
    """Measured epochs without a better validation score before learning stops early, the best
    weights kept; 0 goes on to the end and keeps the last."""

    augment: float = Field(1.0, ge=0, le=3)
    """Strength of the random changes of each item; 0 is none."""

    reestimate: bool = False
    """Whether batch-norm statistics are measured again at each alpha, as another branch of the sweep."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where it computes; auto takes CUDA where there is one. The bits differ between the two."""

    seeds: int = Field(1, ge=1, le=20)
    """How many times it is done, each with the next seed; the best on validation is kept, and the
    spread is reported."""

    seed: int = Field(0, ge=0)
    """Of the order of items and their changes, and of the control's first weights."""
