"""The remotes that are documented, each a real server on this machine.

Takes a minute: every revision is made by DVC's stages and every transfer is a process of its own.
"""

import asyncio
import shutil
import signal
import socket
import threading
import urllib.request
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import asyncssh
import pytest
from moto.server import ThreadedMotoServer

from edgeline import revisions
from edgeline.datasets import card
from edgeline.errors import EnvironmentUnfit, ServiceUnavailable, Tampered
from edgeline.revisions import remote as remotes

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def flowers(made, tmp_path):
    """A copy of the project with its data and its remote, for one test to spoil."""
    return type(made)(shutil.copytree(made.root, tmp_path / "un projet à part"))


@pytest.fixture
def s3(monkeypatch):
    """A server that speaks S3, with an empty bucket; gives its address."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    urllib.request.urlopen(urllib.request.Request(f"{address}/flowers", method="PUT")).close()
    yield address
    server.stop()


@pytest.fixture
def ssh(tmp_path, monkeypatch):
    """A server that speaks SFTP and knows one key; gives its port, and the folder with the key."""
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    mine, theirs = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    mine.write_private_key(home / "key")
    mine.write_public_key(home / "known")
    known = home / ".ssh" / "known_hosts"
    port, told, over = 0, threading.Event(), threading.Event()

    async def serve():
        nonlocal port
        async with asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[theirs],
            authorized_client_keys=str(home / "known"),
            sftp_factory=True,
        ) as server:
            port = server.get_port()
            told.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    assert told.wait(30)
    known.write_text(f"[127.0.0.1]:{port} {theirs.export_public_key().decode()}")
    monkeypatch.setenv("HOME", str(home))
    yield port, home
    over.set()
    thread.join()


def forget(flowers):
    """As on another machine that has the project, its remote, and nothing else."""
    shutil.rmtree(flowers.root / ".dvc" / "cache")
    shutil.rmtree(flowers.root / ".edgeline" / "revisions")
    for path in flowers.folder.iterdir():
        if path.name != "settings.yaml":
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def there_and_back(flowers):
    """Two revisions go to the remote by runs, and come back to where nothing is known of them."""
    first, second = flowers.ensure(1), flowers.ensure(2, devices=2)
    assert (first.unsent, second.unsent) == ("", "")
    forget(flowers)

    pulled = revisions.pull(flowers.root, "plants")
    assert set(pulled.revisions) == {first.digest, second.digest}
    assert pulled.lacking == []
    assert pulled.objects > 10

    restored = flowers.edgeline("data", "restore", "plants", second.digest[:8])
    assert second.digest[:12] in restored.stdout
    assert card.check(flowers.folder).digest == second.digest


def test_a_folder_is_the_remote_by_default(flowers):
    there_and_back(flowers)

    assert (flowers.remote / "files" / "md5").is_dir()


def test_s3_by_the_users_configuration(flowers, s3):
    flowers.configure("remote", "add", "-d", "store", "s3://flowers/of/edgeline")
    flowers.configure("remote", "modify", "--local", "store", "endpointurl", s3)

    there_and_back(flowers)

    with urllib.request.urlopen(f"{s3}/flowers?list-type=2") as answer:
        keys = [key.text for key in ElementTree.parse(answer).iter() if key.tag.endswith("}Key")]
    kinds = Counter(key.removeprefix("of/edgeline/").partition("/")[0] for key in keys)
    assert set(kinds) == {"files", "edgeline"}
    assert kinds["edgeline"] == 2
    assert kinds["files"] > 10


def test_ssh_by_the_users_configuration(flowers, ssh, tmp_path):
    port, home = ssh
    flowers.configure("remote", "add", "-d", "lab", f"ssh://127.0.0.1:{port}{tmp_path}/far/away")
    flowers.configure("remote", "modify", "--local", "lab", "keyfile", str(home / "key"))

    there_and_back(flowers)

    assert list((tmp_path / "far" / "away" / "edgeline" / "revisions" / "plants").glob("*.json"))


def test_without_a_remote_a_run_says_nothing(flowers):
    flowers.configure("config", "--unset", "core.remote")

    assert flowers.ensure(1, devices=2).unsent == ""
    with pytest.raises(EnvironmentUnfit, match="dvc remote add -d NAME URL"):
        revisions.push(flowers.root, "plants")


def test_a_remote_that_is_away_fails_no_run(flowers, s3):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        flowers.configure("remote", "add", "-d", "store", "s3://flowers/of/edgeline")
        closed = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        flowers.configure("remote", "modify", "--local", "store", "endpointurl", closed)

        second = flowers.ensure(1, devices=2)

    assert second.unsent.startswith("plants is not on the remote store yet: ")
    assert second.unsent.endswith("; the next run sends it")
    assert "\n" not in second.unsent
    with pytest.raises(ServiceUnavailable):
        revisions.push(flowers.root, "plants")

    flowers.configure("remote", "modify", "--local", "store", "endpointurl", s3)
    assert flowers.ensure(2, devices=2).unsent == ""
    assert second.digest in revisions.pull(flowers.root, "plants").revisions


def test_a_remote_that_never_answers_is_given_up(flowers, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr(remotes, "REACH_S", 3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        flowers.configure("remote", "add", "-d", "store", "s3://flowers/of/edgeline")
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        flowers.configure("remote", "modify", "--local", "store", "endpointurl", address)

        assert "no answer within 3 s" in flowers.ensure(1).unsent


@pytest.mark.parametrize("command", ["push", "pull", "restore", "diff"])
def test_an_interruption_is_one_line_and_leaves_nothing_at_work(flowers, monkeypatch, command):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    unknown = {"restore": ["0123"], "diff": ["0123", "4567"]}.get(command, [])
    with socket.create_server(("127.0.0.1", 0)) as silent:
        flowers.configure("remote", "add", "-d", "store", "s3://flowers/of/edgeline")
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        flowers.configure("remote", "modify", "--local", "store", "endpointurl", address)

        with flowers.killed_when("data", command, "plants", *unknown) as process:
            connection, _ = silent.accept()
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=120)[1].decode()
        with connection:
            while connection.recv(4096):
                pass  # until whoever had it open is no more

    assert process.returncode == 130
    assert said.count("\n") == 1
    assert "plants to reach its end; found an interruption; the same command goes on" in said


def test_what_a_killed_transfer_left_is_sent_again(flowers):
    first = flowers.ensure()
    objects = sorted(
        (flowers.remote / "files" / "md5").glob("??/*"), key=lambda path: path.stat().st_size
    )
    objects[-1].chmod(0o644)
    objects[-1].write_bytes(objects[-1].read_bytes()[:100])
    objects[0].unlink()

    assert revisions.push(flowers.root, "plants").objects == 2

    forget(flowers)
    flowers.edgeline("data", "restore", "plants", first.digest)
    assert card.check(flowers.folder).digest == first.digest


def test_nothing_damaged_is_sent(flowers):
    flowers.ensure()
    shutil.rmtree(flowers.remote)
    damaged = next(path for path in flowers.cache.glob("??/*") if path.suffix != ".dir")
    damaged.chmod(0o644)
    damaged.write_bytes(b"something else")

    with pytest.raises(Tampered, match=damaged.name):
        revisions.push(flowers.root, "plants")


def test_a_damaged_remote_changes_nothing_here(flowers):
    first, second = flowers.ensure(1), flowers.ensure(2, devices=2)
    shutil.rmtree(flowers.root / ".dvc" / "cache")
    for path in (flowers.remote / "files" / "md5").glob("??/*"):
        path.chmod(0o644)
        path.write_bytes(b"x" + path.read_bytes()[1:])
    before = {path: path.read_bytes() for path in flowers.folder.rglob("*") if path.is_file()}

    with pytest.raises(Tampered):
        revisions.restore(flowers.root, "plants", first.digest, NOW)

    after = {path: path.read_bytes() for path in flowers.folder.rglob("*") if path.is_file()}
    assert (before, flowers.ensure(3, devices=2).digest) == (after, second.digest)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"path": "data/plants/raw.npz"', '"path": "data/plants/../../raw.npz"'),
        ('"path": "data/plants/raw.npz"', '"path": "/tmp/raw.npz"'),
        ('"path": "data/plants/raw.npz"', '"path": "data/herbs/raw.npz"'),
        ('"md5": "', '"md5": "../'),
        ('"name": "plants"', '"name": "herbs"'),
        ('"format": "edgeline', '"format": "another'),
        ("{", "["),
    ],
)
def test_a_record_that_a_stranger_wrote_is_refused(flowers, old, new):
    (record,) = (flowers.remote / "edgeline" / "revisions" / "plants").glob("*.json")
    assert old in record.read_text()
    record.write_text(record.read_text().replace(old, new))
    forget(flowers)

    with pytest.raises(Tampered, match=f"the record of revision {record.stem[:12]}"):
        revisions.pull(flowers.root, "plants")

    assert not Path("/tmp/raw.npz").exists()
