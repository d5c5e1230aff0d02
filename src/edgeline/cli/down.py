"""`edgeline down`: ends the servers that this project started, and no others."""

from edgeline.stack import services
from edgeline.workspace import Workspace


def down() -> None:
    """Stop the local servers of this project."""
    stopped = services.stop_all(Workspace.find().root)
    print("stopped " + ", ".join(server.name for server in stopped) if stopped else "nothing runs")
