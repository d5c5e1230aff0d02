"""What people would rather look at than read: curves, shares, confusion, and the items that were misread.

Each picture is a function of reports and arrays to a figure of matplotlib; none knows where it will hang.
"""

from edgeline.figures.answers import calibration, confusion
from edgeline.figures.curves import interpolation, learning, rounds, seeds
from edgeline.figures.items import samples
from edgeline.figures.shares import shares

__all__ = [
    "calibration",
    "confusion",
    "interpolation",
    "learning",
    "rounds",
    "samples",
    "seeds",
    "shares",
]
