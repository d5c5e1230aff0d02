"""What the training items looked like, so that a device can tell when its own look otherwise."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

from edgeline.digest import JsonValue
from edgeline.preprocess import Preprocessing

Polarity: TypeAlias = Literal["light on dark", "dark on light"]

MEASURES: Mapping[str, tuple[str, ...]] = {
    "image": ("contrast", "aspect"),
    "series": ("level", "variation", "length"),
    "table": (),
}
"""What may be measured of an item besides its values: the deviation of an image's pixels, and how many
times it was as wide as high when it came; mean and deviation of each channel of a series, and the number of its
known steps."""
OF_EACH_CHANNEL = ("level", "variation")


@dataclass(frozen=True)
class Spread:
    """Of one number over all training items."""

    low: float
    mean: float
    high: float

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.low, self.mean, self.high))):
            raise ValueError("a spread has finite numbers")
        if not self.low <= self.mean <= self.high:
            raise ValueError(f"expected low <= mean <= high, found {self}")


@dataclass(frozen=True)
class InputProfile:
    """In the units of the items, before any normalisation; pixels from 0 to 255."""

    channels: tuple[Spread, ...]
    """Of the values of each channel or column."""
    brightness: Spread | None = None
    """Of the mean pixel of an image; None where the items are no images, or nobody measured it."""
    polarity: Polarity | None = None
    """Of images on a ground, which their border shows; None where there is none, or nobody measured it."""
    items: int = 0
    """How many were measured; 0 where nobody wrote it down."""
    picture: tuple[tuple[int, ...], ...] = ()
    """Mean of the images in few pixels, square, where all resemble it; none where there is a polarity."""
    measures: Mapping[str, tuple[Spread, ...]] = field(default_factory=dict)
    """Of each of MEASURES that was taken: one, or one for each channel."""

    def check(self, preprocessing: Preprocessing) -> None:
        """Raises ValueError where this is no profile of items that are preprocessed so."""
        kind, channels = preprocessing.kind, preprocessing.channels
        if len(self.channels) != channels:
            raise ValueError(f"expected {channels} channels, found {len(self.channels)}")
        if kind != "image" and (self.brightness or self.polarity or self.picture):
            raise ValueError(f"a {kind} has neither brightness nor polarity")
        if self.picture and {len(row) for row in self.picture} != {len(self.picture)}:
            raise ValueError("a picture that is not square")
        for name, spreads in self.measures.items():
            if name not in MEASURES[kind]:
                raise ValueError(f"an item of kind {kind} has no {name}")
            if len(spreads) != (channels if name in OF_EACH_CHANNEL else 1):
                raise ValueError(f"{len(spreads)} spreads of {name}")

    def to_json(self) -> dict[str, JsonValue]:
        value: dict[str, JsonValue] = {
            "channels": [_spread_json(one) for one in self.channels],
            "brightness": None if self.brightness is None else _spread_json(self.brightness),
            "polarity": self.polarity,
        }
        # Those that were sealed before these were measured have none of them.
        if self.items:
            value["items"] = self.items
        if self.picture:
            value["picture"] = [list(row) for row in self.picture]
        if self.measures:
            value["measures"] = {
                name: [_spread_json(one) for one in spreads]
                for name, spreads in self.measures.items()
            }
        return value

    @classmethod
    def from_json(cls, value: JsonValue) -> "InputProfile":
        """Raises ValueError where it is not what `to_json` writes."""
        match value:
            case {
                "channels": list(channels),
                "brightness": brightness,
                "polarity": polarity,
                **more,
            }:
                if polarity not in (None, *get_args(Polarity)):
                    raise ValueError(f"an unknown polarity {polarity!r}")
                profile = cls(
                    tuple(map(_spread, channels)),
                    None if brightness is None else _spread(brightness),
                    polarity,  # type: ignore[arg-type]  # checked above
                    *_besides(more),
                )
                # Nothing is left over, and each number is in the one form that is hashed.
                if profile.to_json() == value:
                    return profile
        raise ValueError(
            "a profile has channels, brightness and polarity, numbers in shortest form"
        )


def _besides(value: Mapping[Any, Any]) -> tuple[Any, ...]:
    """Items, picture and measures, each of which may be missing."""
    match value.get("items", 0), value.get("picture", []), value.get("measures", {}):
        case int(items), list(rows), dict(measures) if type(items) is int and items >= 0:
            picture = tuple(tuple(map(_pixel, row)) for row in rows if isinstance(row, list))
            spreads = {
                name: tuple(map(_spread, some))
                for name, some in measures.items()
                if isinstance(some, list)
            }
            return items, picture, spreads
    raise ValueError("items are counted, a picture has rows, and measures have names")


def _pixel(value: JsonValue) -> int:
    if type(value) is int and 0 <= value <= 255:
        return value
    raise ValueError("a pixel is a whole number from 0 to 255")


def _spread_json(spread: Spread) -> JsonValue:
    return {"low": repr(spread.low), "mean": repr(spread.mean), "high": repr(spread.high)}


def _spread(value: JsonValue) -> Spread:
    match value:
        case {"low": str(low), "mean": str(mean), "high": str(high)}:
            return Spread(float(low), float(mean), float(high))
    raise ValueError("a spread has low, mean and high as decimal strings")
