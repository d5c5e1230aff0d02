"""Arguments and options that several commands take."""

from typing import Annotated

import typer

Override = Annotated[
    list[str], typer.Option("-p", metavar="KEY=VALUE", help="Override a setting; may be repeated.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Force = Annotated[
    bool, typer.Option("--force", help="Do every step again, also what is unchanged.")
]
RecipeName = Annotated[str, typer.Argument(help="Name of a recipe.")]
DataName = Annotated[
    str, typer.Argument(metavar="NAME", help="The recipe whose data these are.", show_default=False)
]
