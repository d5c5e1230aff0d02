"""One file from its publisher, whose content must be the one that the recipe names."""

import logging
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from edgeline.errors import EnvironmentUnfit, Tampered
from edgeline.recipe.data import Data
from edgeline.sources.intake import MAX_BYTES, BadItem, Progress, refuse, shown
from edgeline.workspace import Workspace

SCHEMES = ("https", "http")
TIMEOUT_S = 30.0
BLOCK_BYTES = 2**16

BY_HAND = "get the file by other means and name it: -p data.path=FILE"


def file(settings: Data, root: Path, on_item: Progress) -> Path:
    """The file at `url`, fetched once and kept in the state folder; `on_item` is told its bytes.

    Raises:
        RecipeError: no digest is named, the address is none, or the file is too large.
        EnvironmentUnfit: nobody answers, or not with a file.
        Tampered: it is another file.
    """
    import pooch

    address = urlsplit(settings.url)
    if address.scheme not in SCHEMES or not address.netloc:
        refuse(
            "an address in data.url, https://...",
            repr(settings.url),
            "correct it, or give data.path",
        )
    if not settings.digest:
        refuse("data.digest, the SHA-256 of what data.url must give", "none", "ask its publisher")
    algorithm, _, digits = settings.digest.rpartition(":")
    # pooch tells at length what it does, on standard error.
    pooch.get_logger().setLevel(logging.WARNING)
    try:
        kept = pooch.retrieve(
            settings.url,
            known_hash=f"{algorithm or 'sha256'}:{digits}",
            fname=f"{digits}-{_name(address.path)}",
            path=Workspace(root).downloads,
            downloader=_downloader(on_item),
        )
    except OSError as error:
        raise EnvironmentUnfit(
            expected=f"{_name(address.path)} from {address.netloc}",
            found=_reason(error),
            remedy=f"try again with a network, or {BY_HAND}",
        ) from None
    except BadItem as error:
        refuse(f"a file of at most {MAX_BYTES:,} bytes at data.url", str(error), BY_HAND)
    except ValueError:
        raise Tampered(
            expected=f"from {address.netloc} the file with the digest {settings.digest[:16]}",
            found="another one",
            remedy=f"ask its publisher which is right, or {BY_HAND}",
        ) from None
    return Path(kept)


def _name(path: str) -> str:
    return shown(Path(path).name)[:80] or "file"


def _reason(error: OSError) -> str:
    """The answer's number where there was one; what requests says of a network is no line to read."""
    answer = getattr(error, "response", None)
    return "no answer" if answer is None else f"the answer {answer.status_code} {answer.reason}"


def _downloader(on_item: Progress) -> Callable[[str, str, object], None]:
    """What pooch calls with an address and the path of a file that is not yet trusted."""
    import requests

    def download(url: str, path: str, _: object) -> None:
        with (
            requests.get(url, stream=True, timeout=TIMEOUT_S) as answer,
            open(path, "wb") as file,
        ):
            answer.raise_for_status()
            announced, done = int(answer.headers.get("content-length", 0)), 0
            for block in answer.iter_content(BLOCK_BYTES):
                done += len(block)
                if max(announced, done) > MAX_BYTES:
                    raise BadItem("more")
                file.write(block)
                on_item(done, max(announced, done))

    return download
