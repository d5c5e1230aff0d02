"""NATS servers that a test starts for itself."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def nats_server(folder: Path, settings: str = "") -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A server on a port of its own choice, which it writes into a file."""
    program = Path(sys.prefix) / "bin" / "nats-server"
    (folder / "nats.conf").write_text(settings)
    command = [program, "--addr", "127.0.0.1", "--port", "-1", "--ports_file_dir", folder]
    command += ["--config", folder / "nats.conf"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while (
            not any(ports.read_bytes() for ports in folder.glob("*.ports"))
            and time.monotonic() < deadline
        ):
            time.sleep(0.02)
        (ports,) = folder.glob("*.ports")
        yield json.loads(ports.read_text())["nats"][0], process
    finally:
        process.terminate()
        process.wait(timeout=60)
