"""Artifacts sealed long ago, one of each schema, and the means to write pictures for it."""

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
SCHEMA_1 = GOLDEN / "771327545c1f097ab87dd5930bbac0c84b61a7637eea633d4637408c18552ee4"
SCHEMA_2 = GOLDEN / "d3d6de2b9fca6b21436435e18915ad2cef85940d1ded7ff77cafc135e772d587"

TABLE = GOLDEN / "0547b606170fec8e561a875766b52aedf51cba78c51d96a40e45866ecc12f03c"


@pytest.fixture(scope="session")
def golden_table() -> Artifact:
    """Of the second schema, from rows with missing cells and decimal commas."""
    return open_artifact(TABLE)


@pytest.fixture(scope="session")
def golden_artifact() -> Artifact:
    return open_artifact(SCHEMA_1)


@pytest.fixture(scope="session")
def second_schema() -> Artifact:
    return open_artifact(SCHEMA_2)


@pytest.fixture(scope="session", params=[SCHEMA_1, SCHEMA_2], ids=["schema 1", "schema 2"])
def any_golden_artifact(request: pytest.FixtureRequest) -> Artifact:
    return open_artifact(request.param)


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
    more = chunk(b"PLTE", palette) if palette else b""
    more += chunk(b"tRNS", alphas) if alphas or palette else b""
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
