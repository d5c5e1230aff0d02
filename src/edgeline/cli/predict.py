"""`edgeline predict`: what a device does, by hand: verify the model, try it, decide."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from edgeline.artifact import open_artifact
from edgeline.cli.console import answer, table
from edgeline.cli.options import AsJson
from edgeline.edge import decide, readings
from edgeline.edge.golden import check_golden
from edgeline.edge.session import load_model
from edgeline.errors import RecipeError


def predict(
    artifact: Annotated[
        Path, typer.Argument(help="Folder of a sealed artifact, named by its digest.")
    ],
    items: Annotated[
        list[Path],
        typer.Argument(
            help="Pictures (PNG, JPEG, WebP, .npy), or numbers (.csv, .npy): one series, or rows."
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Say what things are, after every byte of the model has been verified.

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
    read = [reading for path in items for reading in readings.read(path, model.preprocessing)]
    names, values = zip(*read, strict=True)
    decisions = decide.predict(model, values, names=names, session=session)
    rows = ((one.input, one.answer, f"{one.confidence:.1%}", one.digest[:16]) for one in decisions)
    shown = table("item", "class", "confidence", "model", rows=rows)
    answer({"decisions": [asdict(one) for one in decisions]}, shown, as_json)
