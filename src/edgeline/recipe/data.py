"""Which data an application learns from, how they are made even, and who owns which share."""

from pathlib import Path
from typing import Self

import yaml
from pydantic import Field, ValidationError, model_validator

from edgeline.errors import RecipeError
from edgeline.recipe.section import Section


class Form(Section):
    """What a network is made for: the form of its inputs and answers, whatever data lie behind."""

    channels: int
    image_size: int
    classes: int
    mean: tuple[float, ...]
    std: tuple[float, ...]


class Data(Section):
    source: str = "digits"
    """Name of a source in `edgeline.datasets.sources.SOURCES`."""

    channels: int = Field(1, ge=1, le=3)
    """1 for grey images, 3 for colour."""

    image_size: int = Field(28, ge=8, le=512)
    """Height and width in pixels that every image is brought to."""

    classes: int = Field(10, ge=2, le=1000)
    """Number of classes; labels are 0 to classes - 1."""

    mean: tuple[float, ...] = Field((0.1307,), strict=False)
    """Mean of pixels scaled to 0..1, per channel; the default is that of MNIST's training set."""

    std: tuple[float, ...] = Field((0.3081,), strict=False)
    """Standard deviation of pixels scaled to 0..1, per channel; the default is MNIST's."""

    validation: int = Field(500, ge=1)
    """Images on which settings and models are chosen; every class in proportion."""

    test: int = Field(1000, ge=1)
    """Images for the number that is reported, and for nothing else; every class in proportion."""

    central: int = Field(100, ge=1)
    """Labelled images that the central site owns; all other training images stay on devices."""

    devices: int = Field(10, ge=1, le=10_000)
    """Devices among which the rest is dealt."""

    dirichlet: float = Field(0.5, gt=0, le=1e6)
    """Concentration of the deal: at 0.1 a device has few classes, at 100 all are nearly alike."""

    seed: int = Field(1, ge=0, le=2**32 - 1)
    """Decides which image goes where, and nothing else."""

    @property
    def form(self) -> Form:
        return Form(**self.model_dump(include=set(Form.model_fields)))

    @model_validator(mode="after")
    def _one_number_per_channel(self) -> Self:
        if not len(self.mean) == len(self.std) == self.channels:
            raise ValueError(f"as many numbers in mean and in std as channels ({self.channels})")
        if self.channels == 2 or min(self.std) <= 0:
            raise ValueError("1 or 3 channels, and std above 0")
        return self


def read_settings(path: Path) -> Data:
    """The data section that a recipe was resolved to, from data/NAME/settings.yaml.

    Raises:
        RecipeError: the file is missing, not YAML, or not a data section.
    """
    try:
        return Data.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, UnicodeDecodeError, ValidationError) as error:
        reason = (
            str(error.errors()[0]["msg"])
            if isinstance(error, ValidationError)
            else type(error).__name__
        )
        raise RecipeError(
            expected=f"the settings of a data set in {path.parent.name}/{path.name}",
            found=reason,
            remedy="run the recipe of that name, which writes the file",
        ) from None


def settings_text(settings: Data) -> str:
    """What data/NAME/settings.yaml holds for `settings`; `read_settings` gives them back."""
    heading = (
        "# The recipe's data section, defaults included. Change recipes/NAME.yaml, not this.\n"
    )
    return heading + yaml.safe_dump(settings.model_dump(mode="json"), sort_keys=False)
