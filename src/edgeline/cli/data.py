"""`edgeline data`: the stages that DVC calls, the identity of what they made; beside it, `versions`."""

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeline.cli import versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edgeline.recipe.data import Data

app = typer.Typer(
    no_args_is_help=True,
    help="Make the data of a recipe, stage by stage; list, compare and restore what there was.",
)
for command, function in versions.commands().items():
    app.command(command)(function)

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="The recipe whose data these are.", show_default=False)
]


@app.command()
def fetch(name: Name) -> None:
    """Copy the source's raw data to data/NAME/raw.npz."""
    from edgeline.sources import fetch as step

    with _progress(name) as on_item:
        report = step.fetch(*_place(name), on_item=on_item)
    shape = " x ".join(str(length) for length in report.shape)
    bad = f"; {report.quarantined} could not be read" if report.quarantined else ""
    typer.echo(f"{name}: {report.examples} items of {shape} from {report.source}{bad}")


@app.command()
def prepare(name: Name) -> None:
    """Check the raw data and split them into training, validation and test sets."""
    from edgeline.datasets import prepare as step

    report = step.prepare(*_place(name))
    sets = ", ".join(f"{count} {kind}" for kind, count in report.sets.items())
    left_out = ", ".join(f"{count} {reason}" for reason, count in report.left_out.items()) or "none"
    typer.echo(
        f"{name}: {report.kept} of {report.raw} kept ({sets}); left out: {left_out}; "
        f"{len(report.suspects)} labels suspected wrong"
    )


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


@contextmanager
def _progress(name: str) -> "Iterator[Callable[[int, int], None]]":
    """A bar on a terminal, and nothing at all elsewhere; gives what to call with done and total."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _place(name: str) -> "tuple[Path, Data]":
    """The data folder of a recipe, and the settings that lie in it."""
    from edgeline.recipe.data import read_settings
    from edgeline.workspace import Workspace

    folder = Workspace.find().data(name)
    return folder, read_settings(folder / "settings.yaml")
