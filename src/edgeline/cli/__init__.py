"""The command line: every command, and the file that it is in.

Every `EdgelineError` ends as one line on stderr and its exit code; there is no other handler.
"""

import os
import sys
import tempfile
import traceback

from edgeline.cli.lazy import Group, make_app
from edgeline.errors import EdgelineError, EnvironmentUnfit


def _of(module: str, *names: str) -> dict[str, str]:
    """Commands that are functions of the same name in a module."""
    return {name: f"{module}:{name}" for name in names}


COMMANDS = {
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
    try:
        app()
    except EdgelineError as error:
        _end(str(error), error.exit_code)
    except ModuleNotFoundError as error:
        missing = _missing(error.name or str(error))
        _end(str(missing), missing.exit_code)
    except Exception as error:  # noqa: BLE001  (what nobody foresaw: the traceback goes to a file, a line to the person)
        _end(f"{type(error).__name__}: {error}; {_keep_traceback()}", EdgelineError.exit_code)


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
    with tempfile.NamedTemporaryFile("w", prefix="edgeline-", suffix=".log", delete=False) as file:
        traceback.print_exc(file=file)
    return f"the traceback is in {file.name}"


def _end(message: str, code: int) -> None:
    print(f"edgeline: {' '.join(message.split())}", file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    # threads of a step in mid-computation must not keep an ended command alive
    os._exit(code)
