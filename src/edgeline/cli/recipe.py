"""`edgeline recipe list|show`: what an application changes, and where each value comes from."""

import json
from typing import Any

from edgeline.cli.options import AsJson, Override
from edgeline.recipe import load, names
from edgeline.recipe.load import parse_overrides
from edgeline.workspace import Workspace


def list_recipes(as_json: AsJson = False) -> None:
    """List the recipes of this project."""
    root = Workspace.find().root
    about = {name: load(root, name).recipe.about for name in names(root)}
    if as_json:
        print(json.dumps({"recipes": about}))
        return
    for name, sentence in about.items():
        print(f"{name:16} {sentence}")


def show(name: str, p: Override = [], as_json: AsJson = False) -> None:  # noqa: B006  (typer reads the default)
    """Show every setting of recipe NAME, its value and where the value comes from."""
    resolved = load(Workspace.find().root, name, parse_overrides(p))
    if as_json:
        settings = {
            key: {"value": value, "origin": origin} for key, value, origin, _ in resolved.rows()
        }
        print(json.dumps({"recipe": name, "settings": settings}))
        return
    _print_table(list(resolved.rows()))


def _print_table(rows: list[tuple[str, Any, str, str]]) -> None:
    """Plain lines: whatever the width, a name is whole and can be given to -p."""
    for key, value, origin, about in rows:
        shown = list(value) if isinstance(value, tuple) else value
        print(f"{key:28} {shown!s:20} {origin:18} {about}")
