"""Reading pictures of the usual formats, and refusing the others in a line."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from edgeline.edge.picture import CLEAR, DAMAGED, DEEP, DIM, MANY, MAX_SIDE, TOO_LARGE, read_picture
from edgeline.errors import RecipeError

Write = Callable[..., Path]

# Three pixels a line, a line per filter (none, left, up, average, Paeth); all mean 10, 20, 30.
FILTERED = bytes([0, 10, 20, 30, 1, 10, 10, 10, 2, 0, 0, 0, 3, 5, 5, 5, 4, 0, 0, 0])
SMOOTH = np.add.outer(np.arange(40) * 3, np.arange(30) * 2).astype(np.uint8)
NOISE = np.random.default_rng(0).integers(0, 256, (40, 30, 4), dtype=np.uint8)
NOISE[:20] = SMOOTH[:20, :, None]
LOSSLESS = {"PNG": {}, "WEBP": {"lossless": True}, "BMP": {}, "TIFF": {"compression": "tiff_lzw"}}


def saved(folder: Path, picture: Image.Image, kind: str, **options: object) -> Path:
    path = folder / f"picture.{kind.lower()}"
    picture.save(path, format=kind, **options)
    return path


@pytest.mark.parametrize("kind", LOSSLESS)
def test_colours_come_back_as_red_green_blue(kind: str, tmp_path: Path) -> None:
    picture = Image.fromarray(NOISE[..., :3])
    pixels = read_picture(saved(tmp_path, picture, kind, **LOSSLESS[kind]))
    assert np.array_equal(pixels, NOISE[..., :3])


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF"])
def test_grey_comes_back_without_a_last_axis(kind: str, tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(SMOOTH), kind)
    pixels = read_picture(path)
    assert np.array_equal(pixels if pixels.ndim == 2 else pixels[..., 0], SMOOTH)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF"])
def test_photographs_come_nearly_back(kind: str, tmp_path: Path) -> None:
    rgb = np.stack([SMOOTH] * 3, axis=2)
    pixels = read_picture(saved(tmp_path, Image.fromarray(rgb), kind, quality=95))
    assert pixels.shape == rgb.shape
    assert np.abs(pixels.astype(int) - rgb).max() <= 8


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_picture_is_turned_as_its_exif_says(kind: str, tmp_path: Path) -> None:
    upright = np.zeros((8, 16), np.uint8)
    upright[:, 8:] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = Image.fromarray(np.rot90(upright)).convert("RGB")
    pixels = read_picture(saved(tmp_path, lying, kind, exif=exif))
    assert pixels.shape[:2] == upright.shape
    assert np.abs(pixels[..., 0].astype(int) - upright).max() <= 40


def test_of_a_telephones_two_pictures_the_first_is_read(tmp_path: Path) -> None:
    first, second = (Image.new("L", (8, 8), value) for value in (200, 50))
    path = saved(tmp_path, first, "MPO", save_all=True, append_images=[second])
    assert read_picture(path.rename(tmp_path / "photo.jpg")).tolist() == [[200] * 8] * 8


def test_a_wrong_index_of_a_telephones_pictures_does_no_harm(tmp_path: Path) -> None:
    first, second = (Image.new("L", (8, 8), value) for value in (200, 50))
    path = saved(tmp_path, first, "MPO", save_all=True, append_images=[second])
    content = path.read_bytes()
    assert content.count(b"MPF\0II*\0") == 1
    path.write_bytes(content.replace(b"MPF\0II*\0", b"MPF\0XX*\0"))
    assert read_picture(path).tolist() == [[200] * 8] * 8


def test_every_filter_is_undone(write_png: Write) -> None:
    assert read_picture(write_png(FILTERED, (3, 5), 0)).tolist() == [[10, 20, 30]] * 5


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparency_lies_over_black(mode: str, tmp_path: Path) -> None:
    picture = Image.fromarray(NOISE).convert(mode)
    pixels = np.asarray(picture).astype(float)
    expected = np.rint(pixels[..., :-1] * pixels[..., -1:] / 255).squeeze()
    assert np.array_equal(read_picture(saved(tmp_path, picture, "PNG")), expected)


def test_a_grey_that_stands_for_clear_is_black(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(np.array([[255, 7]], np.uint8)), "PNG", transparency=255)
    assert read_picture(path).tolist() == [[0, 7]]


@pytest.mark.parametrize(
    ("depth", "byte", "clear", "read"),
    [(2, 0b11_01_00_00, 3, [0, 85]), (2, 0b11_01_00_00, 1, [255, 0]), (4, 0xF2, 15, [0, 34])],
)
def test_a_clear_grey_of_few_bits_is_black(
    depth: int, byte: int, clear: int, read: list[int], write_png: Write
) -> None:
    path = write_png(bytes([0, byte]), (2, 1), 0, depth=depth, alphas=bytes([0, clear]))
    assert read_picture(path).tolist() == [read]


def test_a_png_may_say_behind_its_pixels_that_it_lies_on_its_side(tmp_path: Path) -> None:
    """As a camera's program writes it: eXIf after IDAT."""
    turned = Image.Exif()
    turned[0x0112] = 6
    path = saved(tmp_path, Image.fromarray(SMOOTH), "PNG", exif=turned)
    content = path.read_bytes()
    at = content.index(b"eXIf") - 4
    end = at + 12 + int.from_bytes(content[at : at + 4], "big")
    path.write_bytes(content[:at] + content[end:-12] + content[at:end] + content[-12:])
    assert np.array_equal(read_picture(path), np.rot90(SMOOTH, -1))


