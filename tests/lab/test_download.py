"""A file from a publisher, over a real connection to this machine."""

import hashlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from edgeline.errors import EnvironmentUnfit, RecipeError, Tampered
from edgeline.recipe.data import Data
from edgeline.sources import download

CONTENT = b"a published file" * 10_000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def publisher():
    """Its address, and the paths that were asked for."""
    asked = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            found = self.path.startswith("/set.npz")
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(CONTENT)) if found else "0")
            self.end_headers()
            self.wfile.write(CONTENT if found else b"")

        def log_message(self, *words):
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def fetched(root, url, digest=DIGEST, on_item=lambda done, total: None):
    return download.download_file(Data(source="medmnist", url=url, digest=digest), root, on_item)


def test_a_file_is_fetched_once_and_kept_in_the_state_folder(tmp_path, publisher):
    address, asked = publisher
    told = []

    for _ in range(2):
        path = fetched(
            tmp_path, f"{address}/set.npz?download=1", on_item=lambda *done: told.append(done)
        )

    assert path.read_bytes() == CONTENT
    assert path == tmp_path / ".edgeline" / "downloads" / f"{DIGEST}-set.npz"
    assert asked == ["/set.npz?download=1"]
    assert told[-1] == (len(CONTENT), len(CONTENT))


def test_an_md5_does_where_the_publisher_states_no_other(tmp_path, publisher):
    digest = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()

    assert fetched(tmp_path, f"{publisher[0]}/set.npz", f"md5:{digest}").read_bytes() == CONTENT


def test_another_file_is_refused_and_not_kept(tmp_path, publisher):
    with pytest.raises(Tampered, match="found a file with another digest"):
        fetched(tmp_path, f"{publisher[0]}/set.npz", "0" * 64)

    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_kept_file_that_was_changed_is_fetched_again(tmp_path, publisher):
    address, asked = publisher
    fetched(tmp_path, f"{address}/set.npz").write_bytes(b"changed")

    assert fetched(tmp_path, f"{address}/set.npz").read_bytes() == CONTENT
    assert len(asked) == 2


def test_an_answer_without_a_file_is_told_with_its_number(tmp_path, publisher):
    with pytest.raises(EnvironmentUnfit, match="found the answer 404 Not Found") as refused:
        fetched(tmp_path, f"{publisher[0]}/gone.npz")

    assert refused.value.exit_code == 5


def test_without_a_network_the_file_can_be_brought_by_hand(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/set.npz"

        with pytest.raises(
            EnvironmentUnfit, match=r"found no answer.*-p data\.path=FILE"
        ) as refused:
            fetched(tmp_path, url)

    assert "\n" not in str(refused.value)


def test_a_file_too_large_is_ended(tmp_path, publisher, monkeypatch):
    monkeypatch.setattr(download, "MAX_BYTES", 1000)

    with pytest.raises(RecipeError, match="at most 1,000 bytes"):
        fetched(tmp_path, f"{publisher[0]}/set.npz")

    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "url", ["", "file:///etc/passwd", "ftp://host/set.npz", "set.npz", "https:"]
)
def test_an_address_of_another_kind_is_refused(tmp_path, url):
    with pytest.raises(RecipeError, match="an address in data.url"):
        fetched(tmp_path, url)


def test_a_file_nobody_vouches_for_is_not_fetched(tmp_path):
    with pytest.raises(RecipeError, match=r"data\.digest"):
        fetched(tmp_path, "https://host/set.npz", digest="")


def test_nothing_is_written_outside_the_project(tmp_path, publisher, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))

    path = fetched(tmp_path / "project", f"{publisher[0]}/set.npz")

    assert Path(path).is_relative_to(tmp_path / "project")
    assert list(home.iterdir()) == []
