"""Pages of other origins in a real browser, against every local server; and the servers' own pages beside them."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from mlflow.tracking import MlflowClient
from prefect.client.orchestration import SyncPrefectClient

from edgeline.stack import services
from edgeline.stack.environment import environment
from edgeline.stack.loopback import query
from tests.nodes import start_guarded
from tests.pipeline.checkout import Project, served

PATIENCE_MS = 240_000
SHOWN = "shown-to-its-user"
STOLEN = "stolen"

ATTACK = """async ({ reads, writes }) => {
    const seen = [];
    const see = (how, url, text) =>
        text && !/^(expected a program|not asked by)/.test(text) && seen.push(`${how} ${url}: ${text.slice(0, 60)}`);
    const ended = (target, ...events) =>
        Promise.race(events.map((name) => new Promise((end) => (target[`on${name}`] = () => end(name)))));
    const loaded = async (tag, source) => {
        const element = document.createElement(tag);
        const end = ended(element, "load", "error");
        element.src = source;
        document.body.append(element);
        return [await end, element];
    };
    const ask = async (url, how) => {
        try {
            const answer = await fetch(url, how);
            if (answer.ok) see(`fetch ${how?.method ?? "GET"}`, url, (await answer.text()) || "empty");
        } catch {}
    };
    for (const url of reads) {
        await ask(url);
        await ask(url, { mode: "no-cors" });
        for (const tag of ["img", "script"]) if ((await loaded(tag, url))[0] == "load") see(tag, url, "loaded");
        const [, frame] = await loaded("iframe", url);
        try { see("frame", url, frame.contentDocument?.body.innerText); } catch {}
        const web = new WebSocket(url.replace("http", "ws"));
        if ((await ended(web, "open", "error", "close")) == "open") see("socket", url, "open");
    }
    for (const { url, body } of writes) {
        for (const type of ["application/json", "text/plain"])
            await ask(url, { method: "POST", body, headers: { "Content-Type": type } });
        await ask(url, { method: "POST", mode: "no-cors", body });
        navigator.sendBeacon(url, new Blob([body], { type: "text/plain" }));
        const form = document.createElement("form");
        const frame = document.createElement("iframe");
        const field = document.createElement("input");
        frame.name = `frame ${seen.length} ${url}`;
        Object.assign(form, { action: url, method: "POST", enctype: "text/plain", target: frame.name });
        [field.name, field.value] = [body.slice(0, -1) + ', "x": "', '"}'];
        form.append(field);
        document.body.append(frame, form);
        const end = ended(frame, "load", "error");
        form.submit();
        await end;
    }
    return seen;
}"""
"""What such a page can try without its user's help; returns what it was able to read."""


