"""The command line: every command, and the file that it is in.

Every `EdgelineError` ends as one line on stderr and its exit code; there is no other handler.
"""

import atexit
import gc
import tempfile
import traceback
from functools import partial
from pathlib import Path

from edgeline.cli.ending import end
from edgeline.cli.lazy import Group, make_app
from edgeline.errors import EdgelineError, EnvironmentUnfit
from edgeline.files import lacks_room, no_room


def _of(module: str, *names: str) -> dict[str, str]:
    """Commands that are functions of the same name in a module."""
    return {name: f"{module}:{name}" for name in names}


COMMANDS = {
    "new": "new:new",
    **_of("run", "run", "federate"),
    "predict": "predict:predict",
    "verify": "verify:verify",
    **_of("servers", "up", "down", "status"),
    "doctor": "doctor:doctor",
    "bench": "bench:bench",
}
AUDIT = {
    "verify": "verify:verify",
    **_of("audit", "export", "log", "who", "when", "what", "lineage", "by", "since"),
    "round": "audit:round_",
    **_of("audit", "revoked", "diff"),
}
CHAIN = {
    **_of("chain", "deploy", "status", "flush"),
    "anchor": "anchor:anchor",
    **_of("authority", "revoke", "roles", "compromised"),
}
DATA = {
    "list": "versions:list_revisions",
    **_of("versions", "diff", "card", "restore", "push", "pull"),
    **_of("data", "code", "fetch", "prepare", "partition", "revision"),
}
RECIPE = {"list": "recipe:list_recipes", "show": "recipe:show"}
GROUPS: dict[str, Group] = {
    "audit": (AUDIT, "Ask a chain who anchored what, when, from what, and whether it still holds."),
    "chain": (CHAIN, "The chain on which this project anchors."),
    "data": (
        DATA,
        "Make the data of a recipe, stage by stage; list, compare and restore what there was.",
    ),
    "recipe": (RECIPE, "Show the recipes and every setting with its value and origin."),
}

app = make_app(
    {**COMMANDS, **GROUPS},
    "Neural networks for fleets of small devices: tuned, made small, improved in place, split, and provable.",
)


def main() -> None:
    """Run the command named on the command line and exit with its code."""
    # an interpreter that ends looks through all that was imported once more, which costs a run a second
    atexit.register(gc.freeze)
    try:
        app()
    except EdgelineError as error:
        end(str(error), error.exit_code)
    except ModuleNotFoundError as error:
        missing = _missing(error.name or str(error))
        end(str(missing), missing.exit_code)
    except Exception as error:  # noqa: BLE001  (what nobody foresaw: the traceback goes to a file, a line to the person)
        if lacks_room(error):
            unfit = no_room(_full_folder())
            end(str(unfit), unfit.exit_code)
        end(f"{type(error).__name__}: {error}; {_keep_traceback()}", EdgelineError.exit_code)


def _missing(module: str) -> EnvironmentUnfit:
    if module in ("flows", "tasks"):
        return EnvironmentUnfit(
            expected=f"the project's folder {module}/, which is no part of the wheel",
            found="edgeline installed without a checkout of the project",
            remedy="get the project's source and run `make run` in its folder",
        )
    return EnvironmentUnfit(
        expected=f"the package {module}, which this command needs",
        found="an installation without it",
        remedy="pip install 'edgeline[lab,chain,pipeline]', or `make run` in a checkout",
    )


def _keep_traceback() -> str:
    """Write the traceback of the present error to a file, and say where."""
    place = partial(tempfile.NamedTemporaryFile, prefix="edgeline-", suffix=".log", delete=False)
    try:
        with place("w") as file:
            traceback.print_exc(file=file)
    except OSError as error:
        return f"the traceback could not be kept ({error.strerror})"
    return f"the traceback is in {file.name}"


def _full_folder() -> Path:
    """Whose disk is full: errors of a write do not name the file."""
    from edgeline.stack.disk import fullest
    from edgeline.workspace import Workspace

    try:
        return fullest(Workspace.find().root)
    except EdgelineError:
        return Path.cwd()
