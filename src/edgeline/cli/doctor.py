"""`edgeline doctor`: what on this machine would keep the line from working. Starts nothing."""

import json
from dataclasses import asdict

import typer
from rich.console import Console
from rich.table import Table

from edgeline.cli.options import AsJson
from edgeline.errors import EnvironmentUnfit
from edgeline.stack.doctor import examine
from edgeline.workspace import Workspace

COLOURS = {"ok": "green", "note": "yellow", "broken": "red"}


def doctor(as_json: AsJson = False) -> None:
    """Look for what is missing or broken on this machine."""
    findings = examine(Workspace.find().root)
    if as_json:
        print(json.dumps({"findings": [asdict(finding) for finding in findings]}))
    else:
        table = Table("looked at", "state", "found", "what to do", box=None, pad_edge=False)
        for finding in findings:
            state = f"[{COLOURS[finding.state]}]{finding.state}"
            table.add_row(finding.check, state, finding.found, finding.remedy)
        Console(highlight=False).print(table)
    if any(finding.state == "broken" for finding in findings):
        raise typer.Exit(EnvironmentUnfit.exit_code)
