"""`edgeline federate`: rounds that continue from the latest candidate, released like any other model."""

from typing import Annotated

import typer

from edgeline.cli.recipe import AsJson, Override


def federate(
    recipe: Annotated[str, typer.Argument(help="Name of a recipe.")] = "digits",
    p: Override = [],  # noqa: B006  (typer reads the default)
    force: Annotated[
        bool, typer.Option("--force", help="Do every step again, also what is unchanged.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Improve the present candidate with the devices' data, which stays on the devices."""
    from edgeline.cli.run import carry_out

    carry_out("federate", recipe, p, force, as_json)
