"""`edgeline up|status|down`: the local servers of a project; no others are touched."""

import os
import time
from datetime import timedelta
from typing import Any

from rich.console import Console

from edgeline.cli.abandoned import close_abandoned
from edgeline.cli.console import answer, table
from edgeline.cli.options import AsJson
from edgeline.stack import services
from edgeline.stack.environment import environment
from edgeline.stack.process_info import Running, memory_bytes
from edgeline.stack.servers import SERVICES
from edgeline.workspace import Workspace

PURPOSE = {
    "prefect": "flow runs and schedules",
    "mlflow": "experiments and the model registry",
    "ganache": "the local chain",
    "nats": "messages between devices",
    "worker": "carries out what is due",
}


def up() -> None:
    """Start the local servers and apply the schedules of prefect.yaml."""
    workspace = Workspace.find()
    root = workspace.root
    os.environ.update(environment(root))
    with Console(stderr=True).status("starting") as live:
        started = services.ensure_all(
            SERVICES, root, lambda name, news: live.update(f"{name}: {news}")
        )
        live.update("applying the schedules")
        services.apply_deployments(root)
    close_abandoned(workspace)
    rows = (
        (name, started[name].url if name in started else "yours", purpose)
        for name, purpose in PURPOSE.items()
    )
    console = Console(highlight=False)
    console.print(table("service", "address", "what for", rows=rows))
    if news := services.chain_news(root):
        console.print(news)


def status(as_json: AsJson = False) -> None:
    """Show the local servers: process, port, address, memory and age."""
    running = services.running(Workspace.find().root)
    facts = {name: _facts(running.get(name)) for name in SERVICES}
    headings = "service", "state", "process", "address", "memory", "up for"
    shown = table(*headings, rows=(_row(name, one) for name, one in facts.items()))
    answer({"services": facts}, shown, as_json)


def down() -> None:
    """Stop the local servers of this project."""
    stopped = services.stop_all(Workspace.find().root)
    print("stopped " + ", ".join(server.name for server in stopped) if stopped else "nothing runs")


def _facts(running: Running | None) -> dict[str, Any] | None:
    if running is None:
        return None
    return {
        "pid": running.pid,
        "port": running.port,
        "url": running.url,
        "memory_bytes": memory_bytes(running),
        "uptime_s": round(time.time() - running.create_time, 1),
    }


def _row(name: str, facts: dict[str, Any] | None) -> tuple[str, ...]:
    if facts is None:
        return name, "down"
    age = timedelta(seconds=int(facts["uptime_s"]))
    memory = f"{facts['memory_bytes'] / 1e6:.0f} MB"
    return name, "up", str(facts["pid"]), facts["url"], memory, str(age)
