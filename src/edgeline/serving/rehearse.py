"""The model as it will run: parts as processes that talk over a broker, against the uncut model."""

import asyncio
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np

from edgeline.artifact import Artifact
from edgeline.edge.agreement import Agreement, check_agreement
from edgeline.edge.session import Tensors, load_model
from edgeline.errors import RecipeError, ServiceUnavailable
from edgeline.manifest import Manifest
from edgeline.serving.broker import connect, largest_frame
from edgeline.serving.client import Answer, ask
from edgeline.serving.frame import items_within
from edgeline.serving.worker import ADDRESS

TOLERANCE = 1e-4


@dataclass(frozen=True)
class RehearsalReport:
    """How the parts did together."""

    parts: int
    requests: int
    items: int
    batch: int
    """The most examples in a request."""
    agreement: Agreement
    """With the uncut model, on the same items."""
    requests_per_s: float
    round_trip_ms: float
    """Median, with `in_flight` requests under way, so it includes waiting."""
    round_trip_p95_ms: float

    @property
    def figure(self) -> str:
        """A few words for a progress line."""
        return (
            f"{self.requests_per_s:.0f} requests/s, {self.round_trip_ms:.1f} ms, {self.items} items"
        )


def rehearse(
    artifact: Artifact,
    nats_url: str,
    inputs: Tensors,
    *,
    batch: int,
    in_flight: int,
    timeout_s: float,
    start_s: float,
) -> RehearsalReport:
    """Sends examples through one worker per part; the workers end with this call, however it ends.

    `inputs` holds the model's inputs by name, `batch` examples of which go into a request, or as
    many as the broker takes in one, with `in_flight` requests under way. An answer must come within
    `timeout_s`; the workers must be ready within `start_s`.

    Raises:
        ServiceUnavailable: no broker, a worker that does not start, or no answer in time.
        RecipeError: the broker takes not even the tensors of one example.
        EdgelineError: the parts answer otherwise than the whole.
    """
    items = len(next(iter(inputs.values())))
    batch = min(batch, _most_per_request(artifact.manifest, largest_frame(nats_url)))
    cuts = {name: np.array_split(array, ceil(items / batch)) for name, array in inputs.items()}
    requests = [dict(zip(cuts, pieces, strict=True)) for pieces in zip(*cuts.values(), strict=True)]
    with _workers(artifact, nats_url, start_s):
        answers, seconds = asyncio.run(_send(artifact, nats_url, requests, in_flight, timeout_s))
    measured = check_agreement(
        load_model(artifact).run(inputs),
        _joined(answers),
        tolerance=TOLERANCE,
        what="answers of the parts",
        whose="the uncut model's",
        remedy="run the split step again",
        classes=bool(artifact.manifest.classes),
    )
    trips = [answer.round_trip_ms for answer in answers]
    return RehearsalReport(
        parts=len(artifact.manifest.parts),
        requests=len(requests),
        items=items,
        batch=batch,
        agreement=measured,
        requests_per_s=len(requests) / seconds,
        round_trip_ms=float(np.median(trips)),
        round_trip_p95_ms=float(np.percentile(trips, 95)),
    )


def _joined(answers: list[Answer]) -> Tensors:
    """The outputs of all requests behind one another, by name."""
    names = answers[0].tensors
    return {name: np.concatenate([answer.tensors[name] for answer in answers]) for name in names}


def _most_per_request(manifest: Manifest, limit: int) -> int:
    """How many examples may go through all parts together, where the broker takes `limit` bytes in a message."""
    hops = {at: manifest.travelling(at) for at in range(-1, len(manifest.parts))}
    fits = {at: items_within(limit, specs) for at, specs in hops.items()}
    narrowest = min(fits, key=lambda at: fits[at])
    if fits[narrowest]:
        return fits[narrowest]
    names = ", ".join(spec.name for spec in hops[narrowest])
    raise RecipeError(
        expected=f"tensors of one example within {limit:,} bytes, the broker's max payload",
        found=f"more in {names}",
        remedy="raise max_payload of the NATS server, or make data.image_size smaller",
    )


async def _send(
    artifact: Artifact, url: str, requests: Sequence[Tensors], in_flight: int, timeout_s: float
) -> tuple[list[Answer], float]:
    """The answers, and the seconds that all of them took."""
    limits: dict[str, Any] = {"in_flight": in_flight, "timeout_s": timeout_s}
    async with connect(url) as broker:
        # The first request allocates memory in every worker; it is not what is to be measured.
        await ask(broker, artifact.digest, requests[:1], **limits)
        start = time.perf_counter()
        answers = await ask(broker, artifact.digest, requests, **limits)
        return answers, time.perf_counter() - start


@contextmanager
def _workers(artifact: Artifact, url: str, start_s: float) -> Iterator[None]:
    """One process per part, all of them ready; they hold nothing, and are killed on the way out."""
    workers: list[subprocess.Popen[bytes]] = []
    program = [sys.executable, "-m", "edgeline.serving.worker", str(artifact.folder)]
    try:
        for index in range(len(artifact.manifest.parts)):
            pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
            command = [*program, str(index), "--follow"]
            workers.append(subprocess.Popen(command, env={**os.environ, ADDRESS: url}, **pipes))
        deadline = time.monotonic() + start_s
        for index, worker in enumerate(workers):
            _wait_until_ready(worker, index, deadline)
        yield
    finally:
        for worker in workers:
            worker.kill()
        for worker in workers:
            worker.communicate()


def _wait_until_ready(worker: subprocess.Popen[bytes], index: int, deadline: float) -> None:
    assert worker.stdout is not None
    assert worker.stderr is not None
    with selectors.DefaultSelector() as selector:
        selector.register(worker.stdout, selectors.EVENT_READ)
        spoke = selector.select(max(0.0, deadline - time.monotonic()))
    if spoke and worker.stdout.readline().strip() == b"ready":
        return
    worker.kill()
    log = worker.stderr.read().decode(errors="replace").strip() if spoke else "silence"
    raise ServiceUnavailable(
        expected=f"a worker for part {index} that is ready in time",
        found=log.splitlines()[-1] if log else "one that ended",
        remedy="run `python -m edgeline.serving.worker` by hand to see why",
    )
