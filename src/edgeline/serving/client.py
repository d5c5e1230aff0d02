"""Sends requests to a model that is spread over workers: in at the first part, out at the last."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from edgeline.errors import EdgelineError, ServiceUnavailable
from edgeline.serving.broker import Broker
from edgeline.serving.frame import Message, decode, encode_within
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
    inbox, waiting = broker.new_inbox(), dict[bytes, asyncio.Future[Message]]()

    async def receive(frame: bytes, _: str) -> None:
        _deliver(waiting, frame)

    await broker.subscribe(inbox, receive)
    room = asyncio.Semaphore(in_flight)

    async def one(index: int, tensors: Mapping[str, NDArray[Any]]) -> Answer:
        request = index.to_bytes(16)
        async with room:
            waiting[request] = asyncio.get_running_loop().create_future()
            start = time.perf_counter()
            frame = encode_within(broker.max_bytes, Message(request, tensors))
            await broker.publish(subject(digest, 0), frame, reply=inbox)
            try:
                message = await asyncio.wait_for(waiting[request], timeout_s)
            except TimeoutError as error:
                raise _unanswered(f"none within {timeout_s:g} s") from error
            finally:
                del waiting[request]
            return Answer(message.tensors, (time.perf_counter() - start) * 1000)

    tasks = [asyncio.create_task(one(index, tensors)) for index, tensors in enumerate(requests)]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()


def _deliver(waiting: dict[bytes, asyncio.Future[Message]], frame: bytes) -> None:
    """Gives an answer to the request that waits for it; a late answer is dropped."""
    if not frame:
        # How the server says that nobody listens; it does not say for which request.
        for unanswered in waiting.values():
            _fail(unanswered, _unanswered("no worker of part 0"))
        return
    message = decode(frame)
    future = waiting.get(message.request)
    if isinstance(message, Message):
        if future and not future.done():
            future.set_result(message)
    elif future:
        remedy = "run the model unsplit to see whether it is the part or the input"
        _fail(future, EdgelineError(expected="an answer", found=message.reason, remedy=remedy))


def _fail(future: asyncio.Future[Message], error: EdgelineError) -> None:
    if not future.done():
        future.set_exception(error)


def _unanswered(found: str) -> ServiceUnavailable:
    return ServiceUnavailable(
        expected="an answer from the workers of this model",
        found=found,
        remedy="see that a worker runs for every part",
    )
