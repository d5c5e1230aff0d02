"""`edgeline predict`: what a device does, by hand: verify the model, try it, decide."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from edgeline.artifact import open_artifact
from edgeline.cli.console import answer, printable, table
from edgeline.cli.options import AsJson
from edgeline.edge import readings
from edgeline.edge.decide import Decision, Summary, predict_recording
from edgeline.edge.decide import predict as decide
from edgeline.edge.golden import check_golden
from edgeline.edge.session import load_model
from edgeline.errors import RecipeError

MOST_DEVIATIONS = 20
"""That a person is shown."""


def predict(
    artifact: Annotated[
        Path, typer.Argument(help="Folder of a sealed artifact, named by its digest.")
    ],
    items: Annotated[
        list[Path],
        typer.Argument(
            help="Pictures (PNG, JPEG, WebP, .npy), or numbers (CSV, Parquet, .npy): one series, or rows."
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Say what things are, after every byte of the model has been verified.

    A recording longer than the model's window gets an answer for each window, and one for all together.
    What looks unlike all that the model learned from is named, with what to do; the answer stays as it is.
    Whether the model is anchored is another question: ask `edgeline verify`.
    """
    if not artifact.is_dir():
        raise RecipeError(
            expected="the folder of an artifact",
            found=str(artifact),
            remedy="give a folder below .edgeline/artifacts",
        )
    model = open_artifact(artifact.resolve())
    session = load_model(model)
    check_golden(model, session)
    read = [readings.read(path, model.preprocessing) for path in items]
    decisions: list[Decision] = []
    recordings: list[Summary] = []
    for path, named in zip(items, read, strict=True):
        names, values = zip(*named, strict=True)
        if model.preprocessing.kind == "series" and len(values) > 1:
            some, together = predict_recording(
                model, str(path), values, names=names, session=session
            )
            recordings.append(together)
        else:
            some = decide(model, values, names=names, session=session)
        decisions += some
    facts = {
        "decisions": [asdict(one) for one in decisions],
        "recordings": [asdict(one) for one in recordings],
    }
    answer(facts, _shown(decisions, recordings), as_json)


def _shown(decisions: list[Decision], recordings: list[Summary]) -> Group:
    rows = [(one.input, _describe(one), one.confidence, one.digest) for one in decisions]
    for one in recordings:
        counts = ", ".join(f"{name} {count}" for name, count in one.windows.items())
        rows.append((one.input, f"{one.answer} (windows: {counts})", one.confidence, one.digest))
    told = ((name, said, f"{sure:.1%}", digest[:16]) for name, said, sure, digest in rows)
    return Group(table("item", "class", "confidence", "model", rows=told), *_outside(decisions))


def _describe(one: Decision) -> str:
    return f"{one.answer} (mean for {', '.join(one.filled)})" if one.filled else one.answer


def _outside(decisions: list[Decision]) -> list[Text]:
    """A line for each way in which an item is outside what the model learned from."""
    found = [(decision.input, one) for decision in decisions for one in decision.outside or ()]
    lines = [f"outside: {name}: {one.message}" for name, one in found[:MOST_DEVIATIONS]]
    if len(found) > MOST_DEVIATIONS:
        lines.append(f"and {len(found) - MOST_DEVIATIONS} more; --json has all")
    return [Text(printable(line)) for line in lines]
