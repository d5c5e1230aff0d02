"""A worker that runs one part: `NATS_URL=nats://HOST:PORT python -m edgeline.serving.worker FOLDER INDEX`.

The address is no argument, since every user of a machine reads those of all processes, and it may
hold a token. The worker verifies its part before it loads it, subscribes, prints "ready", and sends on to the next part
what this and later parts need: its own outputs and earlier tensors. The last part answers whoever
asked. Workers of the same part share the requests, so a second one is load balancing. SIGTERM ends
it after the requests in hand; with `--follow` also the end of standard input does, which comes when
the process that started it is gone.
"""

import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from edgeline.artifact import open_part, read_manifest
from edgeline.edge.session import Session, Tensors, load
from edgeline.errors import EdgelineError, RecipeError, ServiceUnavailable, hide_secrets
from edgeline.serving.broker import connect
from edgeline.serving.frame import Failure, Message, decode, encode, encode_within, request_of

GROUP = "parts"
ADDRESS = "NATS_URL"
"""The variable that holds the server's address, with a token or a password where it asks for one."""
USAGE = f"python -m edgeline.serving.worker FOLDER INDEX [--follow], with {ADDRESS} set"


def subject(digest: str, index: int) -> str:
    """Where part `index` of an artifact listens; different models can never be mixed."""
    return f"edgeline.{digest[:16]}.{index}"


@dataclass(frozen=True)
class Part:
    """One part of an artifact, loaded, and what it sends on."""

    index: int
    session: Session
    onward: tuple[str, ...]
    """Tensors that later parts read, or that the model answers."""
    is_last: bool

    def run(self, tensors: Tensors) -> dict[str, NDArray[Any]]:
        """What is sent on for these tensors.

        Raises:
            RecipeError: a tensor is missing, or is of another type or shape.
        """
        names = [spec.name for spec in self.session.inputs]
        inputs = {name: tensors[name] for name in names if name in tensors}
        values = {**tensors, **self.session.run(inputs)}
        if missing := [name for name in self.onward if name not in values]:
            raise RecipeError(
                expected=f"{', '.join(missing)} with the request, for a later part",
                found=", ".join(tensors) or "no tensors",
                remedy="send every input of the model",
            )
        return {name: values[name] for name in self.onward}


def load_part(folder: Path, index: int) -> Part:
    """The part of the artifact in `folder`, verified; its other files may be missing.

    Raises:
        Tampered: name, manifest and that file do not agree.
        RecipeError: there is no such part.
    """
    path, manifest = open_part(folder, index), read_manifest(folder, folder.name)
    return Part(
        index,
        load(path, options=manifest.parts[index].options),
        tuple(spec.name for spec in manifest.travelling(index)),
        index + 1 == len(manifest.parts),
    )


async def serve(folder: Path, index: int, url: str, *, follow: bool = False) -> None:
    """Runs the part until it is told to end.

    Raises:
        ServiceUnavailable: the server is not there, or went away.
    """
    part = load_part(folder, index)
    ended = _end_signals(follow)
    async with connect(url) as broker:

        async def handle(frame: bytes, reply: str) -> None:
            # In a thread, so that the connection stays alive during a long computation.
            answer, good = await asyncio.to_thread(_answer, part, frame, broker.max_bytes)
            onward = subject(folder.name, index + 1) if good and not part.is_last else reply
            await broker.publish(onward, answer, reply=reply if onward != reply else "")

        await broker.subscribe(subject(folder.name, index), handle, group=GROUP)
        print("ready", flush=True)  # noqa: T201  whoever started this process waits for it
        waits = [asyncio.create_task(event.wait()) for event in (ended, broker.closed)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        if broker.closed.is_set():
            raise ServiceUnavailable(
                expected=f"a connection to {hide_secrets(url)}",
                found="closed",
                remedy="start this worker again",
            )


def _end_signals(follow: bool) -> asyncio.Event:
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    if follow:
        # Nothing is ever written there: it becomes readable when the other end is closed.
        loop.add_reader(sys.stdin.fileno(), ended.set)
    return ended


def _answer(part: Part, frame: bytes, limit: int) -> tuple[bytes, bool]:
    """The frame to send on, and whether it is a result; else it tells who asked what went wrong."""
    try:
        message = decode(frame)
        if isinstance(message, Failure):
            return frame, False
        return encode_within(limit, Message(message.request, part.run(message.tensors))), True
    except EdgelineError as error:
        return encode(Failure(request_of(frame), f"part {part.index}: {error}")), False


def main(arguments: list[str]) -> int:
    """Runs the part named on the command line; the exit code is that of the error, if any."""
    try:
        match arguments:
            case [folder, index, *options] if (
                index.isdecimal() and set(options) <= {"--follow"} and ADDRESS in os.environ
            ):
                url = os.environ[ADDRESS]
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
