"""Killed at any moment, the same command finishes a run, and nothing is there twice.

Takes half a minute: five runs are processes, since only a process can be killed. That a step is
whole or not done at any moment of it is shown by test_step_kills.py.
"""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from prefect import get_client
from prefect.client.schemas.objects import StateType

from edgeline.artifact import open_artifact
from edgeline.stack import process_info, services
from edgeline.workspace import Workspace
from tests.pipeline.checkout import quick

# A run is ended soon after the step named: in the training of the next, between two rounds,
# while workers of the parts start, among anchors.
ENDED = {
    "pretrained": signal.SIGINT,
    "round": signal.SIGKILL,
    "seal": signal.SIGKILL,
    "gate": signal.SIGKILL,
}

# The gate asks in every run; and of several rounds, only those that were closed are found again.
NEVER_REUSED = {"round", "gate"}


def test_killed_and_interrupted_it_finishes_once(fresh_project, monkeypatch):
    done = set()
    for step, number in ENDED.items():
        code, said = fresh_project.ended_after(step, number)
        assert code == (130 if number == signal.SIGINT else -number), said
        assert "Traceback" not in said
        assert ("an interruption" in said) == (number == signal.SIGINT)
        repeated = {name for name in done if f"✓ {name} " in said}
        assert not repeated, said
        done |= {step} - NEVER_REUSED

    summary = fresh_project.run()

    assert all(summary["steps"][name]["reused"] for name in done)
    entries = fresh_project.ask("audit", "log")["entries"]
    statements = [entry["statement"] for entry in entries]
    assert len(statements) == len(set(statements))
    assert [entry["subject"] for entry in entries if entry["kind"] == "artifact"] == [
        summary["artifact"]["digest"]
    ]
    client = fresh_project.tracked(monkeypatch)
    assert len(client.search_model_versions("name='digits'")) == 1
    experiment = client.get_experiment_by_name("digits").experiment_id
    assert not client.search_runs([experiment], "attributes.status = 'RUNNING'")
    assert fresh_project.edgeline("verify", summary["artifact"]["path"]).returncode == 0
    assert fresh_project.prefect_runs("RUNNING") == []

    prefects_end_in_mid_run_is_told_within_ten_seconds(fresh_project)


def prefects_end_in_mid_run_is_told_within_ten_seconds(project):
    """Of a server that the run started itself: it is its child, and stays as one until it is asked for."""
    services.stop_all(project.root, ["prefect"])
    with project.process("run", "digits", *quick("finetune.epochs=200")) as process:
        for line in process.stderr:
            if " pretrained " in line:
                break
        server = services.running(project.root)["prefect"]
        for one in process_info.tree(server):
            one.kill()
        killed = time.monotonic()
        said = process.communicate(timeout=60)[1]

    assert time.monotonic() - killed < 10
    assert process.returncode == 5, said
    last = said.splitlines()[-1]
    assert last.startswith("edgeline: expected prefect to run until the end; found it ended")
    assert "the same command starts it again and goes on" in last
    assert "Traceback" not in said
    assert project.run("rehearse.items=60")["steps"]["pretrained"]["reused"]
    assert project.prefect_runs("RUNNING") == []


@contextmanager
def forwarded(address: str) -> Iterator[tuple[str, Callable[[], None]]]:
    """Another address of a server, and what ends it there."""
    parts, held = urlsplit(address), []

    def pass_on(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(2**16):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def serve() -> None:
        with suppress(OSError):
            while True:
                near = listener.accept()[0]
                far = socket.create_connection((parts.hostname, parts.port))
                held.extend((near, far))
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=pass_on, args=pair, daemon=True).start()

    def end() -> None:
        for one in (listener, *held):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield parts._replace(netloc=f"127.0.0.1:{listener.getsockname()[1]}").geturl(), end
        end()


@pytest.mark.xdist_group("line")
def test_the_end_of_a_service_that_the_user_gives_is_told_in_mid_run(copy):
    """Its clients would try again for minutes."""
    with forwarded(copy.addresses["PREFECT_API_URL"]) as (address, end):
        elsewhere = replace(copy, addresses={**copy.addresses, "PREFECT_API_URL": address})
        with elsewhere.process("run", "digits", *quick("finetune.epochs=200")) as process:
            for line in process.stderr:
                if " pretrained " in line:
                    break
            end()
            said = process.communicate(timeout=120)[1]

    assert process.returncode == 5, said
    last = said.splitlines()[-1]
    assert f"{address.removesuffix('/api')}, as PREFECT_API_URL says; found" in last
    assert "the same command goes on" in last
    assert "Traceback" not in said
    (left,) = (copy.root / ".edgeline" / "open").iterdir()
    assert copy.run()["steps"]["pretrained"]["reused"]
    assert not left.exists()
    with copy.entered(), get_client(sync_client=True) as client:
        assert client.read_flow_run(left.name).state.type == StateType.CRASHED


LIBRARY = """
import signal
from edgeline.cli.console import interruptible
from edgeline.errors import Interrupted

try:
    with interruptible("the run"):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt as error:
            raise OSError("database is locked") from error
except Interrupted as error:
    print(error.exit_code)
"""


def test_an_interruption_is_one_also_where_a_library_calls_it_otherwise():
    done = subprocess.run(
        [sys.executable, "-c", LIBRARY], capture_output=True, text=True, check=True
    )

    assert done.stdout == "130\n"


@pytest.mark.xdist_group("line")
def test_chain_with_public_keys_is_left_and_a_moved_project_noticed(chainless, built):
    home = Workspace(chainless.root)
    home.chain_key.unlink()
    home.chain_database.mkdir()
    former = home.deployment().read_text()
    done = chainless.edgeline("run", "digits", *quick(), "--json")
    assert done.returncode == 0, done.stderr
    again, told = json.loads(done.stdout), " ".join(done.stderr.split())
    assert "everybody knows the key of its account" in told
    assert again["anchor"]["contract"] not in former
    (aside,) = home.state.glob("chain-until-*")
    assert (aside / "local.json").read_text() == former
    assert not again["steps"]["anchor"]["reused"]
    assert again["steps"]["finetune"]["reused"]
    assert chainless.edgeline("verify", again["artifact"]["path"]).returncode == 0

    services.stop_all(chainless.root)
    moved = replace(chainless, root=chainless.root.rename(chainless.root.with_name("ailleurs")))
    try:
        there = moved.run("rehearse.items=60")
    finally:
        services.stop_all(moved.root)
    assert there["steps"]["finetune"]["reused"]
    assert there["artifact"]["digest"] == built["artifact"]["digest"]
    assert (
        open_artifact(moved.root / there["artifact"]["path"]).digest == there["artifact"]["digest"]
    )
