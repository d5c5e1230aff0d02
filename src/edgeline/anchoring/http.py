"""One HTTP exchange with one deadline and one largest answer: no retry, no proxy, no redirect.

Sockets have a limit for each read and none for all of them, so a server that drips its headers byte by
byte, or a resolver that hangs, can hold its caller for hours. Here a thread is left behind instead.
"""

import threading
from concurrent.futures import Future
from http.client import HTTPException

import requests
import urllib3

MAX_BYTES = 2**25
STRANGER = "something that does not speak Ethereum JSON-RPC"


class NoAnswer(Exception):
    """What was found in its place."""


def new_session() -> requests.Session:
    """Connections that stay open from one exchange to the next, and believe no environment."""
    session = requests.Session()
    session.trust_env = False
    session.headers.update({"Accept-Encoding": "identity", "Content-Type": "application/json"})
    return session


def post(session: requests.Session, url: str, body: bytes, timeout_s: float) -> bytes:
    """The body of the answer to a POST.

    Raises:
        NoAnswer: nothing within `timeout_s`, or no answer of the kind that a node gives.
    """
    future: Future[bytes] = Future()

    def work() -> None:
        try:
            future.set_result(_exchange(session, url, body, timeout_s))
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    try:
        return future.result(timeout_s)
    except (TimeoutError, requests.ConnectionError, requests.Timeout):
        raise NoAnswer("no answer") from None
    except (requests.RequestException, HTTPException, ValueError):
        raise NoAnswer(STRANGER) from None
    except (urllib3.exceptions.HTTPError, OSError):
        raise NoAnswer("an answer that broke off") from None


def _exchange(session: requests.Session, url: str, body: bytes, timeout_s: float) -> bytes:
    with session.post(
        url, data=body, timeout=timeout_s, stream=True, allow_redirects=False
    ) as response:
        if response.status_code != requests.codes.ok:
            raise NoAnswer(f"{STRANGER} (HTTP status {response.status_code})")
        # Not decoded: a megabyte of gzip can stand for a gigabyte, and only identity was asked for.
        data: bytes = response.raw.read(MAX_BYTES + 1, decode_content=False)
    if len(data) > MAX_BYTES:
        raise NoAnswer(f"an answer of more than {MAX_BYTES >> 20} MiB")
    return data
