"""Sends requests to a model that is spread over workers: in at the first part, out at the last."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from edgeline.errors import EdgelineError
from edgeline.serving.broker import Broker
from edgeline.serving.frame import Failure, Message, decode, encode_within
from edgeline.serving.worker import subject


@dataclass(frozen=True)
class Answer:
    """What came back for one request."""

    tensors: Mapping[str, NDArray[Any]]
    round_trip_ms: float


async def ask(
    broker: Broker,
    digest: str,
    requests: Sequence[Mapping[str, NDArray[Any]]],
    *,
    in_flight: int,
    timeout_s: float,
) -> list[Answer]:
    """An answer per request, in order, with at most `in_flight` of them under way.

    Raises:
        ServiceUnavailable: no worker, or no answer in time.
        EdgelineError: a part could not do its work.
    """
    room = asyncio.Semaphore(in_flight)

    async def one(index: int, tensors: Mapping[str, NDArray[Any]]) -> Answer:
        async with room:
            start = time.perf_counter()
            frame = encode_within(broker.max_bytes, Message(index.to_bytes(16), tensors))
            message = decode(await broker.request(subject(digest, 0), frame, timeout_s))
            if isinstance(message, Failure):
                raise EdgelineError(
                    expected="an answer",
                    found=message.reason,
                    remedy="run the model unsplit to see whether it is the part or the input",
                )
            return Answer(message.tensors, (time.perf_counter() - start) * 1000)

    tasks = [asyncio.create_task(one(index, tensors)) for index, tensors in enumerate(requests)]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
