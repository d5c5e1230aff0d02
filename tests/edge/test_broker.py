"""What the door to NATS promises whoever comes and goes, with a server that takes its time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from edgeline.serving.broker import connect

SUBJECT = "edgeline.0123456789abcdef.0"
GREETING = b'INFO {"max_payload":1048576,"headers":true,"server_id":"slow","version":"2.15.0"}\r\n'


@asynccontextmanager
async def slow_server(heard: list[bytes]) -> AsyncIterator[str]:
    """Answers a ping at once, and is slow in all else; whoever leaves gets what was sent to him before."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETING)
        async for line in reader:
            word, *rest = line.split()
            if word == b"PING":
                writer.write(b"PONG\r\n")
                continue
            await asyncio.sleep(0.05)
            if word == b"UNSUB":
                writer.write(b"MSG %s %s 5\r\nframe\r\n" % (SUBJECT.encode(), rest[0]))
            heard.append(word)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"nats://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def test_who_has_subscribed_is_known_to_the_server() -> None:
    async def subscribe() -> None:
        heard: list[bytes] = []
        async with slow_server(heard) as url, connect(url) as broker:
            await broker.subscribe(SUBJECT, ignore)
            assert b"SUB" in heard

    asyncio.run(subscribe())


def test_a_frame_that_was_on_its_way_to_who_leaves_is_handled() -> None:
    handled: list[bytes] = []

    async def handle(frame: bytes, _: str) -> None:
        handled.append(frame)

    async def leave() -> None:
        async with slow_server([]) as url, connect(url) as broker:
            await broker.subscribe(SUBJECT, handle)

    asyncio.run(leave())
    assert handled == [b"frame"]


async def ignore(*_: object) -> None:
    """Whatever comes."""
