"""The only door to NATS: connect, publish, subscribe.

One server of 20 MB brings queue groups, so that several workers of one part share its requests,
with no coordinator in the path of the data.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import nats.errors
from nats.aio.client import DEFAULT_FLUSH_TIMEOUT, Client
from nats.aio.msg import Msg

from edgeline.errors import RecipeError, ServiceUnavailable, hide_secrets

CONNECT_S = 5
REFUSED = "Authorization Violation"
"""What the server answers to those whom it does not know."""
LOOPBACK = {"127.0.0.1", "localhost", "::1"}

Handler = Callable[[bytes, str], Awaitable[None]]
"""Gets the frame and the subject for the answer."""


class _Client(Client):
    async def flush(self, timeout: int = DEFAULT_FLUSH_TIMEOUT) -> None:
        """Returns once the server has handled everything that was sent before.

        In nats-py 2.16 the ping of a flush overtakes what still waits to be written, so the answer to it proves
        nothing about that, and requests were lost. After the first flush all of it is written; the second proves it.
        """
        await super().flush(timeout)
        await super().flush(timeout)


@dataclass(frozen=True)
class Broker:
    """A connection."""

    client: Client
    closed: asyncio.Event
    """Set when the server has gone."""

    @property
    def max_bytes(self) -> int:
        """The largest frame that the server takes."""
        return self.client.max_payload

    async def request(self, subject: str, frame: bytes, timeout_s: float) -> bytes:
        """The frame that answers this one, from whoever it was passed on to.

        Raises:
            ServiceUnavailable: nobody listens, or no answer comes in time.
        """
        try:
            return (await self.client.request(subject, frame, timeout_s)).data
        except nats.errors.NoRespondersError:
            found = f"no worker of part {subject.rpartition('.')[2]}"
        except nats.errors.TimeoutError:
            found = f"none within {timeout_s:g} s"
        raise ServiceUnavailable(
            expected="an answer from the workers of this model",
            found=found,
            remedy="see that a worker runs for every part",
        )

    async def publish(self, subject: str, frame: bytes, *, reply: str = "") -> None:
        await self.client.publish(subject, frame, reply=reply)

    async def subscribe(self, subject: str, handle: Handler, *, group: str = "") -> None:
        """Calls `handle` for one frame after another; members of a group share the frames."""

        async def unwrap(message: Msg) -> None:
            await handle(message.data, message.reply)

        await self.client.subscribe(subject, queue=group, cb=unwrap)
        await self.client.flush()


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[Broker]:
    """A connection that is closed at the end, after all that was accepted is handled.

    `url` may hold a token or a password, as in nats://TOKEN@HOST:PORT; messages leave them out.

    Raises:
        RecipeError: the address is no nats:// on this machine and no tls:// anywhere.
        ServiceUnavailable: nobody answers there, or only to those with another token.
    """
    _check(url)
    client, closed = _Client(), asyncio.Event()

    async def close() -> None:
        closed.set()

    try:
        await client.connect(
            url,
            connect_timeout=CONNECT_S,
            # A worker whose server has gone ends; whoever keeps workers running starts it again.
            allow_reconnect=False,
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            error_cb=_ignore,
            closed_cb=close,
        )
    except (nats.errors.Error, OSError, TimeoutError) as error:
        await client.close()
        raise _unavailable(url, error) from error
    try:
        yield Broker(client, closed)
    finally:
        if client.is_connected:
            await client.drain()


def largest_frame(url: str) -> int:
    """Bytes of the largest frame that the server at `url` takes.

    Raises:
        RecipeError: the address is no nats:// on this machine and no tls:// anywhere.
        ServiceUnavailable: nobody answers there.
    """

    async def ask() -> int:
        async with connect(url) as broker:
            return broker.max_bytes

    return asyncio.run(ask())


def _unavailable(url: str, error: Exception) -> ServiceUnavailable:
    place = hide_secrets(url)
    if REFUSED in str(error):
        return ServiceUnavailable(
            expected=f"to be let in by the NATS server at {place}",
            found="another token or password than its own" if "@" in url else "no token",
            remedy="set NATS_URL to nats://TOKEN@HOST:PORT, or unset it: then edgeline uses its own",
        )
    return ServiceUnavailable(
        expected=f"a NATS server at {place}",
        found=str(error) or type(error).__name__,
        remedy="start it with `edgeline up`",
    )


def _check(url: str) -> None:
    """Frames hold what a device saw: in the clear they stay on this machine."""
    parts = urlsplit(url)
    if parts.scheme == "tls" or (parts.scheme == "nats" and parts.hostname in LOOPBACK):
        return
    raise RecipeError(
        expected="a nats:// address of this machine, or a tls:// address",
        found=hide_secrets(url),
        remedy="use nats://127.0.0.1:PORT, or serve the other machine over TLS",
    )


async def _ignore(_: Exception) -> None:
    """Failures reach the caller as exceptions or as time-outs; the client would also log them."""
