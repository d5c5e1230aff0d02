"""Chains that end with the test or benchmark that starts them: Ganache, and Anvil as a second kind of node."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from edgeline.errors import ServiceUnavailable
from edgeline.stack import ganache
from edgeline.stack.process_info import listens
from edgeline.workspace import Workspace

ROOT = Path(__file__).parents[1]
MNEMONIC = "myth like bonus scare over problem client lizard pioneer submit female collect"
"""Ganache's own, of an unguarded chain; known to everyone, worth nothing."""

PATIENCE_S = 60.0
GRACE_S = 5.0
PORTS_TRIED = 2


@dataclass(frozen=True)
class LocalNode:
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
            self.kill()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def free_port() -> int:
    """A port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_ganache(
    *options: str, port: int | None = None, database: Path | None = None
) -> LocalNode:
    """Start an unguarded Ganache with these options of its own; without a database, the chain is gone when it ends."""
    words = (ganache.UNGUARDED, *options)
    return _start(lambda one: ganache.command(ROOT, one, *words, database=database), port)


def start_guarded(folder: Path, port: int | None = None) -> LocalNode:
    """Start Ganache as the product does, with the key and the database of the project in this folder."""
    workspace = Workspace(folder)
    ganache.prepare(workspace)
    place = {"database": workspace.chain_database, "key": workspace.chain_key}
    return _start(lambda one: ganache.command(ROOT, one, **place), port)


@contextmanager
def running_ganache(
    *options: str, port: int | None = None, database: Path | None = None
) -> Iterator[LocalNode]:
    """A Ganache that ends with the block."""
    node = start_ganache(*options, port=port, database=database)
    try:
        yield node
    finally:
        node.end()


def anvil_program() -> Path | None:
    """Anvil as npm installed it for this machine, if it did."""
    programs = sorted((ROOT / "node_modules").glob("@foundry-rs/anvil-*/bin/anvil*"))
    return programs[0] if programs else None


def start_anvil(*options: str, hardfork: str = "shanghai") -> LocalNode:
    """Start an Anvil with the chain number and the accounts of our Ganache."""
    words = [str(anvil_program()), "--chain-id", str(ganache.CHAIN_ID), "--silent"]
    words += ["--mnemonic", MNEMONIC, "--hardfork", hardfork, *options]
    return _start(lambda port: [*words, "--port", str(port)])


def _start(command: Callable[[int], list[str]], port: int | None = None) -> LocalNode:
    """Start a node and wait for its first answer; whoever starts it ends it.

    Where no port is asked for, another program may take the chosen one before the node listens
    there. Then another is tried, and a stranger's answer is never taken for its own.
    """
    deadline = time.monotonic() + PATIENCE_S
    for _ in range(1 if port else PORTS_TRIED):
        chosen = port or free_port()
        words = command(chosen)
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        node = LocalNode(process, f"http://127.0.0.1:{chosen}", chosen)
        while process.poll() is None and time.monotonic() < deadline:
            if ganache.answers(node.url) and listens(psutil.Process(process.pid), chosen):
                return node
            time.sleep(0.05)
        node.end()
    raise ServiceUnavailable(
        expected=f"a chain to answer on port {chosen}",
        found=f"exit status {process.returncode}",
        remedy=f"see what it says: {' '.join(words)}",
    )
