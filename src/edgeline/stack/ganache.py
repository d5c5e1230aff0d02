"""How Ganache is started, whose account is in its first block, and whether it answers.

It runs in a program of ours, `ganache.cjs`, which takes nothing from a page in a browser and nothing that rewrites the
chain. The key of the account is made before the first start; a chain that began without one holds accounts whose keys
everybody knows.
"""

import secrets
from datetime import UTC, datetime
from pathlib import Path

from edgeline.errors import EnvironmentUnfit
from edgeline.files import acquire_lock, write_private
from edgeline.stack.loopback import query
from edgeline.stack.node import OLDEST, find_node
from edgeline.workspace import Workspace

CHAIN_ID = 1337


UNGUARDED = "--unguarded"
"""Opens what rewrites the chain, with accounts that everybody knows: for tests alone."""
ASIDE = "chain-until-"
PATIENCE_S = 10.0
PROGRAM = Path(__file__).with_name("ganache.cjs")


def command(
    root: Path, port: int, *options: str, database: Path | None = None, key: Path | None = None
) -> list[str]:
    """The words that start Ganache of the project at `root`, for the account of the key in this file.

    Instead of a key, `options` may begin with UNGUARDED; then come Ganache's own, such as
    `--miner.blockTime=1` or `--chain.time=2026-01-01`. Without a database, the chain is gone when it ends.

    Raises:
        EnvironmentUnfit: no Node.js, or no Ganache in node_modules.
    """
    package = root / "node_modules" / "ganache"
    node = find_node()
    if not node or not package.exists():
        raise EnvironmentUnfit(
            expected=f"Node.js {OLDEST} or later, and Ganache in node_modules",
            found="no Node.js" if not node else "no Ganache",
            remedy="run `python3 bootstrap.py setup`",
        )
    return [
        *(str(node), str(PROGRAM), f"--ganache={package.resolve()}"),
        *(f"--port={port}", f"--chain={CHAIN_ID}"),
        *([f"--database={database}"] if database else []),
        *([f"--key={key}"] if key else []),
        *options,
    ]


def prepare(workspace: Workspace) -> None:
    """Make the key of a chain that has none; a chain that began without one is set aside, with all that names it."""
    place = workspace.state / "services" / "chain.lock"
    with acquire_lock(place, "nobody else to begin a chain", patience_s=PATIENCE_S):
        if workspace.has_public_chain():
            folder = workspace.chain_database.parent
            folder.rename(folder.with_name(f"{ASIDE}{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"))
        if not workspace.chain_key.is_file():
            write_private(workspace.chain_key, f"0x{secrets.token_hex(32)}\n")
        workspace.chain_database.mkdir(parents=True, exist_ok=True)


def set_aside(workspace: Workspace) -> str:
    """What is to be said of a chain that was set aside, until the one in its place holds a contract; empty for none."""
    former = sorted(workspace.state.glob(f"{ASIDE}*"))
    if not former or workspace.deployment().is_file():
        return ""
    return (
        f"the chain of before is not served any more, since everybody knows the key of its account: it stays in "
        f"{workspace.relative(former[-1])} for receipts that are verified offline, and a new chain has begun; "
        "`edgeline chain flush` deploys and anchors everything there, `edgeline run` does so at its end"
    )


def answers(url: str) -> bool:
    """Whether a chain answers there, whichever it is."""
    try:
        query(url, {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"})["result"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return True