class Careless(BaseHTTPRequestHandler):
    """Answers whoever asks, and lets every page read it."""

    def do_GET(self) -> None:
        page = self.path == "/"
        self._answer("text/html" if page else "text/javascript", b"<p>hello" if page else b"1")

    def do_POST(self) -> None:
        self.server.written.append(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer("text/plain", b"written")

    def do_OPTIONS(self) -> None:
        self._answer("text/plain", b"")

    def _answer(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        headers = {"Content-Type": kind, "Content-Length": str(len(body))}
        for name in ("Origin", "Headers"):
            headers[f"Access-Control-Allow-{name}"] = "*"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def careless() -> Iterator[tuple[int, list[bytes]]]:
    """Its port, and what was written to it."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Careless) as server:
        server.written = []
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_port, server.written
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class Target:
    """A local server: what a stranger would read and write there, and what there is, as its user knows it."""

    url: str
    reads: tuple[str, ...]
    writes: dict[str, Any]
    content: Callable[[], object]

    def attack(self) -> dict[str, Any]:
        writes = ((self.url + path, json.dumps(body)) for path, body in self.writes.items())
        return {
            "reads": [self.url + path for path in self.reads],
            "writes": [{"url": url, "body": body} for url, body in writes],
        }


@pytest.fixture(scope="module")
def project(run_folder: Path) -> Project:
    """Shared with the tests of the pipeline, where they run too."""
    return served(run_folder)


@pytest.fixture(scope="module")
def prefect(project: Project) -> Iterator[Target]:
    with SyncPrefectClient(environment(project.root)["PREFECT_API_URL"]) as client:
        flow = client.create_flow_from_name(SHOWN)
        deployment = client.create_deployment(flow, SHOWN)

        def content() -> object:
            names = {one.name for one in (*client.read_flows(), *client.read_deployments())}
            return STOLEN in names, client.read_deployment(deployment).paused

        yield Target(
            services.running(project.root)["prefect"].url,
            ("/", "/ui-settings", "/api/admin/settings", "/api/events/out"),
            {
                "/api/flows/": {"name": STOLEN},
                "/api/deployments/": {"name": STOLEN, "flow_id": str(flow)},
                f"/api/deployments/{deployment}/pause_deployment": {},
            },
            content,
        )


@pytest.fixture(scope="module")
def mlflow(project: Project) -> Target:
    client = MlflowClient(environment(project.root)["MLFLOW_TRACKING_URI"])
    run = client.create_run(client.create_experiment(SHOWN)).info.run_id

    def content() -> object:
        experiments = {one.name for one in client.search_experiments()}
        return STOLEN in experiments, client.get_run(run).info.lifecycle_stage

    return Target(
        services.running(project.root)["mlflow"].url,
        ("/", "/version", "/ajax-api/2.0/mlflow/experiments/search?max_results=5"),
        {
            "/api/2.0/mlflow/experiments/create": {"name": STOLEN},
            "/ajax-api/2.0/mlflow/runs/delete": {"run_id": run},
        },
        content,
    )


@pytest.fixture(scope="module")
def ganache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A chain on which nobody else mines."""
    node = start_guarded(tmp_path_factory.mktemp("chain"))

    def call(method: str) -> dict[str, object]:
        return {"jsonrpc": "2.0", "id": 1, "method": method, "params": []}

    yield Target(
        node.url,
        ("/",),
        {"/": call("evm_mine"), "/?": call("eth_blockNumber"), "/??": call("eth_sendTransaction")},
        lambda: query(node.url, call("eth_blockNumber")),
    )
    node.end()


@pytest.fixture(scope="module")
def nats(project: Project) -> Iterator[Target]:
    """Where a subscriber of the workspace hears what a stranger would publish."""
    address = urlsplit(services.address("nats", project.root))
    with socket.create_connection((address.hostname, address.port), timeout=240) as hearer:
        options = json.dumps({"auth_token": address.username, "verbose": False})
        hearer.sendall(f"CONNECT {options}\r\nSUB {STOLEN} 1\r\n".encode())

        def content() -> object:
            heard = b""
            hearer.sendall(b"PING\r\n")
            while not heard.endswith(b"PONG\r\n"):
                heard += hearer.recv(4096)
            return b"MSG" in heard or b"-ERR" in heard

        yield Target(
            f"http://127.0.0.1:{address.port}",
            ("/", "/varz"),
            {"/": f"\r\nCONNECT {{}}\r\nPUB {STOLEN} 2\r\nhi\r\n"},
            content,
        )


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def test_the_attack_would_be_seen(page: Any) -> None:
    """A server that answers everyone is read and written in all these ways."""
    with careless() as (evil, _), careless() as (port, written):
        url = f"http://127.0.0.1:{port}"
        page.goto(f"http://evil.example:{evil}")
        target = Target(url, ("/some",), {"/": {"name": STOLEN}}, lambda: None)
        seen = [one.partition(" http")[0] for one in page.evaluate(ATTACK, target.attack())]
        assert seen == ["fetch GET", "script", "fetch POST", "fetch POST"]
        page.wait_for_timeout(100)
        assert len(written) == 5
        assert [STOLEN in json.loads(body).values() for body in written] == [True] * 5


@pytest.mark.parametrize("name", ["prefect", "mlflow", "ganache", "nats"])
@pytest.mark.parametrize("origin", ["127.0.0.1", "evil.example"])
def test_a_page_of_another_origin_reads_and_changes_nothing(
    request: pytest.FixtureRequest, page: Any, name: str, origin: str
) -> None:
    target = request.getfixturevalue(name)
    before = target.content()
    with careless() as (evil, _):
        page.goto(f"http://{origin}:{evil}")
        assert page.evaluate(ATTACK, target.attack()) == []
    assert target.content() == before


@pytest.mark.parametrize("name", ["prefect", "mlflow", "ganache"])
def test_a_name_that_was_rebound_to_this_machine_reads_and_changes_nothing(
    request: pytest.FixtureRequest, page: Any, name: str
) -> None:
    """The browser takes server and stranger for one origin: Host alone tells."""
    target = request.getfixturevalue(name)
    before = target.content()
    rebound = Target(
        target.url.replace("127.0.0.1", "evil.example"), target.reads, target.writes, target.content
    )
    assert page.goto(rebound.url).status == 403
    assert page.evaluate(ATTACK, rebound.attack()) == []
    assert target.content() == before


@pytest.mark.parametrize(
    ("name", "host", "path"),
    [
        ("prefect", "127.0.0.1", "/deployments"),
        ("prefect", "localhost", "/deployments"),
        ("mlflow", "localhost", "/#/experiments"),
    ],
)
def test_the_servers_own_pages_work(
    request: pytest.FixtureRequest, page: Any, name: str, host: str, path: str
) -> None:
    """What they show they ask by requests that change things count among: POST, with Prefect's token."""
    target = request.getfixturevalue(name)
    refused: list[str] = []
    page.on("response", lambda answer: answer.status == 403 and refused.append(answer.url))
    page.on("requestfailed", lambda asked: refused.append(asked.url))
    page.goto(target.url.replace("127.0.0.1", host) + path)
    page.get_by_text(SHOWN).first.wait_for()
    assert refused == []
