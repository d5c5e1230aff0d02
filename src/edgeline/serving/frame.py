"""What passes between parts: frames of named arrays, or of one error, every length checked.

    bytes  meaning (all numbers little-endian)
    4      the letters EDGE
    1      version, 1
    1      kind: 0 tensors, 1 error
    16     request, chosen by who asks and repeated in the answer
    kind 0:
    1      number of tensors, each:
      1      length of its name, then the name in UTF-8
      1      type, the place in DTYPES of the manifest
      1      number of sides, then 4 bytes per side
      ...    the values in C order: exactly as many bytes as type and sides say
    kind 1:
    ...    what went wrong, in UTF-8

Nothing is pickled and nothing is guessed: a frame that is too short, too long or unknown is
refused whole.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeline.errors import EdgelineError, RecipeError
from edgeline.manifest import DTYPES, MAX_SIDES, MAX_TENSORS, TensorSpec

MAGIC, VERSION = b"EDGE", 1
TENSORS, ERROR = 0, 1
HEAD = struct.Struct("<4sBB16s")
BATCH = "N"
"""The side that counts items."""


@dataclass(frozen=True)
class Message:
    """What a part is sent: its inputs, and what later parts will read."""

    request: bytes
    """16 bytes."""
    tensors: Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Failure:
    """Why a request was not answered."""

    request: bytes
    reason: str


def encode(message: Message | Failure) -> bytes:
    """The frame; raises ValueError for an array of a type that has no place in DTYPES."""
    if isinstance(message, Failure):
        return HEAD.pack(MAGIC, VERSION, ERROR, message.request) + message.reason.encode()
    frame = [HEAD.pack(MAGIC, VERSION, TENSORS, message.request), bytes([len(message.tensors)])]
    for name, array in message.tensors.items():
        label = name.encode()
        kind = DTYPES.index(array.dtype.name)
        frame.append(struct.pack("<B", len(label)) + label)
        frame.append(struct.pack(f"<BB{array.ndim}I", kind, array.ndim, *array.shape))
        # Little-endian whatever this machine is; no copy where it is already.
        frame.append(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes())
    return b"".join(frame)


def encode_within(limit: int, message: Message) -> bytes:
    """The frame; raises RecipeError where it is larger than `limit`, what the server takes."""
    frame = encode(message)
    if len(frame) > limit:
        raise RecipeError(
            expected=f"tensors that fit into a frame of {limit} bytes",
            found=f"{len(frame)}",
            remedy="send fewer items per request",
        )
    return frame


def items_within(limit: int, specs: Sequence[TensorSpec]) -> int:
    """How many items' tensors of these forms fit into a frame of `limit` bytes; 0: not even those of one."""
    head, fixed, growing = HEAD.size + 1, 0, 0
    for spec in specs:
        head += 3 + len(spec.name.encode()) + 4 * len(spec.shape)
        # a side that may vary besides is counted once: what is sent is measured again
        size = math.prod(side for side in spec.shape if isinstance(side, int))
        values = size * np.dtype(spec.dtype).itemsize
        if BATCH in spec.shape:
            growing += values
        else:
            fixed += values
    room = max(0, limit - head - fixed)
    return room // growing if growing else room


def decode(frame: bytes) -> Message | Failure:
    """The message in a frame.

    Raises:
        EdgelineError: it is not exactly one frame of this version.
    """
    try:
        return _decode(frame)
    except (ValueError, IndexError, struct.error) as error:
        raise EdgelineError(
            expected=f"one frame of version {VERSION}",
            found=f"{len(frame)} bytes: {error}",
            remedy="run the same version of edgeline on every device",
        ) from error


def request_of(frame: bytes) -> bytes:
    """The request that a frame belongs to, even where the rest is unreadable; else zeros."""
    return frame[6:22] if len(frame) >= HEAD.size and frame.startswith(MAGIC) else bytes(16)


def _decode(frame: bytes) -> Message | Failure:
    magic, version, kind, request = HEAD.unpack_from(frame)
    if (magic, version) != (MAGIC, VERSION):
        raise ValueError(f"begins with {magic!r}, version {version}")
    if kind == ERROR:
        return Failure(request, frame[HEAD.size :].decode())
    if kind != TENSORS or frame[HEAD.size] > MAX_TENSORS:
        raise ValueError(f"kind {kind} with {frame[HEAD.size]} tensors")
    at, tensors = HEAD.size + 1, {}
    for _ in range(frame[HEAD.size]):
        name, array, at = _tensor(frame, at)
        tensors[name] = array
    if at != len(frame) or len(tensors) != frame[HEAD.size]:
        raise ValueError(f"{len(frame) - at} bytes left over, or a name twice")
    return Message(request, tensors)


def _tensor(frame: bytes, at: int) -> tuple[str, NDArray[Any], int]:
    start = at + 1 + frame[at]
    name = frame[at + 1 : start].decode()
    kind, sides = struct.unpack_from("<BB", frame, start)
    if kind >= len(DTYPES) or sides > MAX_SIDES:
        raise ValueError(f"a tensor of type {kind} with {sides} sides")
    shape = struct.unpack_from(f"<{sides}I", frame, start + 2)
    dtype = np.dtype(DTYPES[kind]).newbyteorder("<")
    begin = start + 2 + 4 * sides
    # Python's integers do not overflow, so sides that lie cannot make this small.
    end = begin + math.prod(shape) * dtype.itemsize
    if end > len(frame):
        raise ValueError(f"{name} of shape {shape} ends {end - len(frame)} bytes after the frame")
    array = np.frombuffer(frame, dtype, math.prod(shape), begin).reshape(shape)
    return name, array.astype(dtype.newbyteorder("="), copy=False), end
