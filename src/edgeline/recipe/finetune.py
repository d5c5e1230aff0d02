"""Teaching the pretrained network its task from the central site's labels."""

from pydantic import Field

from edgeline.recipe.section import Section


class Finetune(Section):
    epochs: int = Field(40, ge=1)
    """Passes over the central labels, each image moved anew; more of them narrow the lead over a
    start from scratch (benchmarks/labels.py)."""

    batch_size: int = Field(32, ge=1)
    """Images per step."""

    learning_rate: float = Field(0.001, gt=0, le=1)
    """Adam's, at the top of a cycle that rises and falls once."""

    augment: float = Field(1.0, ge=0, le=3)
    """Strength of the random movements of each image; 0 is none, 1 turns by up to 15 degrees."""

    seed: int = Field(0, ge=0)
    """Of the order of images and their movements, and of the control's first weights."""
