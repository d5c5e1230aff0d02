"""One file from its publisher; its content must have the digest that the recipe names."""

import logging
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from edgeline.errors import EnvironmentUnfit, Tampered
from edgeline.recipe.data import Data
from edgeline.sources.intake import MAX_BYTES, BadItem, Progress, printable, refuse
from edgeline.workspace import Workspace

SCHEMES = ("https", "http")
TIMEOUT_S = 30.0
BLOCK_BYTES = 2**16

BY_HAND = "get the file yourself and pass it with -p data.path=FILE"


def download_file(settings: Data, root: Path, on_item: Progress) -> Path:
    """The file at `url`, fetched once and kept in the state folder; `on_item` is called with its bytes.

    Raises:
        RecipeError: the recipe names no digest or no address, or the file is too large.
        EnvironmentUnfit: no server answers, or it does not answer with the file.
        Tampered: it is another file.
    """
    import pooch

    address = urlsplit(settings.url)
    if address.scheme not in SCHEMES or not address.netloc:
        refuse(
            "an address in data.url, https://...",
            repr(settings.url),
            "correct the address, or set data.path",
        )
    if not settings.digest:
        refuse(
            "data.digest, the SHA-256 of what data.url must give",
            "no digest",
            "look it up where the file is published, and set data.digest",
        )
    algorithm, _, digits = settings.digest.rpartition(":")
    # pooch logs at length to standard error.
    pooch.get_logger().setLevel(logging.WARNING)
    try:
        path = pooch.retrieve(
            settings.url,
            known_hash=f"{algorithm or 'sha256'}:{digits}",
            fname=f"{digits}-{_name(address.path)}",
            path=Workspace(root).downloads,
            downloader=partial(_download, on_item),
        )
    except OSError as error:
        raise EnvironmentUnfit(
            expected=f"{_name(address.path)} from {address.netloc}",
            found=_reason(error),
            remedy=f"connect to the network and run again, or {BY_HAND}",
        ) from None
    except BadItem as error:
        refuse(f"a file of at most {MAX_BYTES:,} bytes at data.url", str(error), BY_HAND)
    except ValueError:
        raise Tampered(
            expected=f"the file with the digest {settings.digest[:16]} from {address.netloc}",
            found="a file with another digest",
            remedy=f"compare data.digest with what the publisher states, or {BY_HAND}",
        ) from None
    return Path(path)


def _name(path: str) -> str:
    return printable(Path(path).name)[:80] or "file"


def _reason(error: OSError) -> str:
    """The status of the answer where there was one; the text of requests is too long for a line."""
    answer = getattr(error, "response", None)
    return "no answer" if answer is None else f"the answer {answer.status_code} {answer.reason}"


def _download(on_item: Progress, url: str, path: str, _: object) -> None:
    """What pooch calls, with an address and the path of a file that is not yet trusted."""
    import requests

    with (
        requests.get(url, stream=True, timeout=TIMEOUT_S) as answer,
        open(path, "wb") as file,
    ):
        answer.raise_for_status()
        announced, received = int(answer.headers.get("content-length", 0)), 0
        for block in answer.iter_content(BLOCK_BYTES):
            received += len(block)
            if max(announced, received) > MAX_BYTES:
                raise BadItem("more")
            file.write(block)
            on_item(received, max(announced, received))
