"""`edgeline audit`: what the chain knows. Starts nothing."""

import json
from typing import TYPE_CHECKING

import typer

from edgeline.cli.recipe import AsJson
from edgeline.cli.verify import Url, open_registry

if TYPE_CHECKING:
    from edgeline.receipt import Receipt

LINE = "{:20}  {:10}  {:64}  {:>6}  {}"

app = typer.Typer(no_args_is_help=True, help="Ask the chain what was anchored, when and by whom.")


@app.callback()
def _group() -> None:
    """Keeps `log` a command of its own while it is the only one."""


@app.command()
def log(url: Url = None, as_json: AsJson = False) -> None:
    """List everything that the chain knows, newest first."""
    from edgeline.anchoring.verdict import to_json

    receipts = open_registry(url).log()
    if as_json:
        print(json.dumps({"entries": [to_json(receipt) for receipt in receipts]}))
    else:
        _show(receipts)


def _show(receipts: "list[Receipt]") -> None:
    """A table of plain lines: whatever the width, digests are whole and can be searched for."""
    from edgeline.anchoring.verdict import shown_time

    print(LINE.format("time", "kind", "digest", "block", "parents"))
    for receipt in receipts:
        stated = receipt.statement
        parents = " ".join(parent[:12] for parent in stated.parents)
        print(LINE.format(shown_time(receipt), stated.kind, stated.digest, receipt.block, parents))
