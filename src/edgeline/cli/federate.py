"""`edgeline federate`: rounds that continue from the latest candidate, released like any other model."""

from edgeline.cli.options import AsJson, Force, Override, RecipeName
from edgeline.cli.run import carry_out


def federate(
    recipe: RecipeName = "digits",
    p: Override = [],  # noqa: B006  (typer reads the default)
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Improve the present candidate with the devices' data, which stays on the devices."""
    carry_out("federate", recipe, p, force, as_json)
