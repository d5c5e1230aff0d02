"""Odd pictures through the lab and through a device: equal pixels, or refused by both for one reason."""

import io

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from edgeline.datasets import raw
from edgeline.edge import picture, readings
from edgeline.errors import RecipeError
from edgeline.preprocess import Preprocessing
from edgeline.recipe.data import Data
from edgeline.sources.fetch import fetch

RANDOM = np.random.default_rng(0)
COLOUR = RANDOM.integers(0, 256, (9, 12, 3), dtype=np.uint8)
GREY = RANDOM.integers(0, 256, (9, 12), dtype=np.uint8)
ALPHA = RANDOM.integers(0, 256, (9, 12), dtype=np.uint8)
DEEP = RANDOM.integers(0, 65_536, (9, 12), dtype=np.uint16)
BITS = GREY > 127
OVER_BLACK = np.rint(COLOUR.astype(float) * ALPHA[..., None] / 255).astype(np.uint8)

# Exif's numbers: how the stored lines must be turned to be looked at.
TURNS = {
    2: np.fliplr,
    3: lambda pixels: np.rot90(pixels, 2),
    4: np.flipud,
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.rot90(pixels.swapaxes(0, 1), 2),
    8: np.rot90,
}
LOSSLESS = {"PNG": {}, "WEBP": {"lossless": True}, "TIFF": {}, "BMP": {}}
LOSSY = {"JPEG": {"quality": 90}, "AVIF": {"quality": 90}}


