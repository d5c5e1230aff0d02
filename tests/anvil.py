"""Anvil, a second kind of node for tests; Ganache is started by edgeline.stack.ganache."""

import subprocess
import time
from pathlib import Path

from edgeline.errors import ServiceUnavailable
from edgeline.stack.ganache import CHAIN_ID, PATIENCE_S, answers

ROOT = Path(__file__).parents[1]
MNEMONIC = "myth like bonus scare over problem client lizard pioneer submit female collect"
"""Ganache's own for --wallet.deterministic; known to everyone, worth nothing."""


def program() -> Path | None:
    """Anvil as npm installed it for this machine, if it did."""
    programs = sorted((ROOT / "node_modules").glob("@foundry-rs/anvil-*/bin/anvil*"))
    return programs[0] if programs else None


def start(port: int, *options: str, hardfork: str = "shanghai") -> subprocess.Popen[bytes]:
    """An Anvil that answers; whoever starts it ends it."""
    words = [str(program()), "--port", str(port), "--chain-id", str(CHAIN_ID), "--silent"]
    words += ["--mnemonic", MNEMONIC, "--hardfork", hardfork, *options]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    limit = time.monotonic() + PATIENCE_S
    while not answers(f"http://127.0.0.1:{port}"):
        if process.poll() is not None or time.monotonic() > limit:
            process.kill()
            process.wait()
            raise ServiceUnavailable(
                expected=f"Anvil to answer on port {port}",
                found=f"exit status {process.returncode}",
                remedy="run it by hand: " + " ".join(words),
            )
        time.sleep(0.05)
    return process
