"""The file that says which contract on which chain, how it is reached, and who signs; never the key itself.

Knows no network.
"""

from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from edgeline.anchoring.outbox import OUTBOX, Outbox
from edgeline.digest import MAX_SAFE_INTEGER, canonical_json, parse_canonical
from edgeline.errors import EnvironmentUnfit, NotAnchored
from edgeline.files import write_atomically
from edgeline.provenance.receipt import Receipt
from edgeline.provenance.record import Deployment, check_field, is_count
from edgeline.workspace import LOCAL, Workspace

SCHEMA = "edgeline.deployment/2"


@dataclass(frozen=True)
class Chain:
    """A contract on a chain, by the name of its file."""

    name: str
    deployment: Deployment
    block: int
    """In which the contract was made; nothing about it is older."""
    url: str
    """As `address.resolve` reads it."""
    key: str
    """Where the key is, as `keys.load_signer` reads it."""
    confirmations: int
    """Blocks from its own on after which a record counts as final: 1 is its own alone."""

    def __post_init__(self) -> None:
        check_field("block", is_count(self.block, MAX_SAFE_INTEGER))
        check_field("confirmations", is_count(self.confirmations, MAX_SAFE_INTEGER))
        check_field("url and key", isinstance(self.url, str) and isinstance(self.key, str))


def write_chain(chain: Chain, path: Path) -> Path:
    """Puts the description into a file, whole or not at all."""
    values = asdict(chain)
    del values["name"]
    values = {"schema": SCHEMA, **values.pop("deployment"), **values}
    write_atomically(path, canonical_json(values))
    return path


def known_chain(workspace: Workspace, name: str) -> Chain:
    """What a workspace knows of a chain; nobody is asked.

    Raises:
        NotAnchored: nothing was ever anchored on the project's own chain.
        EnvironmentUnfit: there is no such chain, or no longer.
        RecipeError: it is no name of a chain.
    """
    path = workspace.deployment(name)
    if name == LOCAL and not path.is_file():
        if _was_anchored(workspace.anchoring(name) / OUTBOX):
            raise EnvironmentUnfit(
                expected=f"the chain that this project anchored on, described by {path}",
                found="no such file: the chain was reset",
                remedy="`edgeline chain flush` makes a new one, anchors everything again and renews the receipts",
            )
        raise NotAnchored(
            expected="a chain that knows what this project made",
            found="a project that has anchored nothing yet",
            remedy="run `edgeline run`, or name another chain with --chain",
        )
    known = read_chain(path)
    if name == LOCAL and known.key.startswith("file:"):
        # wherever the project has been moved to
        known = replace(known, key=f"file:{workspace.chain_key}")
    return known


def _was_anchored(path: Path) -> bool:
    """Whether an outbox knows blocks with something of ours."""
    if not path.is_file():
        return False
    with Outbox(path) as outbox:
        return bool(outbox.blocks())


def chain_of(workspace: Workspace, receipt: Receipt | None) -> str | None:
    """Name of the workspace's chain that a receipt is of; files that say nothing are left out."""
    for name in workspace.chains():
        with suppress(EnvironmentUnfit):
            known = read_chain(workspace.deployment(name))
            if receipt and known.deployment == receipt.deployment:
                return name
    return None


def read_chain(path: Path) -> Chain:
    """The chain that this file describes, named like the file.

    Raises:
        EnvironmentUnfit: there is none, or it is not as it was written.
    """
    try:
        return _chain(path.stem, parse_canonical(path.read_bytes()))
    except (ValueError, OSError) as error:
        local = path.stem == LOCAL
        raise EnvironmentUnfit(
            expected=f"a deployed contract described by {path}",
            found=str(error) if isinstance(error, ValueError) else "no readable file",
            remedy="run `edgeline run`" if local else "make it with `edgeline chain deploy`",
        ) from None


def _chain(name: str, values: Any) -> Chain:
    with suppress(TypeError, KeyError, AttributeError):
        if values.pop("schema") == SCHEMA:
            of = Deployment(**{one.name: values.pop(one.name) for one in fields(Deployment)})
            return Chain(name, of, **values)
    raise ValueError(f"not the fields of {SCHEMA}")
