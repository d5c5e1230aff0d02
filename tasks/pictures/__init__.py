"""What people would rather look at than read: curves, shares, confusion, and the items that were misread.

Each picture is a function of reports and arrays to a figure of matplotlib; none knows where it will hang.
"""

from tasks.pictures.answers import calibration, confusion
from tasks.pictures.curves import interpolation, learning, rounds, seeds
from tasks.pictures.items import samples
from tasks.pictures.shares import shares

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
