"""Stands before the local web servers: they answer programs and their own pages, and no page of another site.

A browser tells who asks. With all that changes something, and with every WebSocket, it sends Origin;
with the rest, Sec-Fetch-Site. Host is the name that the page itself was loaded from, and so gives away a
stranger's name that suddenly leads to this machine (DNS rebinding). Programs send neither of the first two.
"""

import re
from dataclasses import dataclass
from importlib import import_module

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOCAL_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?", re.IGNORECASE)
"""With any port: behind a forwarded one, the browser knows no other."""


@dataclass(frozen=True)
class Guard:
    """An ASGI application that passes on what may be answered, and answers the rest with 403 and one line."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        stranger = "" if scope["type"] == "lifespan" else _stranger(scope)
        if not stranger:
            await self.app(scope, receive, send)
            return
        line = (
            f"expected a program, or a page of this server itself; found {stranger}; "
            f"open http://{':'.join(map(str, scope['server']))} in a tab of its own\n"
        )
        await PlainTextResponse(line, 403)(scope, receive, send)


def prefect() -> Guard:
    """Prefect's server, for uvicorn."""
    return Guard(import_module("prefect.server.api.server").create_app(final=True))


def mlflow() -> Guard:
    """MLflow's server, for its own command: what pyproject.toml names as an app of MLflow."""
    return Guard(import_module("mlflow.server.fastapi_app").app)


def _stranger(scope: Scope) -> str:
    """Who asks, where that is another site; empty otherwise."""
    headers = Headers(scope=scope)
    hosts, origins = headers.getlist("host"), headers.getlist("origin")
    if len(hosts) != 1 or not LOCAL_HOST.fullmatch(hosts[0]):
        return f"the host {hosts}"
    if origins:
        return "" if origins == [f"http://{hosts[0]}"] else f"the origin {origins}"
    site = headers.get("sec-fetch-site", "none")
    return "" if site in ("none", "same-origin") or _is_visit(scope, headers) else f"a {site} page"


def _is_visit(scope: Scope, headers: Headers) -> bool:
    """Whether somebody follows a link: the answer fills the tab, and who made the link never sees it."""
    how = (headers.get(f"sec-fetch-{name}") for name in ("mode", "dest"))
    return scope.get("method") == "GET" and tuple(how) == ("navigate", "document")
