"""The environment in which the tools keep to the state folder, send nothing home, find our servers.

What the user set, in the tool's own variable, is honoured.
"""

import os
import pwd
from pathlib import Path

from edgeline.stack import nats, process
from edgeline.stack.proxy import NO_PROXY, no_proxy
from edgeline.workspace import Workspace

# The variable by which each tool's own client is told where its server is.
ADDRESSES = {
    "prefect": "PREFECT_API_URL",
    "mlflow": "MLFLOW_TRACKING_URI",
    "ganache": "WEB3_PROVIDER_URI",
    "nats": "NATS_URL",
}

# Names of variables that we set, so that a child process does not take them for the user's wishes.
OURS = "EDGELINE_SETS"

QUIET = {
    "DO_NOT_TRACK": "1",
    "DVC_NO_ANALYTICS": "1",
    "MLFLOW_DISABLE_AGENT_HINT": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "PREFECT_CLI_PROMPT": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    # What the flows themselves have to say is shown with their runs.
    "PREFECT_LOGGING_LOGGERS_PREFECT_FLOW_RUNS_LEVEL": "INFO",
    "PREFECT_LOGGING_LOGGERS_PREFECT_TASK_RUNS_LEVEL": "INFO",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
}


def state_folder(root: Path) -> Path:
    """Return `.edgeline` below the root; raises EnvironmentUnfit where no database could have its address there."""
    return Workspace(root.resolve()).checked().state


def environment(root: Path) -> dict[str, str]:
    """Variables under which Prefect, MLflow and DVC keep to the state folder and find our servers.

    What the user set is left out, so the result can be laid over `os.environ`.
    """
    workspace = Workspace(root.resolve()).checked()
    state = workspace.state
    wanted = {
        **QUIET,
        "DVC_SITE_CACHE_DIR": str(state / "dvc"),
        "MPLCONFIGDIR": str(state / "matplotlib"),
        "PREFECT_HOME": str(state / "prefect"),
        "MLFLOW_TRACKING_URI": database(state),
        # by it a flow run, started anywhere, finds the project
        "EDGELINE_ROOT": str(root),
    }
    for name, suffix in {"prefect": "/api", "ganache": "", "nats": ""}.items():
        running = process.find(name, state)
        # nobody believes a chain that whoever knows its public keys can rewrite
        if running and not (name == "ganache" and workspace.has_public_chain()):
            url = nats.with_token(running.url, state) if name == "nats" else running.url
            wanted[ADDRESSES[name]] = url + suffix
    wanted |= identity(state)
    chosen = {key: value for key, value in wanted.items() if not set_by_user(key)}
    # what is the user's stays in it, so that it is laid over whoever set it
    return {**chosen, **dict.fromkeys(NO_PROXY, no_proxy()), OURS: ",".join(chosen)}


def identity(state: Path) -> dict[str, str]:
    """Name and home of a user whose number the machine has no entry for, as with `docker run -u 12345`.

    Nothing for any other user; what is set already stays as it is.
    """
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        given = os.environ.get("USER") or os.environ.get("LOGNAME") or f"user-{os.getuid()}"
        missing = {"USER": given, "LOGNAME": given, "HOME": str(state)}
        return {name: os.environ.get(name) or value for name, value in missing.items()}
    return {}


def database(state: Path) -> str:
    """MLflow's database; runs write to it directly, the server only shows it."""
    return f"sqlite:///{state / 'mlflow.db'}"


def set_by_user(variable: str) -> bool:
    return bool(os.environ.get(variable)) and variable not in os.environ.get(OURS, "").split(",")
