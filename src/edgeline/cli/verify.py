"""`edgeline verify`: is this what was sealed, and does the chain know it? Starts nothing."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeline.cli.recipe import AsJson

if TYPE_CHECKING:
    from edgeline.anchoring.registry import Registry
    from edgeline.anchoring.verdict import Verdict

SHOWN = ("digest", "files", "receipt", "anchorer", "time", "block", "transaction", "contract")

Url = Annotated[
    str | None,
    typer.Option("--url", help="Address of an Ethereum node; by default this project's own chain."),
]


def verify(
    path: Annotated[
        Path,
        typer.Argument(
            help="Folder of a sealed artifact.", show_default=False, exists=True, file_okay=False
        ),
    ],
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Re-hash every file of an artifact, then ask the chain when it was anchored and by whom."""
    from edgeline.anchoring.verdict import verify_folder

    # `verify .` must work: it is the folder's name that the bytes are compared with.
    folder = path.resolve()
    verdict = verify_folder(folder, lambda: open_registry(url, folder))
    if as_json:
        print(json.dumps(verdict.to_json()))
    else:
        _show(verdict)


def open_registry(url: str | None, folder: Path | None = None) -> "Registry":
    """The registry of this workspace, at `url` or where its own node listens.

    Outside a workspace, with a `url`, it is the one that the receipt in `folder` names: whoever checks
    compares the printed contract with the one that they trust.

    Raises:
        EnvironmentUnfit: nothing was deployed, nothing listens, or it is another chain.
    """
    from edgeline.anchoring.registry import connect
    from edgeline.errors import EnvironmentUnfit, NotAnchored
    from edgeline.receipt import read_deployment, read_receipt
    from edgeline.workspace import Workspace

    try:
        workspace = Workspace.find()
    except EnvironmentUnfit:
        receipt = read_receipt(folder) if url and folder else None
        if url is None or receipt is None:
            raise
        return connect(url, receipt.deployment)
    if not workspace.deployment.is_file():
        raise NotAnchored(
            expected="an artifact that this project's chain knows",
            found="a project that has anchored nothing yet",
            remedy="run `edgeline run`, or ask the chain of whoever released it with --url elsewhere",
        )
    return connect(url or _own_node(workspace.root), read_deployment(workspace.deployment))


def _own_node(root: Path) -> str:
    from edgeline.stack import services

    return services.address("ganache", root)


def _show(verdict: "Verdict") -> None:
    """Plain lines: whatever the width, a digest is whole and can be searched for."""
    facts = verdict.to_json()
    print(f"{'verdict':16} intact and anchored")
    for name in SHOWN:
        print(f"{name:16} {facts[name]}")
    for role, digest in verdict.artifact.manifest.parents.items():
        print(f"{f'from {role}':16} {digest}")
