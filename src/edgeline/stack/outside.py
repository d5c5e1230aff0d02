"""Whether the services that the user names by a tool's own variable answer: asked before any work, and during it.

The tools themselves would try again for minutes, in silence. Whoever answers at all is taken for the
service; what it says is for the tool to judge.
"""

import os
import socket
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from edgeline.errors import ServiceUnavailable, hide_secrets
from edgeline.stack import ganache
from edgeline.stack.environment import ADDRESSES, set_by_user

T = TypeVar("T")

ANSWER_S = 4.0
"""For a connection, and again for the answer."""
DEADLINE_S = 8.0
"""For all of it, where a name cannot be looked up."""

DATABASE_PORTS = {"postgresql": 5432, "postgres": 5432, "mysql": 3306, "mssql": 1433}
BEHIND_A_GATEWAY = {502, 503, 504}
"""HTTP statuses by which a gateway says that what is behind it is away."""


def require_given(names: Iterable[str]) -> None:
    """Ask those of the named services that the user gives; the chain is left out, since no run waits for it.

    Raises:
        ServiceUnavailable: one of them does not answer; names its variable and address.
    """
    asked = {name: _begin(_ASK[name], os.environ[ADDRESSES[name]]) for name in _given(names)}
    for name, answer in asked.items():
        if found := _reason(answer):
            raise _unavailable(name, found)


def looks(names: Iterable[str]) -> list[Callable[[], ServiceUnavailable | None]]:
    """For each of the named services that the user gives, what tells whether it still answers.

    A database is left out: it would count each look as a client that broke off, and shut us out. Its own
    client tells at once that it is away.
    """
    served = [name for name in _given(names) if _serves(os.environ[ADDRESSES[name]])]
    return [partial(_look, name) for name in served]


def _given(names: Iterable[str]) -> list[str]:
    return [name for name in names if name in _ASK and set_by_user(ADDRESSES[name])]


def _serves(address: str) -> bool:
    kind = urlsplit(address).scheme.partition("+")[0]
    return kind != "sqlite" and kind not in DATABASE_PORTS


def _look(name: str) -> ServiceUnavailable | None:
    found = _reason(_begin(_ASK[name], os.environ[ADDRESSES[name]]))
    return _unavailable(name, found) if found else None


def _unavailable(name: str, found: str) -> ServiceUnavailable:
    variable = ADDRESSES[name]
    return ServiceUnavailable(
        expected=f"{name} at {hide_secrets(os.environ[variable])}, as {variable} says",
        found=found,
        remedy=f"start it, correct {variable}, or unset it, so that edgeline uses its own: "
        "then the same command goes on",
    )


def chain_answers(url: str) -> bool:
    """Whether any chain answers there, within seconds."""
    try:
        return _begin(ganache.answers, url).result(DEADLINE_S)
    except TimeoutError:
        return False


def _begin(ask: Callable[[str], T], address: str) -> "Future[T]":
    """The answer to come, from a thread that keeps nobody from ending."""
    future: Future[T] = Future()

    def work() -> None:
        try:
            future.set_result(ask(address))
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return future


def _reason(answer: "Future[str]") -> str:
    """Why there is no answer; empty where there is one."""
    try:
        return answer.result(DEADLINE_S)
    except TimeoutError:
        return "no answer"
    except ConnectionRefusedError:
        return "nobody listens there"
    except (OSError, ValueError) as error:
        refused = "refused" in str(error)
        return "nobody listens there" if refused else f"no answer ({type(error).__name__})"


def _web(address: str) -> str:
    # a tenth of a second, which a run without such an address does not wait
    import requests

    try:
        answer = requests.get(
            address.rstrip("/") + "/health",
            timeout=ANSWER_S,
            allow_redirects=False,
            # no password of a .netrc is sent for a mere question
            auth=lambda request: request,
        )
    except requests.exceptions.SSLError:
        return ""  # whom to trust is settled by the tool's own variables
    away = answer.status_code in BEHIND_A_GATEWAY
    return f"HTTP status {answer.status_code} of a gateway" if away else ""


def _mlflow(address: str) -> str:
    """A server, a database's server, or a file of this machine."""
    parts = urlsplit(address)
    kind = parts.scheme.partition("+")[0]
    if kind in ("http", "https"):
        return _web(address)
    if kind in DATABASE_PORTS:
        _connect(parts, DATABASE_PORTS[kind]).close()
    if kind == "sqlite" and parts.path:
        folder = Path(unquote(parts.path[1:])).parent
        return "" if folder.is_dir() else f"no folder {folder}"
    return ""


def _nats(address: str) -> str:
    """It speaks first, but for some that speak TLS."""
    parts = urlsplit(address)
    if not parts.hostname:
        return "no address as nats://HOST:PORT"
    with _connect(parts, 4222) as connection:
        greets = parts.scheme == "tls" or connection.recv(5) == b"INFO "
    return "" if greets else "something that does not greet as NATS does"


def _connect(parts: SplitResult, port: int) -> socket.socket:
    return socket.create_connection((parts.hostname or "localhost", parts.port or port), ANSWER_S)


_ASK: dict[str, Callable[[str], str]] = {"prefect": _web, "mlflow": _mlflow, "nats": _nats}
