"""How the broker is started, and the token by which it knows the programs of this workspace."""

import secrets
import sys
from pathlib import Path

from edgeline.files import write_private
from edgeline.stack.loopback import LOOPBACK

MAX_PAYLOAD = 2**23
"""The largest message that NATS advises, eight times its default: one picture may have a megabyte."""


def command(state: Path, port: int) -> list[str]:
    """The words that start it; its settings, the token among them, lie in a file of the user's alone."""
    settings = state / "services" / "nats.conf"
    token = _token(state) or secrets.token_urlsafe(32)
    write_private(_token_file(state), token)
    write_private(settings, f'max_payload: {MAX_PAYLOAD}\nauthorization {{ token: "{token}" }}\n')
    program = Path(sys.prefix) / "bin" / "nats-server"
    return [str(program), "--addr", LOOPBACK, "--port", str(port), "--config", str(settings)]


def with_token(url: str, state: Path) -> str:
    """An address as NATS's clients take it, nats://TOKEN@HOST:PORT; it is not for printing."""
    token = _token(state)
    return url.replace("://", f"://{token}@") if token else url


def _token(state: Path) -> str:
    path = _token_file(state)
    return path.read_text() if path.exists() else ""


def _token_file(state: Path) -> Path:
    return state / "services" / "nats.token"
