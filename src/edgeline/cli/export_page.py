"""`edgeline audit export`: what the chain knows as one HTML file, for people who have nothing but a browser."""

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from edgeline.auditing.gather import gather_exhibits
from edgeline.auditing.page import Page, render
from edgeline.cli.ask import open_audit
from edgeline.cli.options import AsJson, OnChain, Url
from edgeline.digest import sha256_bytes
from edgeline.errors import EnvironmentUnfit
from edgeline.files import write_atomically


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
    _write(page, content)
    facts = {
        "file": str(page),
        "statements": sum(one.size == 0 for one in exhibits),
        "block": head.number,
        "bytes": len(content),
        "sha256": sha256_bytes(content),
    }
    if as_json:
        print(json.dumps(facts))
    else:
        for name, value in facts.items():
            print(f"{name:10}  {value}")


def _write(path: Path, content: bytes) -> None:
    try:
        write_atomically(path, content)
    except OSError as error:
        raise EnvironmentUnfit(
            expected=f"to write {path}",
            found=error.strerror or "a file that cannot be written",
            remedy="name another place",
        ) from error
