"""The chain on which statements are anchored."""

from pydantic import Field

from edgeline.recipe.section import Section


class Anchor(Section):
    chain: str = Field("local", pattern=r"^[a-z][a-z0-9-]{0,39}$")
    """Name of a chain: `local` is this project's own, another one is deployments/NAME.json."""
