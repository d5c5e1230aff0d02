"""Pictures of the usual formats as 8-bit pixels; the header is checked before anything is decoded."""

import logging
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from edgeline.sources.intake import PICTURES, BadItem, file_type

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff")
MAX_SIDE = 4096
"""Pixels; a bomb of 12,000 x 12,000 is decoded by Pillow's own limit, in seconds and 432 MB."""

STRIP_PIXELS = 2**20
GREY = ("1", "L")
# Attributes under which the formats note that a picture must be turned before it is looked at.
ORIENTATION = ("exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif")

TOO_LARGE = f"more than {MAX_SIDE} x {MAX_SIDE} pixels"
DAMAGED = "damaged or cut off"
DEEP = "more than 8 bits per sample"
MANY = "more than one picture in a file"

# What Pillow raises for files that are damaged, hostile or hold something else.
UNREADABLE = (
    OSError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    SyntaxError,
    OverflowError,
    ZeroDivisionError,
    AttributeError,
    MemoryError,
    struct.error,
    zlib.error,
    Warning,
)


@contextmanager
def warnings_as_errors() -> Iterator[None]:
    """Within it, a picture that Pillow warns of is a bad one; enter it before any thread starts."""
    # Pillow also logs what it cannot read, by default to standard error.
    log = logging.getLogger("PIL")
    level = log.level
    log.setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.simplefilter("error", RuntimeWarning)
        try:
            yield
        finally:
            log.setLevel(level)


def decode(file: BinaryIO) -> NDArray[np.uint8]:
    """Pixels (H, W) or (H, W, 3), turned as its Exif says; transparency is laid over black.

    Raises:
        BadItem: not a picture, too large, deeper than 8 bits, several in one, or damaged.
    """
    try:
        with Image.open(file, formats=FORMATS) as picture:
            _check_header(picture)
            return _pixels(picture)
    except BadItem:
        raise
    except UnidentifiedImageError:
        file.seek(0)
        actual = file_type(file.read(64))
        raise BadItem(DAMAGED if actual in PICTURES else f"not a picture but {actual}") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadItem(TOO_LARGE) from None
    except UNREADABLE:
        raise BadItem(DAMAGED) from None


def _check_header(picture: Image.Image) -> None:
    if max(picture.size) > MAX_SIDE:
        raise BadItem(TOO_LARGE)
    if picture.mode.startswith(("I", "F")) or any(
        "16" in str(tile[3]) for tile in getattr(picture, "tile", ())
    ):
        raise BadItem(DEEP)
    if getattr(picture, "is_animated", False):
        raise BadItem(MANY)


def _pixels(picture: Image.Image) -> NDArray[np.uint8]:
    if any(name in picture.info for name in ORIENTATION):
        picture = ImageOps.exif_transpose(picture)
    width, height = picture.size
    rows = max(1, STRIP_PIXELS // width)
    if rows >= height:
        return _plain(picture)
    # Strip by strip, since Pillow needs several times the room of what it converts.
    tops = range(0, height, rows)
    return np.concatenate(
        [_plain(picture.crop((0, top, width, min(top + rows, height)))) for top in tops]
    )


def _plain(picture: Image.Image) -> NDArray[np.uint8]:
    """Grey (H, W) or colour (H, W, 3), without transparency."""
    if picture.has_transparency_data:
        picture = _over_black(picture)
    if picture.mode in GREY:
        return np.asarray(picture.convert("L") if picture.mode == "1" else picture)
    return np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))


def _over_black(picture: Image.Image) -> Image.Image:
    mode = "LA" if picture.mode in ("L", "LA", "La", "1") else "RGBA"
    layers = picture if picture.mode == mode else picture.convert(mode)
    below = Image.new(mode[:-1], layers.size)
    below.paste(layers.convert(mode[:-1]), mask=layers.getchannel("A"))
    return below
