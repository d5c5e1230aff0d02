"""`edgeline up`: the local servers, started and left running, with the schedules they carry out."""

import os

from rich.console import Console
from rich.table import Table

from edgeline.stack import services
from edgeline.stack.environment import environment
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
    root = Workspace.find().root
    os.environ.update(environment(root))
    with Console(stderr=True).status("starting") as live:
        started = services.ensure_all(
            SERVICES, root, lambda name, news: live.update(f"{name}: {news}")
        )
        live.update("applying the schedules")
        services.apply_deployments(root)
    table = Table("service", "address", "what for", box=None, pad_edge=False)
    for name, purpose in PURPOSE.items():
        address = started[name].url if name in started else "yours"
        table.add_row(name, address, purpose)
    Console(highlight=False).print(table)
