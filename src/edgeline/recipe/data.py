"""The data of an application, their form, and how they are shared among devices."""

import unicodedata
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from edgeline.errors import RecipeError
from edgeline.recipe.section import Section


class Data(Section):
    source: str = ""
    """A set that ships (digits, breast-cancer, voice, shuttle), or the form of your own files:
    image-folder, medmnist, table, series."""

    path: str = ""
    """File, folder or archive (.zip, .tar, .tar.gz) with your own data, from the project's folder."""

    url: str = ""
    """Address of the file, downloaded where `path` is empty."""

    digest: str = Field("", pattern=r"^([0-9a-f]{64}|md5:[0-9a-f]{32})?$")
    """SHA-256 of the file at `url` (md5:... where its publisher states no other); for files at `path`,
    a run computes it."""

    title: str = ""
    """Name of your own data, for the card."""

    licence: str = ""
    """Of your own data, for the card: an SPDX identifier."""

    published: str = ""
    """What others have reached on them with all labels, shown beside the score."""

    classes: tuple[str, ...] = Field((), strict=False)
    """Names of the classes in the order of their labels; empty for the source's own names."""

    label: str = "label"
    """Column of a table, or of a series' rows, that holds the class."""

    group: str = ""
    """Column that names the device, patient or machine of a row; `folder` for the folder below the
    class's; empty where it is not known."""

    columns: tuple[str, ...] = Field((), strict=False)
    """Columns that the network sees; empty for every other one that holds numbers and does not merely
    order the rows, as row numbers, time stamps and ids do."""

    image_size: int = Field(28, ge=8, le=512)
    """Height and width in pixels that every image is brought to."""

    channels: int = Field(1, ge=1, le=3)
    """Of images: 1 for grey, 3 for colour."""

    steps: int = Field(0, ge=0, le=100_000)
    """Steps of a series that the network sees; 0 for the longest that there is."""

    stride: int = Field(0, ge=0, le=100_000)
    """Steps from one window of a long recording to the next; 0 for windows without overlap."""

    mean: tuple[float, ...] = Field((), strict=False)
    """Per channel, of pixels scaled to 0..1 or of numbers; empty: measured at the central site."""

    std: tuple[float, ...] = Field((), strict=False)
    """Per channel, as `mean`; empty: measured at the central site."""

    limit: float = Field(0.0, ge=0)
    """Normalised values beyond it are clipped, so that one broken sensor does not dominate; 0: none."""

    validation: int = Field(500, ge=1)
    """Items on which settings and models are chosen, where the source has no such set itself."""

    test: int = Field(1000, ge=1)
    """Items for the number that is reported, where the source has no such set itself."""

    missing: Literal["refuse", "mean", "indicator"] = "refuse"
    """What is done with cells that have no value: refuse, so that their items count as damaged; the mean of
    their column at the central site; the mean, and one more input for every column that lacks values in
    the training set, which says so."""

    max_bad: float = Field(0.01, ge=0, le=1)
    """Share of items that may be damaged, constant, not finite or of the wrong size; more stop the run."""

    near: int = Field(2, ge=0, le=10)
    """Bits in which the 64-bit fingerprints of two images may differ and still be near duplicates."""

    suspects: int = Field(50, ge=0, le=10_000)
    """Most labels listed as probably wrong, the worst first; none is ever changed."""

    central: int = Field(100, ge=1)
    """Labelled items that the central site owns; all other training items stay on devices."""

    devices: int = Field(10, ge=1, le=10_000)
    """Devices among which the rest is partitioned; with `partition: natural` the groups decide."""

    partition: Literal["dirichlet", "iid", "shards", "natural"] = "dirichlet"
    """How: uneven mixes of classes, alike, a few classes each, or by group."""

    dirichlet: float = Field(0.5, gt=0, le=1e6)
    """Concentration: at 0.1 a device has few classes, at 100 all are nearly alike."""

    shards: int = Field(2, ge=1, le=1000)
    """Shards of sorted classes that each device gets with `partition: shards`."""

    augmentation: Literal["pen", "radiograph", "sensor", "none"] = "none"
    """Random changes that keep an item's class: a pen's, an X-ray machine's, a sensor's, none."""

    seed: int = Field(1, ge=0, le=2**32 - 1)
    """Of the split into sets and the partition among devices."""

    @field_validator("classes", "label", "group", "columns")
    @classmethod
    def _compose(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        """In NFC, as names are compared: a Mac stores letters and their marks one by one."""
        if isinstance(value, str):
            return unicodedata.normalize("NFC", value)
        return tuple(unicodedata.normalize("NFC", name) for name in value)

    @model_validator(mode="after")
    def _check_images(self) -> Self:
        if len(self.mean) != len(self.std) or any(value <= 0 for value in self.std):
            raise ValueError("mean and std of equal length, with std above 0")
        if self.channels == 2:
            raise ValueError("1 or 3 channels")
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
