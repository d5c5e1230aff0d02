"""Fine-tuning the pretrained network on the central site's labels."""

from typing import Literal

from pydantic import Field

from edgeline.recipe.training import Supervised


class Finetune(Supervised):
    method: Literal["full", "probe", "bias", "lora"] = "full"
    """What learns: every weight, the last layer, biases and norms, or low-rank additions."""

    rank: int = Field(4, ge=1, le=256)
    """Of the low-rank additions, with `method: lora`."""

    epochs: int = Field(40, ge=1)
    """Passes over the central labels, each item changed anew; more of them narrow the lead over a
    start from scratch (benchmarks/labels.py)."""

    reestimate: bool = False
    """Whether batch-norm statistics are measured again at each alpha, as another branch of the sweep."""

    seeds: int = Field(1, ge=1, le=20)
    """How many times it is done, each with the next seed; the best on validation is kept, and the
    spread is reported."""
