"""`edgeline recipe list|show`: what an application changes, and where each value comes from."""

from typing import Any

from edgeline.cli.console import answer, fact
from edgeline.cli.options import AsJson, Override
from edgeline.recipe import load, names
from edgeline.recipe.load import parse_overrides
from edgeline.workspace import Workspace


def list_recipes(as_json: AsJson = False) -> None:
    """List the recipes of this project."""
    root = Workspace.find().root
    about = {name: load(root, name).recipe.about for name in names(root)}
    answer({"recipes": about}, (fact(*pair) for pair in about.items()), as_json)


def show(name: str, p: Override = [], as_json: AsJson = False) -> None:  # noqa: B006  (typer reads the default)
    """Show every setting of recipe NAME, its value and where the value comes from."""
    rows = list(load(Workspace.find().root, name, parse_overrides(p)).rows())
    settings = {key: {"value": value, "origin": origin} for key, value, origin, _ in rows}
    answer({"recipe": name, "settings": settings}, (_line(*row) for row in rows), as_json)


def _line(key: str, value: Any, origin: str, about: str) -> str:
    """Whatever the width, a name is whole and can be given to -p."""
    shown = list(value) if isinstance(value, tuple) else value
    return f"{key:28} {shown!s:20} {origin:18} {about}"
