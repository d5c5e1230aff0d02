"""What killed runs left open, for commands that carry out no run themselves, which would close it."""

import os
from contextlib import suppress

from edgeline.errors import ServiceUnavailable
from edgeline.stack import services
from edgeline.stack.environment import environment
from edgeline.workspace import Workspace, abandoned


def close_abandoned(workspace: Workspace) -> None:
    """Close it in Prefect and MLflow where both are there: else nobody sees it, and another time will do."""
    if next(abandoned(workspace), None) is None:
        return
    with suppress(ServiceUnavailable):
        services.require_alive(["prefect", "mlflow"], workspace.root)
        os.environ.update(environment(workspace.root))
        # Prefect reads its environment while it is imported
        from flows import session

        session.close_abandoned(workspace)
