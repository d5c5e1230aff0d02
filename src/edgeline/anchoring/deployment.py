"""The file that says which contract on which chain, how it is reached, and who signs; never the key itself.

Knows no network.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeline.digest import MAX_SAFE_INTEGER, canonical_json, parse_canonical
from edgeline.errors import EnvironmentUnfit, NotAnchored
from edgeline.files import write_atomically
from edgeline.provenance.record import Deployment
from edgeline.workspace import LOCAL, Workspace

SCHEMA = "edgeline.deployment/2"
MAX_BYTES = 2**16


@dataclass(frozen=True)
class Chain:
    """A contract on a chain, by the name of its file."""

    name: str
    deployment: Deployment
    block: int
    """In which the contract was made; nothing about it is older."""
    url: str
    key: str
    """Where the key is, as `keys.signer` reads it."""
    confirmations: int
    """Blocks from its own on after which a record counts as final: 1 is its own alone."""


def write_chain(chain: Chain, path: Path) -> Path:
    """Puts the description into a file, whole or not at all."""
    values = {
        "schema": SCHEMA,
        **_deployment_json(chain.deployment),
        "block": chain.block,
        "url": chain.url,
        "key": chain.key,
        "confirmations": chain.confirmations,
    }
    write_atomically(path, canonical_json(values))
    return path


def known_chain(workspace: Workspace, name: str) -> Chain:
    """What a workspace knows of a chain; nobody is asked.

    Raises:
        NotAnchored: nothing was ever anchored on the project's own chain.
        EnvironmentUnfit: there is no such chain.
        RecipeError: it is no name of a chain.
    """
    path = workspace.deployment(name)
    if name == LOCAL and not path.is_file():
        raise NotAnchored(
            expected="a chain that knows what this project made",
            found="a project that has anchored nothing yet",
            remedy="run `edgeline run`, or name another chain with --chain",
        )
    return read_chain(path)


def read_chain(path: Path) -> Chain:
    """The chain that this file describes, named like the file.

    Raises:
        EnvironmentUnfit: there is none, or it is not as it was written.
    """
    try:
        with path.open("rb") as file:
            return _chain(path.stem, parse_canonical(file.read(MAX_BYTES)))
    except (ValueError, OSError) as error:
        local = path.stem == LOCAL
        raise EnvironmentUnfit(
            expected=f"a deployed contract described by {path}",
            found=str(error) if isinstance(error, ValueError) else "no readable file",
            remedy="run `edgeline run`" if local else "make it with `edgeline chain deploy`",
        ) from None


def _deployment_json(deployment: Deployment) -> dict[str, Any]:
    return {
        "chain_id": deployment.chain_id,
        "genesis": deployment.genesis,
        "contract": deployment.contract,
        "code_hash": deployment.code_hash,
    }


def _chain(name: str, values: object) -> Chain:
    match values:
        case {
            "schema": str(schema),
            "chain_id": int(chain_id),
            "genesis": str(genesis),
            "contract": str(contract),
            "code_hash": str(code_hash),
            "block": int(block),
            "url": str(url),
            "key": str(key),
            "confirmations": int(confirmations),
            **more,
        } if schema == SCHEMA and not more:
            if not all(map(_is_count, (chain_id, block, confirmations))):
                raise ValueError("a number that is no count")
            deployment = Deployment(chain_id, genesis, contract, code_hash)
            return Chain(name, deployment, block, url, key, confirmations)
    raise ValueError(f"not the fields of {SCHEMA}")


def _is_count(value: int) -> bool:
    return type(value) is int and 0 <= value <= MAX_SAFE_INTEGER
