"""Ethereum nodes for benchmarks and tests, each on a free port: Ganache as the product starts it, and Anvil."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgeline.anchoring.node import Node
from edgeline.errors import ServiceUnavailable
from edgeline.stack.servers import ganache_command

ROOT = Path(__file__).parents[1]
MNEMONIC = "myth like bonus scare over problem client lizard pioneer submit female collect"
"""Ganache's own for --wallet.deterministic; known to everyone, worth nothing."""
STARTS_S = 60.0


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def anvil_program() -> Path | None:
    """Anvil as npm installed it for this machine, if it did."""
    programs = sorted((ROOT / "node_modules").glob("@foundry-rs/anvil-*/bin/anvil*"))
    return programs[0] if programs else None


def ganache(port: int, database: Path | None, *options: str) -> subprocess.Popen[bytes]:
    """A Ganache that answers; without a database it keeps its chain in memory."""
    kept = [] if database is None else [f"--database.dbPath={database}"]
    return _start([*ganache_command(ROOT), f"--server.port={port}", *kept, *options], port)


@contextmanager
def running_ganache(database: Path | None, *options: str) -> Iterator[str]:
    """The address of a Ganache that ends with the block."""
    port = free_port()
    process = ganache(port, database, *options)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        end(process)


def anvil(port: int, *options: str, hardfork: str = "shanghai") -> subprocess.Popen[bytes]:
    how = ["--silent", "--mnemonic", MNEMONIC, "--chain-id", "1337", "--hardfork", hardfork]
    return _start([str(anvil_program()), "--port", str(port), *how, *options], port)


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _start(command: list[str], port: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    limit = time.monotonic() + STARTS_S
    while True:
        try:
            Node(f"http://127.0.0.1:{port}", timeout_s=5).identity()
            return process
        except ServiceUnavailable:
            if process.poll() is not None or time.monotonic() > limit:
                end(process)
                raise
            time.sleep(0.05)
