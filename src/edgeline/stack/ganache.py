"""How Ganache is started: by the project as its own chain, by tests and benchmarks as one that ends with them."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from edgeline.errors import EnvironmentUnfit, ServiceUnavailable
from edgeline.stack.loopback import LOOPBACK, free_port, query
from edgeline.stack.node import OLDEST, find_node
from edgeline.stack.process_info import listens

CHAIN_ID = 1337
PATIENCE_S = 60.0
GRACE_S = 5.0
PORTS_TRIED = 2


@dataclass(frozen=True)
class Ganache:
    """A chain that this process has started."""

    process: subprocess.Popen[bytes]
    url: str
    port: int

    def end(self) -> None:
        """Ask it to end, so that it removes its temporary files; then insist."""
        self.process.terminate()
        try:
            self.process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


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


def start(
    root: Path, *options: str, port: int | None = None, database: Path | None = None
) -> Ganache:
    """Start a chain and wait for its first answer; whoever starts it ends it.

    Where no port is asked for, another program may take the chosen one before Ganache listens
    there. Then another is tried, and a stranger's answer is never taken for its own.

    Raises:
        EnvironmentUnfit: no Node.js, or no Ganache in node_modules.
        ServiceUnavailable: it ended, or gave no answer.
    """
    deadline = time.monotonic() + PATIENCE_S
    for _ in range(1 if port else PORTS_TRIED):
        chosen = port or free_port()
        words = command(root, chosen, *options, database=database)
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        ganache = Ganache(process, f"http://{LOOPBACK}:{chosen}", chosen)
        while process.poll() is None and time.monotonic() < deadline:
            if answers(ganache.url) and listens(psutil.Process(process.pid), chosen):
                return ganache
            time.sleep(0.05)
        ganache.end()
    raise ServiceUnavailable(
        expected=f"Ganache to answer on port {chosen}",
        found=f"exit status {process.returncode}",
        remedy=f"see what it says: {' '.join(words)}",
    )


@contextmanager
def running(
    root: Path, *options: str, port: int | None = None, database: Path | None = None
) -> Iterator[Ganache]:
    """A chain that ends with the block."""
    ganache = start(root, *options, port=port, database=database)
    try:
        yield ganache
    finally:
        ganache.end()


def answers(url: str) -> bool:
    """Whether a chain answers there, whichever it is."""
    try:
        query(url, {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"})["result"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return True