def saved(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def exif(turn):
    tags = Image.Exif()
    tags[0x0112] = turn
    return {"exif": tags}


def xmp(kind, turn):
    text = f'<x:xmpmeta><rdf:Description tiff:Orientation="{turn}"/></x:xmpmeta>'
    if kind == "TIFF":
        return {"tiffinfo": {700: text.encode()}}
    if kind != "PNG":
        return {"xmp": text.encode()}
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt("XML:com.adobe.xmp", text)
    return {"pnginfo": chunks}


def turned():
    """A file for each turn, note and format; what is read of it, where that is exact."""
    for turn, function in TURNS.items():
        for kind, options in ({k: v for k, v in LOSSLESS.items() if k != "BMP"} | LOSSY).items():
            pixels = function(COLOUR) if kind in LOSSLESS else None
            for note, more in (("Exif", exif(turn)), ("XMP", xmp(kind, turn))):
                content = saved(Image.fromarray(COLOUR), kind, **options, **more)
                yield f"{kind} turned by {note} {turn}", content, pixels


def of_modes():
    """A file for each format and form of samples."""
    layered = Image.fromarray(np.dstack([COLOUR, ALPHA]))
    for kind, options in LOSSLESS.items():
        yield f"{kind} colour", saved(Image.fromarray(COLOUR), kind, **options), COLOUR
        if kind != "BMP":
            yield f"{kind} alpha", saved(layered, kind, **(options | {"exact": True})), OVER_BLACK
    for kind in ("PNG", "TIFF", "BMP", "GIF"):
        grey = None if kind == "GIF" else GREY
        yield f"{kind} grey", saved(Image.fromarray(GREY), kind), grey
        bits = None if kind == "GIF" else np.uint8(255) * BITS
        yield f"{kind} bits", saved(Image.fromarray(BITS), kind), bits
        palette = Image.fromarray(COLOUR).quantize(16)
        yield f"{kind} palette", saved(palette, kind), np.asarray(palette.convert("RGB"))
    for kind in ("JPEG", "AVIF", "WEBP"):
        for mode in ("L", "RGB"):
            yield f"{kind} {mode}", saved(Image.fromarray(COLOUR).convert(mode), kind), None
    for mode in ("CMYK", "YCbCr"):
        converted = Image.fromarray(COLOUR).convert(mode)
        yield f"TIFF {mode}", saved(converted, "TIFF"), np.asarray(converted.convert("RGB"))
        yield f"JPEG {mode}", saved(converted, "JPEG"), None
    for way in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        yield f"TIFF {way}", saved(Image.fromarray(COLOUR), "TIFF", compression=way), COLOUR
    fax = saved(Image.fromarray(BITS), "TIFF", compression="group4")
    yield "TIFF group4", fax, np.uint8(255) * BITS
    yield "JPEG in steps", saved(Image.fromarray(COLOUR), "JPEG", progressive=True), None


def of_clear_colours():
    first = int(GREY[0, 0])
    grey = saved(Image.fromarray(GREY), "PNG", transparency=first)
    yield "PNG clear grey", grey, np.where(first == GREY, 0, GREY).astype(np.uint8)
    clear = tuple(COLOUR[0, 0].tolist())
    black = COLOUR.copy()
    black[(COLOUR[0, 0] == COLOUR).all(axis=2)] = 0
    yield "PNG clear colour", saved(Image.fromarray(COLOUR), "PNG", transparency=clear), black
    white = saved(Image.fromarray(BITS), "PNG", transparency=1)
    yield "PNG clear white of 1 bit", white, np.zeros((9, 12), np.uint8)
    palette = Image.fromarray(COLOUR).quantize(8)
    for kind in ("PNG", "GIF"):
        index = np.asarray(palette)
        pixels = np.asarray(palette.convert("RGB")) * (index != 3)[..., None].astype(np.uint8)
        yield f"{kind} clear in a palette", saved(palette, kind, transparency=3), pixels
    alphas = bytes(range(0, 256, 32))
    yield "PNG palette with alphas", saved(palette, "PNG", transparency=alphas), None


def of_16_bits():
    upper = (DEEP >> 8).astype(np.uint8)
    deep = Image.fromarray(DEEP)
    big = Image.frombytes("I;16B", (12, 9), DEEP.astype(">u2").tobytes())
    yield "PNG 16 bits", saved(deep, "PNG"), upper
    yield "TIFF 16 bits", saved(deep, "TIFF"), upper
    yield "TIFF 16 bits, big end first", saved(big, "TIFF"), upper
    yield "TIFF 16 bits, white is 0", saved(deep, "TIFF", tiffinfo={262: 0}), 255 - upper
    yield "PNG 16 bits turned", saved(deep, "PNG", **exif(6)), np.rot90(upper, -1)
    yield "TIFF 16 bits turned", saved(deep, "TIFF", **exif(6)), np.rot90(upper, -1)
    clear = saved(deep, "PNG", transparency=int(DEEP[0, 0]))
    yield "PNG 16 bits clear", clear, np.where(DEEP[0, 0] == DEEP, 0, upper).astype(np.uint8)


def of_two():
    first, second = Image.fromarray(COLOUR), Image.fromarray(255 - COLOUR)
    for kind in ("PNG", "GIF", "TIFF", "WEBP", "AVIF"):
        yield (
            f"{kind} of two",
            saved(first, kind, save_all=True, append_images=[second]),
            "more than one",
        )
    telephone = saved(first, "MPO", save_all=True, append_images=[second.resize((4, 3))])
    yield "JPEG with a smaller one behind it", telephone, None


def refused():
    for kind, mode, reason in (
        ("TIFF", "I", "32 bits"),
        ("TIFF", "F", "32 bits"),
        ("TIFF", "LAB", "neither grey nor RGB"),
    ):
        yield f"{kind} {mode}", saved(Image.new(mode, (12, 9)), kind), reason
    yield "12 bits in 16", saved(Image.fromarray(DEEP >> 4), "PNG"), "upper 4"
    yield "JPEG 2000", saved(Image.fromarray(COLOUR), "JPEG2000"), "a JPEG 2000, which is not read"
    yield "PPM", saved(Image.fromarray(COLOUR), "PPM"), "a PBM, PGM or PPM, which is not read"
    yield "half a PNG", saved(Image.fromarray(COLOUR), "PNG")[:200], "damaged"
    broken = bytearray(saved(Image.fromarray(COLOUR), "PNG"))
    broken[-13] ^= 1
    yield "PNG with a wrong checksum", bytes(broken), "damaged"
    yield "half a WebP", saved(Image.fromarray(COLOUR), "WEBP", lossless=True)[:100], "damaged"


PICTURES = {
    name: (content, expected)
    for make in (turned, of_modes, of_clear_colours, of_16_bits, of_two, refused)
    for name, content, expected in make()
}
SHAPE = (8, 8, 3)
TO_SHAPE = Preprocessing("image", SHAPE, (0.0,) * 3, (1.0,) * 3)


def test_lab_and_device_see_equal_pixels_or_refuse_for_one_reason(tmp_path):
    for number, (name, (content, _)) in enumerate(PICTURES.items()):
        (tmp_path / "odd" / "ab"[number % 2]).mkdir(parents=True, exist_ok=True)
        (tmp_path / "odd" / "ab"[number % 2] / name).write_bytes(content)
    settings = Data(source="image-folder", path="odd", image_size=8, channels=3)
    fetch(tmp_path / "data" / "x", settings, root=tmp_path)
    source = raw.read(tmp_path / "data" / "x" / "raw.npz")
    learned = dict(zip(source.items.ids.tolist(), source.items.values, strict=True))
    reasons = {bad.id: bad.reason for bad in source.quarantine}

    assert len(learned) + len(reasons) == len(PICTURES) > 100
    for id, pixels in learned.items():
        [(_, seen)] = readings.read(tmp_path / "odd" / id, TO_SHAPE)
        assert np.array_equal(TO_SHAPE.fit(seen), pixels), id
    for id, reason in reasons.items():
        with pytest.raises(RecipeError) as caught:
            readings.read(tmp_path / "odd" / id, TO_SHAPE)
        assert caught.value.found == reason, id


@pytest.mark.parametrize(("content", "expected"), PICTURES.values(), ids=PICTURES)
def test_what_is_read_of_an_odd_picture_is_what_was_put_into_it(content, expected):
    with picture.warnings_as_errors():
        if isinstance(expected, str):
            with pytest.raises(picture.PictureError, match=expected):
                picture.decode(io.BytesIO(content))
            return
        pixels = picture.decode(io.BytesIO(content))

    assert pixels.dtype == np.uint8
    if expected is not None:
        assert np.array_equal(pixels, expected)


@pytest.mark.parametrize("kind", LOSSY)
@pytest.mark.parametrize("turn", TURNS)
def test_a_photograph_is_turned_as_it_says(kind, turn):
    """Half of it is white: lossy formats keep that."""
    half = np.zeros((32, 48), np.uint8)
    half[:, :24] = half[:16] = 255
    for note in (exif(turn), xmp(kind, turn)):
        content = saved(Image.fromarray(half).convert("RGB"), kind, **note)
        pixels = picture.decode(io.BytesIO(content))[..., 0].astype(int)
        wanted = TURNS[turn](half)
        assert pixels.shape == wanted.shape
        assert np.abs(pixels - wanted).mean() < 10
