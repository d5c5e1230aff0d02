"""Pictures of the usual formats as 8-bit pixels, decoded by Pillow; the lab reads them here as well,
so that a device sees the same pixels as the network learned from.

What a device is handed may be hostile, so the header is checked before anything is decoded.
"""

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from edgeline.errors import RecipeError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MAX_SIDE = 4096
"""Pixels; a bomb of 12,000 x 12,000 is decoded by Pillow's own limit, in seconds and 432 MB."""

MAX_FILE_BYTES = 2**26
STRIP_PIXELS = 2**20
# How Pillow spells samples of 16 bits in a file whose picture it would cut to 8.
SIXTEEN_BITS = re.compile(r";16[BLN]")
# Attributes under which the formats note that a picture must be turned before it is looked at.
ORIENTATION = ("exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif")

UNKNOWN = "bytes of another kind"
TOO_LARGE = f"more than {MAX_SIDE} x {MAX_SIDE} pixels"
DAMAGED = "damaged or cut off"
DEEP = "more than 8 bits per sample"
MANY = "more than one picture in a file"


class PictureError(ValueError):
    """A picture cannot be read; the message is the reason, one of a few fixed texts."""


class NotAPicture(PictureError):
    """The file is none of the formats, or damaged where it says which."""


def read_picture(path: Path) -> NDArray[np.uint8]:
    """8-bit pixels (H, W) or (H, W, 3), turned as its Exif says; transparency is laid over black.

    Raises:
        RecipeError: no such file, or not one of the supported kinds.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ValueError(f"more than {MAX_FILE_BYTES} bytes")
        if path.suffix == ".npy":
            return _npy(path)
        with path.open("rb") as file, warnings_as_errors():
            return decode(file, FORMATS, verify=True)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise RecipeError(
            expected=f"a picture ({', '.join(FORMATS)}, 8 bits) or a uint8 .npy in {path}",
            found=reason or "a file that cannot be read",
            remedy="give another path, or convert the picture",
        ) from error


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


def decode(file: BinaryIO, formats: tuple[str, ...], *, verify: bool = False) -> NDArray[np.uint8]:
    """As `read_picture`, from an open file of one of these formats of Pillow's.

    `verify` compares the checksums of the formats that have some, which reads the file twice.

    Raises:
        NotAPicture: it begins as none of the formats does.
        PictureError: too large, deeper than 8 bits, several in one, or damaged.
    """
    try:
        with Image.open(file, formats=formats) as picture:
            _check_header(picture)
            if not verify:
                return _pixels(picture)
            picture.verify()
        file.seek(0)
        return decode(file, formats)
    except PictureError:
        raise
    except UnidentifiedImageError:
        raise NotAPicture(UNKNOWN) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureError(TOO_LARGE) from None
    except Exception:  # noqa: BLE001  of a damaged file Pillow says whatever Python has
        raise PictureError(DAMAGED) from None


def _check_header(picture: Image.Image) -> None:
    if max(picture.size) > MAX_SIDE:
        raise PictureError(TOO_LARGE)
    samples = " ".join(str(tile[3]) for tile in getattr(picture, "tile", ()))
    if picture.mode.startswith(("I", "F")) or SIXTEEN_BITS.search(samples):
        raise PictureError(DEEP)
    # Telephones put a second, smaller picture behind a photograph (MPO); the first one is meant.
    if getattr(picture, "is_animated", False) and picture.format != "MPO":
        raise PictureError(MANY)


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
    return np.asarray(picture.convert("L" if picture.mode in ("1", "L") else "RGB"))


def _over_black(picture: Image.Image) -> Image.Image:
    mode = "LA" if picture.mode in ("L", "LA", "La", "1") else "RGBA"
    layers = picture if picture.mode == mode else picture.convert(mode)
    below = Image.new(mode[:-1], layers.size)
    below.paste(layers.convert(mode[:-1]), mask=layers.getchannel("A"))
    return below


def _npy(path: Path) -> NDArray[np.uint8]:
    array: NDArray[np.uint8] = np.load(path, allow_pickle=False)
    if not isinstance(array, np.ndarray) or array.dtype != np.uint8 or array.size == 0:
        raise ValueError("an array of other values than uint8, or of none")
    if array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3)):
        return array
    raise ValueError(f"an array of shape {array.shape}, not (H, W), (H, W, 1) or (H, W, 3)")
