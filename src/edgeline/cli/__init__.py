"""The command line: a file per command, loaded lightly, since `--help` must answer at once.

Every `EdgelineError` ends as one line on stderr and its exit code; there is no other handler.
"""

import os
import sys

import typer

from edgeline.cli import audit, authority, chain, data, recipe
from edgeline.cli.anchor import anchor
from edgeline.cli.bench import bench
from edgeline.cli.doctor import doctor
from edgeline.cli.down import down
from edgeline.cli.federate import federate
from edgeline.cli.predict import predict
from edgeline.cli.run import run
from edgeline.cli.status import status
from edgeline.cli.up import up
from edgeline.cli.verify import verify
from edgeline.errors import EdgelineError, EnvironmentUnfit

app = typer.Typer(
    name="edgeline",
    help="Neural networks for fleets of small devices: tuned, made small, improved in place, split, and provable.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (run, federate, predict, verify, up, down, status, doctor, bench):
    app.command()(command)
app.add_typer(audit.app, name="audit")
for act in (anchor, *authority.COMMANDS):
    chain.app.command()(act)
app.add_typer(chain.app, name="chain")
app.add_typer(data.app, name="data")
app.add_typer(recipe.app, name="recipe")


def main() -> None:
    """Run the command named on the command line and exit with its code."""
    try:
        app()
    except EdgelineError as error:
        _end(str(error), error.exit_code)
    except ModuleNotFoundError as error:
        missing = EnvironmentUnfit(
            expected=f"the package {error.name}, which this command needs",
            found="an installation without it",
            remedy="pip install 'edgeline[lab,chain,pipeline]', or `make run` in a checkout",
        )
        _end(str(missing), missing.exit_code)
    except Exception as error:  # noqa: BLE001  (what nobody foresaw: the traceback goes to a file, a line to the person)
        _end(f"{type(error).__name__}: {error}; {_kept_traceback()}", EdgelineError.exit_code)


def _kept_traceback() -> str:
    """Where the traceback of the present error was written."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="edgeline-", suffix=".log", delete=False) as file:
        traceback.print_exc(file=file)
    return f"the traceback is in {file.name}"


def _end(message: str, code: int) -> None:
    print(f"edgeline: {' '.join(message.split())}", file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    # threads of a step in mid-computation must not keep an ended command alive
    os._exit(code)
