"""`edgeline audit export`: what the chain knows as one HTML file, for people who have nothing but a browser."""

import time
from pathlib import Path
from typing import Annotated

import typer

from edgeline.auditing.page import Page, gather_exhibits, render
from edgeline.cli.ask import open_audit
from edgeline.cli.console import show, write_page
from edgeline.cli.options import AsJson, OnChain, Url
from edgeline.digest import sha256_bytes


def export(
    page: Annotated[
        Path, typer.Argument(help="The file to write, such as page.html.", dir_okay=False)
    ],
    chain: OnChain = "local",
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Write everything that the chain knows into one HTML file that checks itself, without a network."""
    with open_audit(chain, url) as audit:
        head = audit.index.head
        exhibits = gather_exhibits(audit)
        deployment = audit.index.deployment
    content = render(Page(chain, deployment, head.number, head.hash, int(time.time()), exhibits))
    write_page(page, content)
    facts = {
        "file": str(page),
        "statements": sum(one.size == 0 for one in exhibits),
        "block": head.number,
        "bytes": len(content),
        "sha256": sha256_bytes(content),
    }
    show(facts, as_json)
