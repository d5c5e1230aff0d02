"""From 32-bit numbers to 8-bit ones, with ranges measured on training items."""

from typing import Literal

from pydantic import Field

from edgeline.recipe.section import Section


class Quantise(Section):
    calibration_items: int = Field(100, ge=8, le=10_000)
    """How many central items set the ranges of activations; validation and test never do."""

    calibration: Literal["minmax", "entropy", "percentile"] = "minmax"
    """How a range is read from them; on small nets the three differ by a few examples only."""

    weight_bits: Literal[7, 8] = 7
    """Bits per weight, stored in 8: with 8, processors without VNNI saturate."""

    latency_rounds: int = Field(60, ge=5, le=10_000)
    """Paired rounds of the timing before and after; it informs and decides nothing."""
