"""`edgeline new`: a recipe for files that somebody has, from a look at them; the files stay where they are."""

import re
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from edgeline.cli.console import answer, fact, waiting_for
from edgeline.cli.options import AsJson
from edgeline.errors import RecipeError
from edgeline.files import write_atomically
from edgeline.recipe import names
from edgeline.recipe.draft import describe, draft
from edgeline.recipe.findings import Asked
from edgeline.recipe.recipe import NAME
from edgeline.sources.inspect import inspect
from edgeline.workspace import Workspace

From = Annotated[
    Path, typer.Option("--from", metavar="PATH", help="A folder or file with your data.")
]
Label = Annotated[
    str, typer.Option("--label", help="Column that holds the class, where it cannot be seen.")
]
Group = Annotated[
    str, typer.Option("--group", help="Column of persons, devices or recordings, or `folder`.")
]
ImageSize = Annotated[
    int, typer.Option("--image-size", min=0, max=512, help="Pixels a side; 0 chooses.")
]
Steps = Annotated[
    int,
    typer.Option("--steps", min=0, help="The files are recordings: cut windows of so many steps."),
]


def new(
    name: str,
    source: From,
    label: Label = "",
    group: Group = "",
    image_size: ImageSize = 0,
    steps: Steps = 0,
    as_json: AsJson = False,
) -> None:
    """Look at your data and write recipes/NAME.yaml for them."""
    workspace = Workspace.find()
    _require_new(workspace.root, name)
    if 0 < image_size < 8:
        raise RecipeError(
            expected="--image-size from 8 to 512", found=str(image_size), remedy="leave it out"
        )
    asked, scratch = Asked(label, group, image_size, steps), workspace.unpacked(f"{name}.new")
    try:
        with waiting_for(f"looking at {source}"):
            found = inspect(source.absolute(), asked, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    text = draft(name, _path_from(workspace.root, source), found)
    path = workspace.root / "recipes" / f"{name}.yaml"
    write_atomically(path, text)
    facts = {"recipe": workspace.relative(path), **asdict(found)}
    lines = [
        fact("found", describe(found)),
        fact("looked at", found.looked),
        *(fact("column", note) for note in found.notes),
        *([fact("classes in", f"column {found.label}")] if found.label else []),
        *(
            [fact("group", f"{found.group}, a guess")]
            if found.group and found.is_group_guessed
            else []
        ),
        fact("wrote", f"{workspace.relative(path)}, which says why each value"),
        fact("next", f"edgeline run {name}"),
    ]
    answer(facts, lines, as_json)


def _require_new(root: Path, name: str) -> None:
    """Raises RecipeError: not the name of a recipe, or that of one that there is."""
    if not re.fullmatch(NAME, name):
        raise RecipeError(
            expected="a name of small letters, digits and hyphens, at most 40, that begins with a letter",
            found=repr(name[:60]),
            remedy="choose another one",
        )
    if name in names(root):
        raise RecipeError(
            expected="the name of a recipe that is not there yet",
            found=f"recipes/{name}.yaml",
            remedy="choose another one, or remove the file",
        )


def _path_from(root: Path, source: Path) -> str:
    """As `data.path` takes it: from the project's folder where the data lie in it."""
    whole = source.absolute().resolve()
    try:
        whole.as_posix().encode()
    except UnicodeEncodeError:
        raise RecipeError(
            expected="a path in UTF-8", found=ascii(str(source)), remedy="rename the folder"
        ) from None
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else whole.as_posix()
