"""Servers that are no honest nodes."""

import json
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[bytes], tuple[int, dict[str, str], bytes]]


@contextmanager
def stranger(answer: Answer) -> Iterator[str]:
    """A web server that gives these answers to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, headers, body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def lying(url: str, lies: dict[str, Any], silent: str = "") -> Iterator[str]:
    """A node that tells the truth of another one, but for these methods; the `silent` one it does not hear of."""

    def one(question: dict[str, Any], truth: dict[str, Any]) -> dict[str, Any]:
        method = question["method"]
        return {"id": truth["id"], "result": lies[method]} if method in lies else truth

    def answer(body: bytes) -> tuple[int, dict[str, str], bytes]:
        passed = body.replace(silent.encode(), b"eth_chainId") if silent else body
        request = urllib.request.Request(url, passed, {"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=30) as response:
            truth = json.load(response)
        asked = json.loads(body)
        if isinstance(asked, list):
            by_id = {each["id"]: each for each in truth}
            told: Any = [one(question, by_id[question["id"]]) for question in asked]
        else:
            told = one(asked, truth)
        return 200, {}, json.dumps(told).encode()

    with stranger(answer) as address:
        yield address


@contextmanager
def dripping(first: bytes, again: bytes | None, pause_s: float = 0.05) -> Iterator[str]:
    """A server that begins to answer, and then says the same again and again; with None it hangs up."""
    over = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection:
            connection.recv(65536)
            try:
                connection.sendall(first)
                while again is not None and not over.is_set():
                    connection.sendall(again)
                    over.wait(pause_s)
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)

        def accept() -> None:
            while not over.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            over.set()
            thread.join()
