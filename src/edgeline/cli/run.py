"""`edgeline run` and `edgeline federate`: a flow for one recipe; starts what it needs and leaves it running."""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import flows  # noqa: F401  (a wheel without a checkout is told so before anything starts)
from edgeline.anchoring.deployment import known_chain
from edgeline.anchoring.outbox import OUTBOX
from edgeline.artifact import open_artifact
from edgeline.cli.abandoned import close_abandoned
from edgeline.cli.ending import end, ended_by_ctrl_c
from edgeline.cli.live import Lines
from edgeline.cli.options import AsJson, Force, Override, RecipeName
from edgeline.cli.summary import print_summary
from edgeline.digest import sha256_file
from edgeline.errors import EdgelineError, ServiceUnavailable, Tampered, hide_secrets
from edgeline.files import json_text, lacks_room, no_room
from edgeline.fingerprint import fingerprint
from edgeline.keyed_record import read_record
from edgeline.manifest import Manifest
from edgeline.provenance.receipt import read_receipt, receipt_path
from edgeline.recipe import Recipe, load
from edgeline.recipe.load import parse_overrides
from edgeline.sources.recipe_files import digests
from edgeline.stack import process_info, services
from edgeline.stack.disk import fullest, require_room
from edgeline.stack.environment import ADDRESSES, environment, set_by_user
from edgeline.stack.outside import chain_answers
from edgeline.stack.watch import watched
from edgeline.workspace import LOCAL, Workspace

NEEDED = ("prefect", "mlflow", "ganache", "nats")


