"""Pictures from files: PNG and NumPy's .npy, with nothing but zlib.

What a device is handed may be hostile, so sizes are checked before anything is decompressed, and
nothing is decompressed beyond the size that the header announced.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeline.errors import RecipeError

SUPPORTED = (
    "an 8-bit PNG (grey, RGB, palette, with or without alpha; not interlaced) or a uint8 .npy"
)
SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_FILE_BYTES, MAX_PIXELS = 2**26, 2**23
# Samples per pixel by PNG's colour type: grey, RGB, palette, grey with alpha, RGB with alpha.
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PALETTE = 3


def read_picture(path: Path) -> NDArray[np.uint8]:
    """8-bit pixels (H, W) or (H, W, 3); transparency is laid over black.

    Raises:
        RecipeError: no such file, or not one of the supported kinds.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ValueError(f"more than {MAX_FILE_BYTES} bytes")
        return _npy(path) if path.suffix == ".npy" else _png(path.read_bytes())
    except (OSError, ValueError, KeyError, IndexError, struct.error, zlib.error) as error:
        raise RecipeError(
            expected=f"{SUPPORTED} in {path}",
            found=_words(error),
            remedy="give another path, or convert the picture",
        ) from error


def _words(error: Exception) -> str:
    """What is wrong with a picture, without the spelling of Python's own errors."""
    match error:
        case OSError():
            return error.strerror or "a file that cannot be read"
        case struct.error() | IndexError() | KeyError() | zlib.error():
            return "a damaged or unfinished file"
    return str(error)


def _npy(path: Path) -> NDArray[np.uint8]:
    array: NDArray[np.uint8] = np.load(path, allow_pickle=False)
    if not isinstance(array, np.ndarray) or array.dtype != np.uint8 or array.size == 0:
        raise ValueError("an array of other values than uint8, or of none")
    if array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3)):
        return array
    raise ValueError(f"an array of shape {array.shape}, not (H, W), (H, W, 1) or (H, W, 3)")


def _png(data: bytes) -> NDArray[np.uint8]:
    if not data.startswith(SIGNATURE):
        raise ValueError("another kind of file")
    chunks = list(_chunks(data))
    if not chunks or chunks[0][0] != b"IHDR" or chunks[-1][0] != b"IEND":
        raise ValueError("a PNG without beginning or end")
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", chunks[0][1])
    if depth != 8 or colour not in SAMPLES or any(rest):
        raise ValueError(f"a PNG of {depth} bits, colour type {colour}, or interlaced")
    if not 0 < width * height <= MAX_PIXELS:
        raise ValueError(f"{width} x {height} pixels, more than {MAX_PIXELS:,} or none")
    packed = b"".join(content for kind, content in chunks if kind == b"IDAT")
    stride = width * SAMPLES[colour]
    lines = _unfilter(_inflate(packed, height * (stride + 1)), height, stride, SAMPLES[colour])
    pixels = lines.reshape(height, width, SAMPLES[colour])
    return _opaque(_look_up(pixels, chunks) if colour == PALETTE else pixels)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each chunk, its checksum compared."""
    at = len(SIGNATURE)
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        content = data[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack_from(">I", data, at + 8 + length)
        if zlib.crc32(kind + content) != checksum:
            raise ValueError(f"a damaged PNG: checksum of {kind!r}")
        yield kind, content
        at += 12 + length
        if kind == b"IEND":
            return


def _inflate(packed: bytes, size: int) -> bytes:
    stream = zlib.decompressobj()
    data = stream.decompress(packed, size + 1)
    if len(data) != size or not stream.eof:
        raise ValueError("a PNG whose pixels are more or fewer than its header says")
    return data


def _unfilter(data: bytes, height: int, stride: int, step: int) -> NDArray[np.uint8]:
    """Undoes the prediction of bytes from their neighbours (PNG specification, section 9)."""
    lines = np.frombuffer(data, np.uint8).reshape(height, stride + 1)
    above = np.zeros(stride, np.uint8)
    result = np.empty((height, stride), np.uint8)
    for row, (kind, *_) in enumerate(lines[:, :1]):
        above = _line(int(kind), lines[row, 1:], above, step)
        result[row] = above
    return result


def _line(
    kind: int, line: NDArray[np.uint8], above: NDArray[np.uint8], step: int
) -> NDArray[np.uint8]:
    if kind == 0:
        return line.copy()
    if kind == 2:
        return line + above
    if kind == 1:
        sums: NDArray[np.uint8] = np.add.accumulate(line.reshape(-1, step), axis=0, dtype=np.uint8)
        return sums.reshape(-1)
    if kind not in (3, 4):
        raise ValueError(f"a PNG line of unknown filter {kind}")
    # These two need each pixel before the next one, so they go byte by byte.
    done, upper = bytearray(step), bytes(step) + above.tobytes()
    for at, value in enumerate(line.tobytes(), start=step):
        left, up, corner = done[at - step], upper[at], upper[at - step]
        guess = (left + up) // 2 if kind == 3 else _paeth(left, up, corner)
        done.append((value + guess) & 255)
    return np.frombuffer(bytes(done[step:]), np.uint8)


def _paeth(left: int, up: int, corner: int) -> int:
    """Whichever neighbour is nearest to left + up - corner."""
    to_left, to_up, to_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
    if to_left <= to_up and to_left <= to_corner:
        return left
    return up if to_up <= to_corner else corner


def _look_up(indices: NDArray[np.uint8], chunks: list[tuple[bytes, bytes]]) -> NDArray[np.uint8]:
    named = dict(chunks)
    colours = np.frombuffer(named[b"PLTE"], np.uint8).reshape(-1, 3)
    alphas = np.full((len(colours), 1), 255, np.uint8)
    clear = np.frombuffer(named.get(b"tRNS", b""), np.uint8)[: len(colours)]
    alphas[: len(clear), 0] = clear
    pixels: NDArray[np.uint8] = np.hstack([colours, alphas])[indices[..., 0]]
    return pixels


def _opaque(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Without alpha, over black; grey loses its last axis."""
    samples = pixels.shape[2]
    if samples in (2, 4):
        colours, alpha = pixels[..., :-1].astype(np.uint16), pixels[..., -1:].astype(np.uint16)
        pixels = ((colours * alpha + 127) // 255).astype(np.uint8)
    return pixels[..., 0] if samples in (1, 2) else pixels
