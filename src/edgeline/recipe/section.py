"""The base of every section of a recipe: frozen, and strict about keys and types."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A group of settings; each field gives its default, its range and, in its description, unit and reason."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    @classmethod
    def from_section(cls, section: "Section", **changes: Any) -> Self:
        """The settings that `section` has in common with this class, with `changes`."""
        shared = section.model_dump(include=set(cls.model_fields))
        return cls.model_validate({**shared, **changes})
