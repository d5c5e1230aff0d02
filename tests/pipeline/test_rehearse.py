"""A split model as processes of its own over a real NATS server."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import psutil
import pytest
from onnx import parser

from edgeline.artifact import Artifact, Description, open_artifact, seal
from edgeline.digest import sha256_file
from edgeline.edge.golden import check_golden, record_golden
from edgeline.edge.session import load, load_model
from edgeline.errors import EdgelineError, RecipeError, ServiceUnavailable
from edgeline.graph.file import write
from edgeline.serving.broker import connect, largest_frame
from edgeline.serving.client import Answer, ask
from edgeline.serving.rehearse import rehearse
from edgeline.serving.worker import ADDRESS
from tests.brokers import nats_server
from tests.pipeline.checkout import Project, quick

GOLDEN = Path(__file__).parents[1] / "golden" / "artifacts"
SCHEMA_1 = GOLDEN / "771327545c1f097ab87dd5930bbac0c84b61a7637eea633d4637408c18552ee4"

Start = Callable[[int], subprocess.Popen[bytes]]


LIMITS = {"batch": 3, "in_flight": 2, "timeout_s": 60.0, "start_s": 120.0}


@pytest.fixture(scope="module")
def artifact() -> Artifact:
    return open_artifact(SCHEMA_1)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with nats_server(tmp_path_factory.mktemp("nats")) as (url, _):
        yield url


def worker_of(artifact: Artifact, index: int, url: str) -> subprocess.Popen[bytes]:
    """A worker of one part, once it is ready."""
    command = [sys.executable, "-m", "edgeline.serving.worker", artifact.folder, str(index)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    worker = subprocess.Popen([*command, "--follow"], env={**os.environ, ADDRESS: url}, **pipes)
    assert worker.stdout.readline() == b"ready\n"
    return worker


@pytest.fixture
def start(artifact: Artifact, url: str) -> Iterator[Start]:
    with ExitStack() as ending:

        def start_worker(index: int) -> subprocess.Popen[bytes]:
            worker = ending.enter_context(worker_of(artifact, index, url))
            ending.callback(worker.terminate)
            return worker

        yield start_worker


def questions(count: int) -> list[dict[str, np.ndarray]]:
    generator = np.random.default_rng(0)
    shape = (2, 1, 28, 28)
    return [{"image": generator.normal(size=shape).astype(np.float32)} for _ in range(count)]


def answers_to(
    url: str, digest: str, requests: list[dict[str, np.ndarray]], timeout_s: float = 60
) -> list[Answer]:
    async def talk() -> list[Answer]:
        async with connect(url) as broker:
            return await ask(broker, digest, requests, in_flight=4, timeout_s=timeout_s)

    return asyncio.run(talk())


def test_the_parts_answer_as_the_whole(artifact: Artifact, url: str) -> None:
    images = artifact.golden()[0]["image"]
    inputs = artifact.prepare(np.tile(images, (3, 1, 1))[:10])
    report = rehearse(artifact, url, inputs, **LIMITS)
    assert (report.parts, report.requests, report.items, report.batch) == (2, 4, 10, 3)
    assert report.agreement.bit_equal
    assert report.agreement.examples == 10
    assert report.requests_per_s > 0
    assert 0 < report.round_trip_ms <= report.round_trip_p95_ms
    assert workers() == []


def test_requests_are_fitted_to_the_broker(artifact: Artifact, tmp_path: Path) -> None:
    """A digit is 784 numbers of four bytes; its frame begins with 47 bytes."""
    inputs = artifact.prepare(np.tile(artifact.golden()[0]["image"], (3, 1, 1))[:10])
    assert artifact.manifest.travelling(-1)[0].shape == ("N", 1, 28, 28)
    with nats_server(tmp_path, "max_payload: 10000\n") as (small, _):
        assert largest_frame(small) == 10_000
        report = rehearse(artifact, small, inputs, **{**LIMITS, "batch": 1000})
    assert (report.batch, report.requests, report.items) == (3, 4, 10)
    assert report.agreement.bit_equal


def test_an_item_that_the_broker_does_not_take_is_refused(
    artifact: Artifact, tmp_path: Path
) -> None:
    inputs = artifact.prepare(artifact.golden()[0]["image"])
    with (
        nats_server(tmp_path, "max_payload: 3000\n") as (small, _),
        pytest.raises(RecipeError, match=r"3,000 bytes, the broker's max payload.*more in image"),
    ):
        rehearse(artifact, small, inputs, **LIMITS)


@pytest.mark.xdist_group("line")
def test_a_run_says_before_it_trains_that_no_item_fits(copy: Project, tmp_path: Path) -> None:
    folder = tmp_path / "nats"
    folder.mkdir()
    with nats_server(folder, "max_payload: 3000\n") as (small, _):
        done = copy.edgeline("run", "digits", *quick("finetune.epochs=5"), env={"NATS_URL": small})

    assert done.returncode == 2, done.stderr
    assert (
        "an item within 3,000 bytes, the max payload of the NATS server; found 3,136" in done.stderr
    )
    assert "finetune" not in done.stderr


def workers() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    # servers of other tests that have ended are still listed, without a command line
    running = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in running if "edgeline.serving.worker" in child.cmdline()]


def test_a_changed_part_never_starts(artifact: Artifact, url: str, tmp_path: Path) -> None:
    folder = shutil.copytree(artifact.folder, tmp_path / artifact.digest)
    changed = open_artifact(folder)
    changed.part_path(1).write_bytes(b"")
    with pytest.raises(ServiceUnavailable, match=r"parts/1\.onnx: \d+ bytes; found 0"):
        rehearse(changed, url, artifact.prepare(artifact.golden()[0]["image"]), **LIMITS)
    assert workers() == []


def test_answers_come_in_the_order_of_questions(artifact: Artifact, url: str, start: Start) -> None:
    for index in (0, 0, 1, 1):
        start(index)
    requests = questions(40)
    whole = load(artifact.model_path)
    for answer, request in zip(answers_to(url, artifact.digest, requests), requests, strict=True):
        assert np.array_equal(answer.tensors["logits"], whole.logits(request["image"]))


def test_a_worker_that_is_told_to_end_loses_nothing(
    artifact: Artifact, url: str, start: Start
) -> None:
    leaving = start(0)
    start(0)
    start(1)

    async def talk() -> list[Answer]:
        async with connect(url) as broker:
            asking = asyncio.create_task(
                ask(broker, artifact.digest, questions(300), in_flight=8, timeout_s=120)
            )
            await asyncio.sleep(0.05)
            leaving.terminate()
            return await asking

    assert len(asyncio.run(talk())) == 300
    assert leaving.wait(timeout=60) == 0


def test_nobody_to_ask_is_said_at_once(artifact: Artifact, url: str) -> None:
    with pytest.raises(ServiceUnavailable, match="no worker of part 0"):
        answers_to(url, artifact.digest, questions(1), timeout_s=60)


def test_a_missing_second_part_times_out(artifact: Artifact, url: str, start: Start) -> None:
    start(0)
    with pytest.raises(ServiceUnavailable, match=r"none within 0\.3 s"):
        answers_to(url, artifact.digest, questions(1), timeout_s=0.3)


def test_a_wrong_input_is_answered_and_survived(artifact: Artifact, url: str, start: Start) -> None:
    start(0)
    start(1)
    with pytest.raises(EdgelineError, match=r"part 0: expected image float32\[N, 1, 28, 28\]"):
        answers_to(url, artifact.digest, [{"image": np.zeros((1, 1, 2, 2), np.float32)}])
    assert len(answers_to(url, artifact.digest, questions(1))) == 1


def test_garbage_is_answered_and_survived(artifact: Artifact, url: str, start: Start) -> None:
    start(0)
    start(1)

    async def talk() -> bytes:
        async with connect(url) as broker:
            return await broker.request(f"edgeline.{artifact.digest[:16]}.1", b"EDGE garbage", 60)

    assert b"part 1: expected one frame of version 1" in asyncio.run(talk())
    assert len(answers_to(url, artifact.digest, questions(1))) == 1


def test_a_request_too_large_is_not_sent(artifact: Artifact, url: str, start: Start) -> None:
    start(0)
    with pytest.raises(RecipeError, match="fewer items per request"):
        answers_to(url, artifact.digest, [{"image": np.zeros((400, 1, 28, 28), np.float32)}])


def test_a_worker_ends_with_who_started_it(start: Start) -> None:
    worker = start(1)
    worker.stdin.close()
    assert worker.wait(timeout=60) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_ends_when_told(start: Start, number: int) -> None:
    worker = start(1)
    worker.send_signal(number)
    assert worker.wait(timeout=60) == 0


def test_a_worker_ends_when_the_server_has_gone(artifact: Artifact, tmp_path: Path) -> None:
    with nats_server(tmp_path) as (url, process), worker_of(artifact, 0, url) as worker:
        process.terminate()
        assert worker.wait(timeout=60) == 5


# x goes past the first part, z past none, early past the second, a to both.
PIECES = {
    "model": "(float[N, 2] x, float[N, 2] z) => (float[N, 2] early, float[N, 1] late)"
    "{ a = Neg(x)  early = Add(a, z)  b = Mul(a, z)  c = Add(b, a)  d = Mul(c, x)"
    "  late = ReduceMax <axes = [1], keepdims = 1> (d) }",
    "parts/0": "(float[N, 2] x, float[N, 2] z) => (float[N, 2] a, float[N, 2] early, float[N, 2] b)"
    "{ a = Neg(x)  early = Add(a, z)  b = Mul(a, z) }",
    "parts/1": "(float[N, 2] a, float[N, 2] b) => (float[N, 2] c) { c = Add(b, a) }",
    "parts/2": "(float[N, 2] c, float[N, 2] x) => (float[N, 1] late)"
    "{ d = Mul(c, x)  late = ReduceMax <axes = [1], keepdims = 1> (d) }",
}


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """A model of two inputs and two outputs in three parts, without items and classes."""
    staging = tmp_path_factory.mktemp("several") / "staging"
    nets = {}
    for name, graph in PIECES.items():
        path = staging / f"{name}.onnx"
        header = '<ir_version: 8, opset_import: ["" : 13]> graph '
        write(parser.parse_model(header + graph), path)
        nets[name] = load(path).net(f"{name}.onnx")
    feed = dict(zip("xz", normal(2, 3, 2), strict=True))
    record_golden(staging, load(staging / "model.onnx"), feed)
    model, *parts = nets.values()
    source = sha256_file(staging / "model.onnx")
    description = Description("several", (), None, model, tuple(parts), source, {"model": source})
    return seal(staging, description, staging.parent / "store")


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def test_parts_pass_on_whatever_later_parts_read(several: Artifact, url: str) -> None:
    x, z = normal(2, 10, 2)
    report = rehearse(several, url, {"x": x, "z": z}, **LIMITS)
    assert report.agreement.bit_equal
    assert (report.parts, report.requests, report.items) == (3, 4, 10)
    assert check_golden(several, load_model(several)).bit_equal


def test_a_request_without_what_a_later_part_reads_is_answered_by_the_first(
    several: Artifact, url: str
) -> None:
    x, z = normal(2, 1, 2)
    with ExitStack() as ending:
        for index in range(3):
            worker = ending.enter_context(worker_of(several, index, url))
            ending.callback(worker.terminate)
        (answer,) = answers_to(url, several.digest, [{"z": z, "x": x, "unknown": x}])
        assert answer.tensors.keys() == {"early", "late"}
        with pytest.raises(EdgelineError, match="part 0: expected x float32"):
            answers_to(url, several.digest, [{"z": z}])