def run(
    recipe: RecipeName = "digits",
    p: Override = [],  # noqa: B006  (typer reads the default)
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Run the whole line, from data to a model that is released and can be proven."""
    _carry_out("build", recipe, p, force, as_json)


def federate(
    recipe: RecipeName = "digits",
    p: Override = [],  # noqa: B006  (typer reads the default)
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Improve the present candidate with the devices' data, which stays on the devices."""
    _carry_out("federate", recipe, p, force, as_json)


def _carry_out(story: str, recipe: str, pairs: list[str], force: bool, as_json: bool) -> None:
    """Run a flow and print its summary."""
    began = time.monotonic()
    workspace = Workspace.find()
    overrides = parse_overrides(pairs)
    settings = load(workspace.root, recipe, overrides).recipe
    files = digests(settings, workspace.root)
    summary = None if force or story != "build" else _recall_latest(workspace, settings, files)
    if summary is None:
        summary = _run_flow(story, workspace, settings, overrides, force)
    else:
        close_abandoned(workspace)
    summary["seconds"] = round(time.monotonic() - began, 2)
    if as_json:
        print(json_text(summary))
    else:
        print_summary(summary)


def _recall_latest(
    workspace: Workspace, recipe: Recipe, files: tuple[str, ...]
) -> dict[str, Any] | None:
    """The summary of the newest build, if nothing it follows from has changed and all it names is there."""
    if recipe.pretrained.weights.startswith("models:/"):
        return None  # another version may have the alias by now
    try:
        latest = read_record(workspace, workspace.latest(recipe.name)) or {}
    except Tampered as error:
        Lines().note(f"the line is run again: {error}")
        return None
    settings = recipe.model_dump_json()
    if latest.get("fingerprint") != fingerprint(workspace, recipe.name, settings, files):
        return None
    summary: dict[str, Any] = latest["summary"]
    if summary["anchor"]["pending"] or summary["registered"].get("pending"):
        return None
    try:
        folder = workspace.root / summary["artifact"]["path"]
        if not _is_complete(workspace, recipe.anchor.chain, folder):
            return None
    except (EdgelineError, OSError):
        return None
    for step in summary["steps"].values():
        step["reused"] = True
    up = services.running(workspace.root)
    up = {name: up[name] for name in services.ours(up)}
    summary["links"] = {
        name: _at(up[name].url, url) for name, url in summary["links"].items() if name in up
    }
    return summary


def _at(server: str, page: str) -> str:
    """A page where its server listens now: at its former port there may be a stranger."""
    return urlunsplit(urlsplit(page)._replace(netloc=urlsplit(server).netloc))


def _is_complete(workspace: Workspace, chain: str, folder: Path) -> bool:
    """Whether an artifact is intact, with its checkpoints, its chain's contract and the registry behind it."""
    if chain == LOCAL and services.may_deploy() and workspace.has_public_chain():
        return False
    manifest, receipt = open_artifact(folder).manifest, read_receipt(receipt_path(folder))
    registry = os.environ.get("MLFLOW_TRACKING_URI") or workspace.registry.is_file()
    return bool(
        receipt
        and (workspace.anchoring(chain) / OUTBOX).is_file()
        and receipt.deployment == known_chain(workspace, chain).deployment
        and _are_whole(workspace, manifest)
        and registry
    )


def _are_whole(workspace: Workspace, manifest: Manifest) -> bool:
    """Whether the checkpoint is there, and neither it nor one that it came from was damaged."""
    named = {manifest.checkpoint, *(ancestor.digest for ancestor in manifest.lineage)}
    files = {digest: workspace.checkpoints / f"{digest}.safetensors" for digest in named}
    there = {digest for digest, path in files.items() if path.is_file()}
    return manifest.checkpoint in there and all(
        sha256_file(files[digest]) == digest for digest in there
    )


def _run_flow(
    story: str,
    workspace: Workspace,
    recipe: Recipe,
    overrides: dict[str, str],
    force: bool,
) -> dict[str, Any]:
    needed = [name for name in NEEDED if name != "ganache" or recipe.anchor.chain == LOCAL]
    with Lines() as lines, ended_by_ctrl_c("the run", partial(_cancel, lines)):
        os.environ.update(environment(workspace.root))
        if missing := services.ours(needed) - set(services.running(workspace.root)):
            lines.note(f"starting {', '.join(name for name in needed if name in missing)}")
        services.ensure_all(needed, workspace.root, lines.service_changed)
        os.environ.update(environment(workspace.root))
        if news := services.chain_news(workspace.root):
            lines.note(news)
        _note_silent_chain(workspace, recipe.anchor.chain, lines)
        # Prefect reads its environment while it is imported
        from flows.session import run_flow

        try:
            with _ended_with_its_services(workspace, needed, lines):
                return run_flow(story, recipe.name, overrides, force, lines)
        except EdgelineError:
            raise
        except Exception as error:
            # a tool's own words for a full disk or a server that went away would lead nowhere
            if lacks_room(error):
                raise no_room(fullest(workspace.root)) from error
            require_room(workspace.root)
            services.require_alive(set(needed) - {"ganache"}, workspace.root)
            raise


def _cancel(lines: Lines) -> None:
    """Close the run in MLflow and Prefect as a person ended it, and with it the processes that it started."""
    lines.hold()
    lines.close()
    if lines.flow_run:
        from flows.session import cancel

        cancel(lines.flow_run)
    process_info.end(process_info.companions(), grace_s=0.5)


@contextmanager
def _ended_with_its_services(
    workspace: Workspace, needed: Iterable[str], lines: Lines
) -> Iterator[None]:
    """End this process, as a kill would, when a service is gone without which nothing of the run can be recorded."""

    def end_now(error: ServiceUnavailable) -> None:
        lines.close()
        process_info.end(process_info.companions(), grace_s=2.0)
        end(str(error), error.exit_code)

    up = services.running(workspace.root)
    own = [up[name] for name in services.ours(["prefect"]) if name in up]
    with watched(own, needed, workspace.root, end_now):
        yield


def _note_silent_chain(workspace: Workspace, chain: str, lines: Lines) -> None:
    """Say at once that a chain which the user gives is away: the run goes on without it."""
    variable = ADDRESSES["ganache"]
    if chain != LOCAL:
        url, who = known_chain(workspace, chain).url, f"deployments/{chain}.json"
    elif set_by_user(variable):
        url, who = os.environ[variable], variable
    else:
        return
    if not chain_answers(url):
        lines.note(
            f"no chain answers at {hide_secrets(url)}, as {who} says: the run goes on, and what is to be "
            "anchored waits for the next one"
        )
