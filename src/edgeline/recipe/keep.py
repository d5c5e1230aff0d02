"""How much history the state folder holds."""

from pydantic import Field

from edgeline.recipe.section import Section


class Keep(Section):
    runs: int = Field(20, ge=1, le=10_000)
    """Newest runs whose intermediate results stay on disk; anchored artifacts always stay."""