def test_a_palette_is_looked_up(write_png: Write) -> None:
    palette = {"palette": bytes([0, 0, 0, 9, 8, 7]), "alphas": bytes([255])}
    picture = read_picture(write_png(bytes([0, 1, 0]), (2, 1), 3, **palette))
    assert picture.tolist() == [[[9, 8, 7], [0, 0, 0]]]


def test_one_bit_is_black_or_white(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(np.array([[True, False]])), "PNG")
    assert read_picture(path).tolist() == [[255, 0]]


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


def refused(path: Path) -> str:
    """Why, in one line; warnings are errors in these tests."""
    with pytest.raises(RecipeError) as caught:
        read_picture(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return caught.value.found


@pytest.mark.parametrize("array", [np.zeros((2, 2), np.float32), np.zeros((2, 2), np.int32)])
def test_more_than_16_bits_are_never_cut(array: np.ndarray, tmp_path: Path) -> None:
    assert refused(saved(tmp_path, Image.fromarray(array), "TIFF")) == DEEP


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_of_16_bits_the_upper_8_are_taken(kind: str, tmp_path: Path) -> None:
    deep = np.array([[0, 0x00FF, 0x0100], [0x80FF, 0xFF00, 0xFFFF]], np.uint16)
    path = saved(tmp_path, Image.fromarray(deep), kind)
    assert read_picture(path).tolist() == [[0, 0, 1], [0x80, 0xFF, 0xFF]]


def test_of_colours_of_16_bits_the_upper_8_are_taken(write_png: Write) -> None:
    two_pixels = bytes([0, 0x00, 0xFF, 0x80, 0x00, 0xFF, 0xFF, 1, 2, 3, 4, 5, 6])
    path = write_png(two_pixels, (2, 1), 2, depth=16)
    assert read_picture(path).tolist() == [[[0x00, 0x80, 0xFF], [1, 3, 5]]]


def test_numbers_of_12_bits_in_16_are_refused_since_they_would_be_all_but_black(
    write_png: Write, tmp_path: Path
) -> None:
    deep = Image.fromarray(np.array([[0, 0x0FFF]], np.uint16))
    for kind in ("PNG", "TIFF"):
        assert refused(saved(tmp_path, deep, kind)) == DIM
    assert refused(write_png(bytes([0, 0x0F, 0xFF] + [0] * 4), (1, 1), 2, depth=16)) == DIM


def test_a_clear_colour_of_16_bits_is_refused(write_png: Write) -> None:
    pixel = bytes([0, 0xFF, 0xFF, 0x80, 0, 0, 0])
    assert refused(write_png(pixel, (1, 1), 2, depth=16, alphas=bytes(6))) == CLEAR


def test_of_16_bits_as_well_zero_may_be_white(tmp_path: Path) -> None:
    deep = Image.fromarray(np.array([[0, 200 * 256]], np.uint16))
    path = saved(tmp_path, deep, "TIFF", tiffinfo={262: 0})
    assert read_picture(path).tolist() == [[255, 55]]


def write_pages(path: Path, *pages: tuple[int, int]) -> Path:
    """A TIFF of grey squares; of each its grey, and the tag that says what it is to the others."""
    with TiffImagePlugin.AppendingTiffWriter(path, True) as file:
        for grey, kind in pages:
            Image.new("L", (8, 8), grey).save(file, "TIFF", tiffinfo={254: kind})
            file.newFrame()
    return path


def test_smaller_copies_behind_a_picture_are_passed_over(tmp_path: Path) -> None:
    path = write_pages(tmp_path / "pyramid.tif", (200, 0), (50, 1), (50, 4))
    assert read_picture(path).tolist() == [[200] * 8] * 8
    assert refused(write_pages(tmp_path / "pages.tif", (200, 2), (50, 2))) == MANY


def test_a_copy_in_front_of_a_raw_photograph_is_not_taken_for_it(tmp_path: Path) -> None:
    assert "raw photograph" in refused(write_pages(tmp_path / "raw.tif", (200, 1), (50, 0)))


@pytest.mark.parametrize("width", [720, 160])
def test_a_number_16_elsewhere_in_a_header_is_no_depth(width: int, tmp_path: Path) -> None:
    path = saved(tmp_path, Image.new("RGB" if width == 720 else "L", (width, 2)), "BMP")
    assert read_picture(path).shape[:2] == (2, width)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "TIFF", "AVIF"])
def test_moving_pictures_are_refused(kind: str, tmp_path: Path) -> None:
    first, second = (Image.new("RGB", (8, 8), colour) for colour in ("red", "blue"))
    path = saved(tmp_path, first, kind, save_all=True, append_images=[second])
    assert refused(path) == MANY


@pytest.mark.parametrize("side", [MAX_SIDE + 1, 12_000, 60_000, 2**31 - 1])
def test_large_pictures_are_refused_by_their_header(side: int, write_png: Write) -> None:
    assert refused(write_png(bytes([0, 1]), (side, min(side, 60_000)), 0)) == TOO_LARGE


@pytest.mark.parametrize(
    ("rows", "size", "colour"),
    [
        (bytes([0, 1]), (1, 1), 5),
        (bytes([5, 1]), (1, 1), 0),
        (bytes([0, 1]), (0, 1), 0),
        (bytes([0]), (2, 1), 0),
    ],
)
def test_pictures_that_contradict_themselves_are_refused(
    rows: bytes, size: tuple[int, int], colour: int, write_png: Write
) -> None:
    assert refused(write_png(rows, size, colour)) == DAMAGED


def test_no_more_is_unpacked_than_the_header_says(write_png: Write) -> None:
    path = write_png(bytes(100_000_000), (2, 1), 0)
    assert path.stat().st_size < 200_000
    assert read_picture(path).tolist() == [[0, 0]]


def test_every_damaged_byte_of_a_png_is_noticed(write_png: Write) -> None:
    path = write_png(FILTERED, (3, 5), 0)
    whole = path.read_bytes()
    # The last chunk, of 12 bytes, holds nothing.
    for at in range(len(whole) - 12):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x20]) + whole[at + 1 :])
        assert refused(path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_every_shortened_file_is_refused(kind: str, tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(NOISE[:6, :5, :3]), kind)
    whole = path.read_bytes()
    # The last bytes only say that nothing follows.
    for length in range(len(whole) - 4):
        path.write_bytes(whole[:length])
        assert refused(path).startswith((DAMAGED, "not a picture but"))
