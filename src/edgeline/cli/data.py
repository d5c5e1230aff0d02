"""`edgeline data`: the stages that DVC calls, and the revision of the data that they made.

Every stage is a process, often of a second only: each imports what it needs, and not the others.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import Progress

from edgeline.cli.console import answer
from edgeline.cli.options import AsJson, DataName
from edgeline.recipe.data import Data, read_settings
from edgeline.workspace import Workspace


def code() -> None:
    """Write what the code of each stage does to data/.code, one digest a file, for DVC to see."""
    from edgeline.revisions.code import write_code_digests

    for stage, digest in write_code_digests(Workspace.find().root).items():
        typer.echo(f"{stage}: {digest}")


def fetch(name: DataName) -> None:
    """Copy the source's raw data to data/NAME/raw.npz."""
    from edgeline.sources.fetch import fetch as make_raw

    folder, settings = _place(name)
    with _progress(name) as on_item:
        raw = make_raw(folder, settings, on_item=on_item)
    shape = " x ".join(str(length) for length in raw.items.values.shape[1:])
    bad = f"; {len(raw.quarantine)} could not be read" if raw.quarantine else ""
    typer.echo(f"{name}: {len(raw.items)} items of {shape} from {settings.source}{bad}")
    for note in raw.column_notes:
        typer.echo(f"{name}: column {note}")


def prepare(name: DataName) -> None:
    """Check the raw data and split them into training, validation and test sets."""
    from edgeline.datasets.prepare import prepare as make_sets
    from edgeline.datasets.raw import INCOMPLETE

    report = make_sets(*_place(name))
    sets = ", ".join(f"{count} {kind}" for kind, count in report.sets.items())
    left_out = ", ".join(f"{count} {reason}" for reason, count in report.left_out.items()) or "none"
    typer.echo(
        f"{name}: {report.kept} of {report.raw} kept ({sets}); left out: {left_out}; "
        f"{len(report.suspects)} labels are probably wrong"
    )
    for note in report.column_notes:
        if note.action == INCOMPLETE:
            typer.echo(f"{name}: column {note}")


def partition(name: DataName) -> None:
    """Assign the training set to the central site and the devices, and write the card."""
    from edgeline.datasets.partition import partition as make_shares

    written = make_shares(*_place(name))
    sizes = [sum(counts) for counts in written.devices]
    typer.echo(
        f"{name}: {sum(written.central)} central, {sum(sizes)} on {len(sizes)} devices "
        f"({min(sizes)} to {max(sizes)} each, skew {float(written.skew):.2f}); card {written.digest[:12]}"
    )


def revision(name: DataName, as_json: AsJson = False) -> None:
    """Hash every file of the data again and print their identity: the SHA-256 of card.json."""
    from edgeline.datasets import card

    digest = card.check(Workspace.find().data(name)).digest
    answer({"digest": digest, "name": name}, [digest], as_json)


@contextmanager
def _progress(name: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on a terminal, and none elsewhere; gives a callback for items done and in total."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _place(name: str) -> tuple[Path, Data]:
    """The data folder of a recipe, and the settings that lie in it."""
    folder = Workspace.find().data(name)
    return folder, read_settings(folder / "settings.yaml")
