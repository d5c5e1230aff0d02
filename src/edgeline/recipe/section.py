"""What every section of a recipe has in common: it is frozen, and it refuses what it does not know."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A group of settings; each field gives its default, its range and, in its description, unit and reason."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )
