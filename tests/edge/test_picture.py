"""Reading pictures that are well made, and refusing the others."""

import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgeline.edge.picture import read_picture
from edgeline.errors import RecipeError

Write = Callable[..., Path]

# Three pixels a line, a line per filter (none, left, up, average, Paeth); all mean 10, 20, 30.
FILTERED = bytes([0, 10, 20, 30, 1, 10, 10, 10, 2, 0, 0, 0, 3, 5, 5, 5, 4, 0, 0, 0])


def test_every_filter_is_undone(write_png: Write) -> None:
    picture = read_picture(write_png(FILTERED, (3, 5), 0))
    assert picture.tolist() == [[10, 20, 30]] * 5


def test_colours_come_as_red_green_blue(write_png: Write) -> None:
    picture = read_picture(write_png(bytes([0, 1, 2, 3, 4, 5, 6]), (2, 1), 2))
    assert picture.tolist() == [[[1, 2, 3], [4, 5, 6]]]


def test_transparency_lies_over_black(write_png: Write) -> None:
    grey = read_picture(write_png(bytes([0, 200, 255, 200, 0]), (2, 1), 4))
    assert grey.tolist() == [[200, 0]]
    colour = read_picture(write_png(bytes([0, 100, 200, 50, 51]), (1, 1), 6))
    assert colour.tolist() == [[[20, 40, 10]]]


def test_a_palette_is_looked_up(write_png: Write) -> None:
    palette = {"palette": bytes([0, 0, 0, 9, 8, 7]), "alphas": bytes([255])}
    picture = read_picture(write_png(bytes([0, 1, 0]), (2, 1), 3, **palette))
    assert picture.tolist() == [[[9, 8, 7], [0, 0, 0]]]


def test_an_array_file_is_read(tmp_path: Path) -> None:
    image = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    np.save(tmp_path / "image.npy", image)
    assert np.array_equal(read_picture(tmp_path / "image.npy"), image)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((2, 2), np.float32),
        np.zeros((2, 2, 2), np.uint8),
        np.zeros((0, 2), np.uint8),
        np.array([{"a": 1}], dtype=object),
    ],
)
def test_arrays_of_other_kinds_are_refused(array: np.ndarray, tmp_path: Path) -> None:
    np.save(tmp_path / "image.npy", array)
    with pytest.raises(RecipeError, match=r"uint8 \.npy"):
        read_picture(tmp_path / "image.npy")


@pytest.mark.parametrize(
    ("rows", "size", "colour", "options"),
    [
        (bytes([0, 1]), (1, 1), 0, {"depth": 16}),
        (bytes([0, 1]), (1, 1), 0, {"interlace": 1}),
        (bytes([0, 1]), (1, 1), 5, {}),
        (bytes([5, 1]), (1, 1), 0, {}),
        (bytes([0, 1]), (0, 1), 0, {}),
        (bytes([0, 1]), (2**31, 2**31), 0, {}),
        (bytes([0, 1]), (2, 1), 0, {}),
        (bytes([0, 1, 2]), (1, 1), 0, {}),
        (bytes([0, 1]), (1, 1), 3, {}),
    ],
)
def test_pictures_that_we_cannot_read_are_refused(
    rows: bytes, size: tuple[int, int], colour: int, options: dict[str, int], write_png: Write
) -> None:
    with pytest.raises(RecipeError, match="8-bit PNG"):
        read_picture(write_png(rows, size, colour, **options))


def test_a_bomb_is_not_unpacked(write_png: Write) -> None:
    path = write_png(bytes(100_000_000), (2, 1), 0)
    assert path.stat().st_size < 200_000
    with pytest.raises(RecipeError, match="more or fewer"):
        read_picture(path)


def test_a_palette_index_out_of_range_is_refused(write_png: Write) -> None:
    with pytest.raises(RecipeError):
        read_picture(write_png(bytes([0, 7]), (1, 1), 3, palette=bytes(3)))


def test_every_damaged_byte_is_noticed(write_png: Write) -> None:
    path = write_png(FILTERED, (3, 5), 0)
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x20]) + whole[at + 1 :])
        with pytest.raises(RecipeError):
            read_picture(path)


def test_every_shortened_file_is_refused(write_png: Write) -> None:
    path = write_png(FILTERED, (3, 5), 0)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(RecipeError):
            read_picture(path)


def test_other_files_are_named_with_what_is_supported(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff" + zlib.compress(b"x"))
    for name in ("photo.jpg", "absent.png"):
        with pytest.raises(RecipeError, match=name) as caught:
            read_picture(tmp_path / name)
        assert "uint8 .npy" in str(caught.value)
