"""What the training items looked like, so that a device can tell when its own look otherwise."""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from edgeline.digest import JsonValue
from edgeline.preprocess import Preprocessing

Polarity: TypeAlias = Literal["light on dark", "dark on light"]


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
    """Of images that have a foreground; None where there is none, or nobody measured it."""

    def check(self, preprocessing: Preprocessing) -> None:
        """Raises ValueError where this is no profile of items that are preprocessed so."""
        if len(self.channels) != preprocessing.channels:
            raise ValueError(
                f"expected {preprocessing.channels} channels, found {len(self.channels)}"
            )
        if preprocessing.kind != "image" and (self.brightness or self.polarity):
            raise ValueError(f"a {preprocessing.kind} has neither brightness nor polarity")

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "channels": [_spread_json(one) for one in self.channels],
            "brightness": None if self.brightness is None else _spread_json(self.brightness),
            "polarity": self.polarity,
        }

    @classmethod
    def from_json(cls, value: JsonValue) -> "InputProfile":
        """Raises ValueError where it is not what `to_json` writes."""
        match value:
            case {"channels": list(channels), "brightness": brightness, "polarity": polarity}:
                if polarity not in (None, *get_args(Polarity)):
                    raise ValueError(f"an unknown polarity {polarity!r}")
                profile = cls(
                    tuple(map(_spread, channels)),
                    None if brightness is None else _spread(brightness),
                    polarity,  # type: ignore[arg-type]  # checked above
                )
                # Nothing is left over, and each number is in the one form that is hashed.
                if profile.to_json() == value:
                    return profile
        raise ValueError(
            "a profile has channels, brightness and polarity, numbers in shortest form"
        )


def _spread_json(spread: Spread) -> JsonValue:
    return {"low": repr(spread.low), "mean": repr(spread.mean), "high": repr(spread.high)}


def _spread(value: JsonValue) -> Spread:
    match value:
        case {"low": str(low), "mean": str(mean), "high": str(high)}:
            return Spread(float(low), float(mean), float(high))
    raise ValueError("a spread has low, mean and high as decimal strings")
