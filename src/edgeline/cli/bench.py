"""`edgeline bench`: a figure of the documents, measured again on this machine."""

import importlib
import inspect
from typing import Annotated

import typer

from edgeline.cli.options import AsJson, Override
from edgeline.errors import RecipeError
from edgeline.files import json_text
from edgeline.recipe.load import parse_overrides
from edgeline.workspace import Workspace


def bench(
    name: Annotated[str, typer.Argument(help="Name of a file in benchmarks/.")],
    p: Override = [],  # noqa: B006  (typer reads the default)
    as_json: AsJson = False,
) -> None:
    """Measure one of benchmarks/*.py; takes minutes, decides nothing."""
    names = sorted(path.stem for path in (Workspace.find().root / "benchmarks").glob("*.py"))
    if name not in names:
        raise RecipeError(
            expected=f"a benchmark among {', '.join(names)}", found=name, remedy="name one of them"
        )
    module = importlib.import_module(f"benchmarks.{name}")
    takes_settings = "overrides" in inspect.signature(module.measure).parameters
    if p and not takes_settings:
        raise RecipeError(
            expected=f"no -p: benchmark {name} has no settings", found=p[0], remedy="leave it out"
        )
    measured = module.measure(parse_overrides(p)) if takes_settings else module.measure()
    print(json_text(measured, None if as_json else 1))
