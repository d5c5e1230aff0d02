"""The model as it will run: parts as processes that talk over a broker, against the uncut model."""

import asyncio
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil, prod
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from edgeline.artifact import Artifact
from edgeline.edge.agreement import Agreement, check_agreement
from edgeline.edge.session import load
from edgeline.errors import ServiceUnavailable
from edgeline.preprocess import Values
from edgeline.serving.broker import connect
from edgeline.serving.client import Answer, ask

END_S = 5
TOLERANCE = 1e-4


class Settings(Protocol):
    """The `rehearse` section of a recipe."""

    @property
    def items(self) -> int: ...
    @property
    def batch(self) -> int: ...
    @property
    def in_flight(self) -> int: ...
    @property
    def timeout_s(self) -> float: ...
    @property
    def start_s(self) -> float: ...


@dataclass(frozen=True)
class RehearsalReport:
    """How the parts did together."""

    parts: int
    requests: int
    items: int
    batch: int
    agreement: Agreement
    """With the uncut model, on the same items."""
    requests_per_s: float
    items_per_s: float
    round_trip_ms: float
    """Median, with `in_flight` requests under way, so it includes waiting."""
    round_trip_p95_ms: float
    wire_bytes: tuple[int, ...]
    """Values that pass between two parts for one full request."""

    @property
    def figure(self) -> str:
        """A few words for a progress line."""
        return (
            f"{self.requests_per_s:.0f} requests/s, {self.round_trip_ms:.1f} ms, {self.items} items"
        )


def rehearse(
    artifact: Artifact, nats_url: str, values: Values, settings: Settings
) -> RehearsalReport:
    """Sends items through one worker per part; the workers end with this call, however it ends.

    Raises:
        ServiceUnavailable: no broker, a worker that does not start, or no answer in time.
        EdgelineError: the parts answer otherwise than the whole.
    """
    inputs = artifact.preprocessing(values[: settings.items])
    batches = np.array_split(inputs, ceil(len(inputs) / settings.batch))
    with _workers(artifact, nats_url, settings.start_s):
        answers, seconds = asyncio.run(_send(artifact, nats_url, batches, settings))
    name = artifact.manifest.parts[-1].outputs[0].name
    measured = check_agreement(
        load(artifact.model_path).run({artifact.manifest.model.inputs[0].name: inputs}),
        {name: np.concatenate([answer.tensors[name] for answer in answers])},
        tolerance=TOLERANCE,
        what="answers of the parts",
        whose="the uncut model's",
        remedy="run the split step again",
    )
    trips = [answer.round_trip_ms for answer in answers]
    return RehearsalReport(
        parts=len(artifact.manifest.parts),
        requests=len(batches),
        items=len(inputs),
        batch=settings.batch,
        agreement=measured,
        requests_per_s=len(batches) / seconds,
        items_per_s=len(inputs) / seconds,
        round_trip_ms=float(np.median(trips)),
        round_trip_p95_ms=float(np.percentile(trips, 95)),
        wire_bytes=_wire_bytes(artifact, settings.batch),
    )


async def _send(
    artifact: Artifact, url: str, batches: Sequence[NDArray[np.float32]], settings: Settings
) -> tuple[list[Answer], float]:
    """The answers, and the seconds that all of them took."""
    name = artifact.manifest.parts[0].inputs[0].name
    requests = [{name: batch} for batch in batches]
    limits: dict[str, Any] = {"in_flight": settings.in_flight, "timeout_s": settings.timeout_s}
    async with connect(url) as broker:
        # The first request allocates memory in every worker; it is not what is to be measured.
        await ask(broker, artifact.digest, requests[:1], **limits)
        start = time.perf_counter()
        answers = await ask(broker, artifact.digest, requests, **limits)
        return answers, time.perf_counter() - start


@contextmanager
def _workers(artifact: Artifact, url: str, start_s: float) -> Iterator[None]:
    """One process per part, all of them ready; ended, if need be by force, on the way out."""
    workers: list[subprocess.Popen[bytes]] = []
    try:
        for index in range(len(artifact.manifest.parts)):
            command = [
                sys.executable,
                "-m",
                "edgeline.serving.worker",
                str(artifact.folder),
                str(index),
            ]
            pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
            workers.append(subprocess.Popen([*command, url, "--follow"], **pipes))
        deadline = time.monotonic() + start_s
        for index, worker in enumerate(workers):
            _wait_until_ready(worker, index, deadline)
        yield
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            _end(worker)


def _wait_until_ready(worker: subprocess.Popen[bytes], index: int, deadline: float) -> None:
    assert worker.stdout is not None
    assert worker.stderr is not None
    with selectors.DefaultSelector() as selector:
        selector.register(worker.stdout, selectors.EVENT_READ)
        spoke = selector.select(max(0.0, deadline - time.monotonic()))
    if spoke and worker.stdout.readline().strip() == b"ready":
        return
    worker.terminate()
    said = worker.stderr.read().decode(errors="replace").strip() if spoke else "silence"
    raise ServiceUnavailable(
        expected=f"a worker for part {index} that is ready in time",
        found=said.splitlines()[-1] if said else "one that ended",
        remedy="run `python -m edgeline.serving.worker` by hand to see why",
    )


def _end(worker: subprocess.Popen[bytes]) -> None:
    try:
        worker.communicate(timeout=END_S)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.communicate()


def _wire_bytes(artifact: Artifact, batch: int) -> tuple[int, ...]:
    between = [part.outputs[0] for part in artifact.manifest.parts[:-1]]
    values = [prod(side for side in spec.shape if isinstance(side, int)) for spec in between]
    sizes = [np.dtype(spec.dtype).itemsize for spec in between]
    return tuple(batch * n * size for n, size in zip(values, sizes, strict=True))
