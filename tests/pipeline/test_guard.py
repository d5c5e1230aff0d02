"""What a browser sends for a page of another site, and what the local web servers answer."""

import asyncio
import socket
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from edgeline.stack import services
from edgeline.stack.guard import Guard
from edgeline.stack.loopback import query
from tests.pipeline.checkout import Project

HERE = "127.0.0.1:4200"
VISIT = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}

ANSWERED = {
    "a program": {},
    "a script of its own": {"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"},
    "a change by its own page": {"origin": f"http://{HERE}", "sec-fetch-site": "same-origin"},
    "an address that was typed": {"sec-fetch-site": "none", **VISIT},
    "a link of another site": {"sec-fetch-site": "cross-site", **VISIT},
    "another name of this machine": {"host": "localhost:4200", "origin": "http://localhost:4200"},
    "the other loopback": {"host": "[::1]:4200", "origin": "http://[::1]:4200"},
    "a forwarded port": {"host": "localhost:9000", "origin": "http://localhost:9000"},
}
REFUSED = {
    "another site": {"origin": "http://evil.example"},
    "another server of this machine": {"origin": "http://127.0.0.1:8000"},
    "the same server by another name": {"origin": "http://localhost:4200"},
    "a page without an origin": {"origin": "null"},
    "an origin that begins as ours": {"origin": f"http://{HERE}.evil.example"},
    "a name that was rebound": {"host": "evil.example:4200"},
    "a rebound page by itself": {"host": "evil.example", "origin": "http://evil.example"},
    "a name that begins as ours": {"host": "127.0.0.1.evil.example"},
    "a name below ours": {"host": "evil.localhost:4200"},
    "every address of this machine": {"host": "0.0.0.0:4200"},
    "no name": {"host": ""},
    "a picture in a page of another site": {
        "sec-fetch-site": "cross-site",
        "sec-fetch-dest": "image",
    },
    "a script of another server here": {"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"},
    "a frame": {"sec-fetch-site": "cross-site", **VISIT, "sec-fetch-dest": "iframe"},
}


def asked(kind: str, method: str, headers: Mapping[str, str]) -> tuple[int, str]:
    """Status and text of the answer; 101 for a WebSocket that was opened."""
    sent: list[Any] = []

    async def everything(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await PlainTextResponse("read")(scope, receive, send)
        else:
            await send({"type": "websocket.accept"})

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {}

    scope = {
        "type": kind,
        "method": method,
        "server": ("127.0.0.1", 4200),
        "headers": [
            (name.encode(), value.encode()) for name, value in {"host": HERE, **headers}.items()
        ],
    }
    asyncio.run(Guard(everything)(scope, receive, send))
    if sent == [{"type": "websocket.accept"}]:
        return 101, ""
    return sent[0]["status"], b"".join(one.get("body", b"") for one in sent).decode()


@pytest.mark.parametrize("headers", ANSWERED.values(), ids=ANSWERED)
def test_programs_and_own_pages_are_answered(headers: Mapping[str, str]) -> None:
    assert asked("http", "GET", headers) == (200, "read")


@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_page_of_another_site_is_refused(headers: Mapping[str, str], method: str) -> None:
    status, text = asked("http", method, headers)
    assert status == 403
    assert text.startswith("expected a program, or a page of this server itself; found ")
    assert text.count("\n") == 1


def test_a_link_may_only_show_something() -> None:
    """A form of another site has an origin; a browser that left it out is refused as well."""
    assert asked("http", "POST", ANSWERED["a link of another site"])[0] == 403


def test_a_socket_is_opened_to_own_pages_only() -> None:
    for name in ("a program", "a change by its own page", "another name of this machine"):
        assert asked("websocket", "", ANSWERED[name]) == (101, "")
    for name in ("another site", "another server of this machine", "a name that was rebound"):
        assert asked("websocket", "", REFUSED[name])[0] == 403


READ = {
    "prefect": "/api/admin/version",
    "mlflow": "/api/2.0/mlflow/experiments/get?experiment_id=0",
}
CHANGE = {"prefect": "/api/flows/", "mlflow": "/api/2.0/mlflow/experiments/create"}


@pytest.mark.parametrize("name", READ)
def test_real_servers_stand_behind_it(project: Project, name: str) -> None:
    url = services.running(project.root)[name].url
    stranger = {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-site"}
    written = {
        "content": b'{"name": "stolen"}',
        "headers": {**stranger, "Content-Type": "text/plain"},
    }
    preflight = {**stranger, "Access-Control-Request-Method": "POST"}
    with httpx.Client(base_url=url, trust_env=False, timeout=300) as browser:
        refusals = [
            browser.get(READ[name], headers=stranger),
            browser.get(READ[name], headers={"Host": f"evil.example:{httpx.URL(url).port}"}),
            browser.options(CHANGE[name], headers=preflight),
            browser.post(CHANGE[name], **written),
        ]
        assert browser.get(READ[name], headers={"Origin": url}).status_code == 200
    for refusal in refusals:
        assert (refusal.status_code, refusal.text[:18]) == (403, "expected a program")
        assert not [header for header in refusal.headers if header.startswith("access-control-")]


def test_a_socket_of_prefects_is_refused_before_it_opens(project: Project) -> None:
    server = services.running(project.root)["prefect"]
    lines = [
        "GET /api/events/out HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        "Origin: http://127.0.0.1:8000",
        *("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"),
        *("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: prefect"),
    ]
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        assert connection.recv(12) == b"HTTP/1.1 403"


def test_prefect_changes_nothing_without_a_token(project: Project) -> None:
    """Not even for a program, and its pages ask the server that they came from."""
    url = services.running(project.root)["prefect"].url
    answer = httpx.post(f"{url}/api/flows/", json={"name": "stolen"}, timeout=300)
    assert (answer.status_code, answer.json()) == (403, {"detail": "Missing CSRF token."})
    settings = query(f"{url}/ui-settings")
    assert (settings["api_url"], settings["csrf_enabled"]) == ("/api", True)
