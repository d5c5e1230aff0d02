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
OnChain = Annotated[
    str,
    typer.Option(
        "--chain", help="`local` is the project's own; another one is deployments/NAME.json."
    ),
]
Url = Annotated[
    str | None,
    typer.Option("--url", help="Address of a node of that chain; by default its own file says."),
]
Thing = Annotated[
    str,
    typer.Argument(
        metavar="X",
        help="A file, a folder, a digest, a data revision, models:/NAME/NUMBER or models:/NAME@ALIAS.",
        show_default=False,
    ),
]
