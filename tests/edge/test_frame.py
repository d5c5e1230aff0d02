"""Frames that come back as they were, and frames that are refused."""

import struct

import numpy as np
import pytest

from edgeline.errors import EdgelineError
from edgeline.manifest import TensorSpec
from edgeline.serving.frame import (
    DTYPES,
    Failure,
    Message,
    decode,
    encode,
    items_within,
    request_of,
)

REQUEST = bytes(range(16))


def test_the_frame_is_the_documented_one() -> None:
    frame = encode(Message(REQUEST, {"t": np.array([[1], [258]], np.int32)}))
    values = struct.pack("<ii", 1, 258)
    body = b"\x01" + b"\x01t" + b"\x03\x02" + struct.pack("<II", 2, 1) + values
    assert frame == b"EDGE\x01\x00" + REQUEST + body


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 1, 3)])
def test_arrays_come_back_as_they_were(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    message = decode(encode(Message(REQUEST, {"a": array, "é": array.T})))
    assert isinstance(message, Message)
    assert message.request == REQUEST
    assert list(message.tensors) == ["a", "é"]
    for found, sent in zip(message.tensors.values(), (array, array.T), strict=True):
        assert found.dtype == sent.dtype
        assert np.array_equal(found, sent)
        assert found.shape == sent.shape


def test_other_byte_orders_are_sent_as_ours() -> None:
    message = decode(encode(Message(REQUEST, {"a": np.array([1, 2], ">i4")})))
    assert isinstance(message, Message)
    assert message.tensors["a"].tolist() == [1, 2]


def test_a_failure_comes_back_as_it_was() -> None:
    assert decode(encode(Failure(REQUEST, "naïve"))) == Failure(REQUEST, "naïve")


def test_types_without_a_place_are_not_sent() -> None:
    for array in (np.array(["text"]), np.array([None]), np.array([1j])):
        with pytest.raises(ValueError, match="not in tuple"):
            encode(Message(REQUEST, {"a": array}))


@pytest.fixture
def frame() -> bytes:
    tensors = {"a": np.ones((2, 3), np.float32), "b": np.zeros(4, np.uint8)}
    return encode(Message(REQUEST, tensors))


def test_no_shortened_frame_is_read(frame: bytes) -> None:
    for length in range(len(frame)):
        with pytest.raises(EdgelineError, match="one frame"):
            decode(frame[:length])


def test_the_items_that_fit_are_counted_to_the_byte() -> None:
    specs = [TensorSpec("image", "float32", ("N", 1, 4)), TensorSpec("scale", "int64", (2,))]

    def length(items: int) -> int:
        arrays = {"image": np.zeros((items, 1, 4), np.float32), "scale": np.zeros(2, np.int64)}
        return len(encode(Message(REQUEST, arrays)))

    assert length(3) == 23 + (3 + 5 + 12 + 3 * 16) + (3 + 5 + 4 + 16)
    assert items_within(length(3), specs) == 3
    assert items_within(length(3) - 1, specs) == 2
    assert items_within(length(0), specs) == items_within(10, specs) == 0


def test_nothing_may_follow_a_frame(frame: bytes) -> None:
    with pytest.raises(EdgelineError, match="1 bytes left over"):
        decode(frame + b"\x00")


@pytest.mark.parametrize(
    ("at", "value"),
    [(0, b"e"), (4, b"\x02"), (5, b"\x02"), (22, b"\xff"), (22, b"\x03"), (23, b"\xff")],
)
def test_a_lying_byte_is_noticed(frame: bytes, at: int, value: bytes) -> None:
    with pytest.raises(EdgelineError):
        decode(frame[:at] + value + frame[at + 1 :])


def test_sides_that_overflow_are_noticed() -> None:
    frame = encode(Message(REQUEST, {"a": np.zeros((1, 1, 1), np.uint8)}))
    sides = struct.pack("<III", 2**31, 2**31, 4)
    with pytest.raises(EdgelineError, match="after the frame"):
        decode(frame[:27] + sides + frame[39:])


def test_a_name_cannot_come_twice() -> None:
    one = encode(Message(REQUEST, {"a": np.zeros(1, np.uint8)}))
    with pytest.raises(EdgelineError, match="a name twice"):
        decode(one[:22] + b"\x02" + one[23:] * 2)


def test_random_bytes_are_refused_or_read_but_never_break() -> None:
    generator = np.random.default_rng(0)
    head = b"EDGE\x01\x00" + REQUEST
    for _ in range(2000):
        body = generator.bytes(int(generator.integers(0, 40)))
        try:
            decode(head + body)
        except EdgelineError as error:
            assert error.exit_code == 1  # noqa: PT017


def test_the_request_is_known_even_where_the_rest_is_not(frame: bytes) -> None:
    assert request_of(frame[:30]) == REQUEST
    assert request_of(b"EDGE") == request_of(b"\x00" * 64) == bytes(16)
