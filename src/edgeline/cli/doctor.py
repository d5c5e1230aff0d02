"""`edgeline doctor`: what on this machine would keep the line from working. Starts nothing."""

from dataclasses import asdict

import typer
from rich.text import Text

from edgeline.cli.console import answer, table
from edgeline.cli.options import AsJson
from edgeline.errors import EnvironmentUnfit
from edgeline.stack.doctor import examine
from edgeline.workspace import Workspace

COLOURS = {"ok": "green", "note": "yellow", "broken": "red"}


def doctor(as_json: AsJson = False) -> None:
    """Look for what is missing or broken on this machine."""
    findings = examine(Workspace.find().root)
    rows = (
        (one.check, Text(one.state, style=COLOURS[one.state]), one.found, one.remedy)
        for one in findings
    )
    shown = table("looked at", "state", "found", "what to do", rows=rows)
    answer({"findings": [asdict(one) for one in findings]}, shown, as_json)
    if any(finding.state == "broken" for finding in findings):
        raise typer.Exit(EnvironmentUnfit.exit_code)
