"""A recipe is its sections, in the order in which the line uses them."""

from typing import Self

from pydantic import Field, model_validator

from edgeline.recipe.anchor import Anchor
from edgeline.recipe.data import Data
from edgeline.recipe.federate import Federate
from edgeline.recipe.finetune import Finetune
from edgeline.recipe.gate import Gate
from edgeline.recipe.keep import Keep
from edgeline.recipe.pretrained import Pretrained
from edgeline.recipe.quantise import Quantise
from edgeline.recipe.rehearse import Rehearse
from edgeline.recipe.section import Section
from edgeline.recipe.shrink import Shrink
from edgeline.recipe.split import Split

NAME = r"^[a-z][a-z0-9-]{0,39}$"


class Recipe(Section):
    """All settings of one application."""

    name: str = Field(pattern=NAME)
    """The recipe's name, which is also its file's and its data folder's."""

    about: str = ""
    """One sentence for people."""

    data: Data = Data()
    pretrained: Pretrained = Pretrained()
    finetune: Finetune = Finetune()
    shrink: Shrink = Shrink()
    federate: Federate = Federate()
    quantise: Quantise = Quantise()
    split: Split = Split()
    rehearse: Rehearse = Rehearse()
    gate: Gate = Gate()
    anchor: Anchor = Anchor()
    keep: Keep = Keep()

    @model_validator(mode="after")
    def _check_devices_of_a_round(self) -> Self:
        is_fixed = self.data.partition != "natural" and self.federate.rounds
        if is_fixed and self.data.devices < self.federate.min_devices:
            raise ValueError(
                f"federate.min_devices ({self.federate.min_devices}) at most "
                f"data.devices ({self.data.devices})"
            )
        return self
