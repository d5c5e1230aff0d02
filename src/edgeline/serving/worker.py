"""A worker that runs one part: `python -m edgeline.serving.worker FOLDER INDEX NATS_URL`.

It verifies its part before it loads it, subscribes, prints "ready", and passes each result to the
next part; the last part answers whoever asked. Workers of the same part share the requests, so a
second one is load balancing. SIGTERM ends it after the requests in hand; with `--follow` also the
end of standard input does, which comes when the process that started it is gone.
"""

import asyncio
import signal
import sys
from pathlib import Path

from edgeline.artifact import open_part, read_manifest
from edgeline.edge.session import Session, load
from edgeline.errors import EdgelineError, RecipeError, ServiceUnavailable
from edgeline.serving.broker import connect
from edgeline.serving.frame import Failure, Tensors, decode, encode, request_of

GROUP = "parts"
USAGE = "python -m edgeline.serving.worker FOLDER INDEX NATS_URL [--follow]"


def subject(digest: str, index: int) -> str:
    """Where part `index` of an artifact listens; different models can never be mixed."""
    return f"edgeline.{digest[:16]}.{index}"


async def serve(folder: Path, index: int, url: str, *, follow: bool = False) -> None:
    """Runs the part until it is told to end.

    Raises:
        ServiceUnavailable: the server is not there, or went away.
    """
    session = load(open_part(folder, index))
    last = index + 1 == len(read_manifest(folder).parts)
    ended = _end_signals(follow)
    async with connect(url) as broker:

        async def handle(frame: bytes, reply: str) -> None:
            # In a thread, so that the connection stays alive during a long computation.
            answer, good = await asyncio.to_thread(_answer, session, frame, index, broker.max_bytes)
            onward = subject(folder.name, index + 1) if good and not last else reply
            await broker.publish(onward, answer, reply=reply if onward != reply else "")

        await broker.subscribe(subject(folder.name, index), handle, group=GROUP)
        print("ready", flush=True)  # noqa: T201  whoever started this process waits for it
        waits = [asyncio.create_task(event.wait()) for event in (ended, broker.closed)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        if broker.closed.is_set():
            raise ServiceUnavailable(
                expected=f"a connection to {url}", found="closed", remedy="start this worker again"
            )


def _end_signals(follow: bool) -> asyncio.Event:
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    if follow:
        # Nothing is ever written there: it becomes readable when the other end is closed.
        loop.add_reader(sys.stdin.fileno(), ended.set)
    return ended


def _answer(session: Session, frame: bytes, index: int, limit: int) -> tuple[bytes, bool]:
    """The frame to send on, and whether it is a result; else it tells who asked what went wrong."""
    try:
        message = decode(frame)
        if isinstance(message, Failure):
            return frame, False
        answer = encode(Tensors(message.request, session.run(message.tensors)))
        if len(answer) > limit:
            raise RecipeError(
                expected=f"results of at most {limit} bytes",
                found=f"{len(answer)}",
                remedy="send fewer items per request (rehearse.batch)",
            )
        return answer, True
    except EdgelineError as error:
        return encode(Failure(request_of(frame), f"part {index}: {error}")), False


def main(arguments: list[str]) -> int:
    """Runs the part named on the command line; the exit code is that of the error, if any."""
    try:
        match arguments:
            case [folder, index, url, *options] if index.isdecimal() and set(options) <= {
                "--follow"
            }:
                asyncio.run(serve(Path(folder), int(index), url, follow=bool(options)))
                return 0
        raise RecipeError(
            expected=USAGE, found=" ".join(arguments) or "nothing", remedy="try again"
        )
    except EdgelineError as error:
        print(f"edgeline: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
