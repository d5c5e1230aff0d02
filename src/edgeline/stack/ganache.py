"""How Ganache is started, and whether it answers."""

from pathlib import Path

from edgeline.errors import EnvironmentUnfit
from edgeline.stack.loopback import LOOPBACK, query
from edgeline.stack.node import OLDEST, find_node

CHAIN_ID = 1337


def command(root: Path, port: int, *options: str, database: Path | None = None) -> list[str]:
    """The words that start Ganache of the project at `root`, with accounts that everybody knows.

    `options` are Ganache's own, such as `--miner.blockTime=1` or `--chain.time=2026-01-01`. Without
    a database, the chain is gone when it ends.

    Raises:
        EnvironmentUnfit: no Node.js, or no Ganache in node_modules.
    """
    program = root / "node_modules" / "ganache" / "dist" / "node" / "cli.js"
    node = find_node()
    if not node or not program.exists():
        raise EnvironmentUnfit(
            expected=f"Node.js {OLDEST} or later, and Ganache in node_modules",
            found="no Node.js" if not node else "no Ganache",
            remedy="run `python3 bootstrap.py setup`",
        )
    return [
        *(str(node), str(program)),
        *(f"--server.host={LOOPBACK}", f"--server.port={port}"),
        *(f"--chain.chainId={CHAIN_ID}", f"--chain.networkId={CHAIN_ID}"),
        *("--wallet.deterministic", "--logging.quiet"),
        *([f"--database.dbPath={database}"] if database else []),
        *options,
    ]


def answers(url: str) -> bool:
    """Whether a chain answers there, whichever it is."""
    try:
        query(url, {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"})["result"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return True
