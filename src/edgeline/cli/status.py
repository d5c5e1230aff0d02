"""`edgeline status`: which local servers run. Starts nothing."""

import json
import time
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.table import Table

from edgeline.cli.options import AsJson
from edgeline.stack import services
from edgeline.stack.process_info import Running, memory_bytes
from edgeline.stack.servers import SERVICES
from edgeline.workspace import Workspace


def status(as_json: AsJson = False) -> None:
    """Show the local servers: process, port, address, memory and age."""
    running = services.running(Workspace.find().root)
    rows = {name: _row(running.get(name)) for name in SERVICES}
    if as_json:
        print(json.dumps({"services": rows}))
    else:
        _show(rows)


def _row(running: Running | None) -> dict[str, Any] | None:
    if running is None:
        return None
    return {
        "pid": running.pid,
        "port": running.port,
        "url": running.url,
        "memory_bytes": memory_bytes(running),
        "uptime_s": round(time.time() - running.create_time, 1),
    }


def _show(rows: dict[str, dict[str, Any] | None]) -> None:
    table = Table("service", "state", "process", "address", "memory", "up for", box=None)
    for name, row in rows.items():
        if row is None:
            table.add_row(name, "down")
            continue
        memory = f"{row['memory_bytes'] / 1e6:.0f} MB"
        age = str(timedelta(seconds=int(row["uptime_s"])))
        table.add_row(name, "up", str(row["pid"]), row["url"], memory, age)
    Console(highlight=False).print(table)
