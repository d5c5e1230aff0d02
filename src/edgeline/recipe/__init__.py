"""The frozen settings of one application: every value has a default, a unit, a range and a reason.

`load` is the only way in; nothing else in the project reads a setting from anywhere.
"""

from edgeline.recipe.load import Resolved, load, names
from edgeline.recipe.recipe import Recipe

__all__ = ["Recipe", "Resolved", "load", "names"]
