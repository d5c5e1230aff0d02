"""What a look at a user's files found: all that a recipe can be drafted from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Asked:
    """What a person says that cannot be seen."""

    label: str = ""
    group: str = ""
    image_size: int = 0
    steps: int = 0
    """Of a window; says that the files are recordings."""


@dataclass(frozen=True)
class Findings:
    """Facts about the files, and guesses where the files do not say."""

    source: Literal["image-folder", "medmnist", "table", "series"]
    """As `data.source`."""
    items: int
    """Pictures, rows or windows that can be used."""
    classes: Mapping[str, int]
    """Items of each class, in the order of their labels."""
    looked: str
    """How far was looked, in words."""
    sets: Mapping[str, int] = field(default_factory=dict)
    """Items in train, validation and test, where the files are sorted into them."""
    label: str = ""
    """Column of the classes."""
    group: str = ""
    """Column of persons, devices or recordings, or `folder`; a guess unless it was asked for."""
    groups: int = 0
    is_group_guessed: bool = False
    bad: float = 0.0
    """Share of the items looked at that cannot be used."""
    bad_reason: str = ""
    """Of most of these."""
    side: int = 0
    """Median of the shorter sides of the pictures, in pixels."""
    image_size: int = 0
    """As asked for; 0 where nobody asked."""
    is_colour: bool = False
    columns: tuple[str, ...] = ()
    """Of a table, or the channels of recordings."""
    missing: Mapping[str, int] = field(default_factory=dict)
    """Cells without a value, by column."""
    notes: tuple[str, ...] = ()
    """On columns that are turned or left out."""
    recordings: int = 0
    lengths: tuple[int, int] = (0, 0)
    """Steps of the shortest recording and of the longest."""
    steps: int = 0
    """As `data.steps`."""
    stride: int = 0
    """As `data.stride`."""

    @property
    def noun(self) -> str:
        return {"table": "rows", "series": "windows"}.get(self.source, "pictures")
