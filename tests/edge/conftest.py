"""A sealed artifact of long ago, and the means to write pictures for it."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edgeline.artifact import Artifact, open_artifact

GOLDEN = Path(__file__).parents[1] / "golden" / "artifacts"


@pytest.fixture(scope="session")
def golden_artifact() -> Artifact:
    (folder,) = GOLDEN.iterdir()
    return open_artifact(folder)


def chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG, with its checksum."""
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def png(
    rows: NDArray[np.uint8] | bytes,
    size: tuple[int, int],
    colour: int,
    *,
    depth: int = 8,
    interlace: int = 0,
    palette: bytes = b"",
    alphas: bytes = b"",
) -> bytes:
    """A PNG of lines that carry their filter byte; `size` is width, height."""
    lines = rows if isinstance(rows, bytes) else rows.tobytes()
    header = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, interlace)
    more = chunk(b"PLTE", palette) + chunk(b"tRNS", alphas) if palette else b""
    body = chunk(b"IHDR", header) + more + chunk(b"IDAT", zlib.compress(lines))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


@pytest.fixture
def write_png(tmp_path: Path) -> Callable[..., Path]:
    """Writes a PNG and returns its path; see `png` for the arguments."""

    def write(*arguments: Any, **options: Any) -> Path:
        path = tmp_path / "picture.png"
        path.write_bytes(png(*arguments, **options))
        return path

    return write
