"""`edgeline data`: the stages that DVC calls, and the identity of what they made."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from edgeline.recipe.data import Data

app = typer.Typer(
    no_args_is_help=True,
    help="Make the data of a recipe, stage by stage; `dvc repro` runs them all.",
)

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="The recipe whose data these are.", show_default=False)
]


@app.command()
def fetch(name: Name) -> None:
    """Copy the source's raw data to data/NAME/raw.npz."""
    from edgeline.datasets import sources

    report = sources.fetch(*_place(name))
    shape = " x ".join(str(length) for length in report.shape)
    typer.echo(f"{name}: {report.examples} examples of {shape} from {report.source}")


@app.command()
def prepare(name: Name) -> None:
    """Check the raw data and split them into training, validation and test sets."""
    from edgeline.datasets import prepare as step

    report = step.prepare(*_place(name))
    sets = ", ".join(f"{count} {kind}" for kind, count in report.sets.items())
    left_out = ", ".join(f"{len(at)} {reason}" for reason, at in report.left_out.items()) or "none"
    typer.echo(f"{name}: {report.kept} of {report.raw} kept ({sets}); left out: {left_out}")


@app.command()
def partition(name: Name) -> None:
    """Deal the training set to the central site and the devices, and write the card."""
    from edgeline.datasets import partition as step

    report = step.partition(*_place(name))
    sizes = [sum(counts) for counts in report.devices]
    typer.echo(
        f"{name}: {report.central} central, {sum(sizes)} on {len(sizes)} devices "
        f"({min(sizes)} to {max(sizes)} each, skew {report.skew:.2f}); card {report.digest[:12]}"
    )


@app.command()
def revision(
    name: Name, as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False
) -> None:
    """Hash every file of the data again and print their identity: the SHA-256 of card.json."""
    from edgeline.datasets import card
    from edgeline.workspace import Workspace

    digest = card.check(Workspace.find().data(name)).revision
    typer.echo(json.dumps({"digest": digest, "name": name}) if as_json else digest)


def _place(name: str) -> "tuple[Path, Data]":
    """The data folder of a recipe, and the settings that lie in it."""
    from edgeline.recipe.data import read_settings
    from edgeline.workspace import Workspace

    folder = Workspace.find().data(name)
    return folder, read_settings(folder / "settings.yaml")
