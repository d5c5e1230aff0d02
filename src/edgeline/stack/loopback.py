"""Servers on this machine: their address, whether a port is free for them, and what they answer over HTTP."""

import json
import socket
import urllib.request
from collections.abc import Callable, Mapping
from functools import partial
from http.client import HTTPException
from typing import Any

LOOPBACK = "127.0.0.1"

# A proxy of the user's has no part in what stays on this machine.
_open = partial(urllib.request.build_opener(urllib.request.ProxyHandler({})).open, timeout=5)


def query(
    url: str,
    body: object = None,
    parse: Callable[[str], Any] = json.loads,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """Return what one of our servers answers; every failure is an OSError or a ValueError."""
    data = None if body is None else json.dumps(body).encode()
    kind = {"Content-Type": "application/json"} if data else {}
    request = urllib.request.Request(url, data, {**kind, **(headers or {})})
    try:
        with _open(request) as answer:
            return parse(answer.read().decode())
    except HTTPException as error:
        raise ConnectionError(str(error)) from error


def is_free(port: int) -> bool:
    """Whether a server could listen there, found by binding."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
