"""`edgeline run`: the whole line for one recipe; starts what it needs and leaves it running."""

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeline.cli.recipe import AsJson, Override
from edgeline.errors import Interrupted

if TYPE_CHECKING:
    from edgeline.recipe import Recipe
    from edgeline.workspace import Workspace

NEEDED = ("prefect", "mlflow", "ganache", "nats")


def run(
    recipe: Annotated[str, typer.Argument(help="Name of a recipe.")] = "digits",
    p: Override = [],  # noqa: B006  (typer reads the default)
    force: Annotated[
        bool, typer.Option("--force", help="Do every step again, also what is unchanged.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run the whole line: data, pretrained, fine-tune, shrink, federate, export, split, seal, rehearse, anchor."""
    carry_out("build", recipe, p, force, as_json)


def carry_out(story: str, recipe: str, pairs: list[str], force: bool, as_json: bool) -> None:
    """Run one of the flows `build` and `federate` and print its summary."""
    from edgeline.cli.summary import show
    from edgeline.recipe import load
    from edgeline.recipe.load import parse_overrides
    from edgeline.workspace import Workspace

    begun = time.monotonic()
    workspace = Workspace.find()
    overrides = parse_overrides(pairs)
    settings = load(workspace.root, recipe, overrides).recipe
    summary = None if force or story != "build" else _unchanged(workspace, settings)
    if summary is None:
        try:
            summary = _run_flow(story, workspace, recipe, overrides, force)
        except KeyboardInterrupt:
            raise Interrupted(
                expected="the run to reach its end",
                found="an interruption",
                remedy="the same command goes on where this one stopped",
            ) from None
    summary["seconds"] = round(time.monotonic() - begun, 2)
    if as_json:
        print(json.dumps(summary))
    else:
        show(summary)


def _unchanged(workspace: "Workspace", recipe: "Recipe") -> dict[str, Any] | None:
    """The summary of the newest build, if nothing it follows from has changed and its artifact is intact."""
    from edgeline.artifact import open_artifact
    from edgeline.errors import Tampered
    from edgeline.workspace import fingerprint, read_json

    latest = read_json(workspace.latest(recipe.name))
    if latest is None or latest["fingerprint"] != fingerprint(
        workspace, recipe.name, recipe.model_dump_json()
    ):
        return None
    try:
        open_artifact(workspace.root / latest["summary"]["artifact"]["path"])
    except (Tampered, FileNotFoundError):
        return None
    summary: dict[str, Any] = latest["summary"]
    for step in summary["steps"].values():
        step["reused"] = True
    return summary


def _run_flow(
    story: str, workspace: "Workspace", recipe: str, overrides: dict[str, str], force: bool
) -> dict[str, Any]:
    from edgeline.cli.live import Lines
    from edgeline.stack import services

    with Lines() as lines:
        os.environ.update(services.environment(workspace.root))
        services.ensure_all(NEEDED, workspace.root, lines.news)
        os.environ.update(services.environment(workspace.root))
        sys.path.insert(0, str(workspace.root))
        from flows.session import perform

        return perform(story, recipe, overrides, force, lines)
