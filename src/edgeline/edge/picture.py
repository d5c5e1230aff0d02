"""Pictures of the usual formats as 8-bit pixels, decoded by Pillow; the lab reads them here as well,
so that a device sees the same pixels as the network learned from.

What a device is handed may be hostile, so the header is checked before anything is decoded.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, ImageSequence, PngImagePlugin, TiffImagePlugin, features

from edgeline.errors import RecipeError
from edgeline.file_type import HEAD_BYTES, file_type

HEIC = "a HEIC"
FORMATS = {
    "a PNG": "PNG",
    "a JPEG": "JPEG",
    "a WebP": "WEBP",
    "a GIF": "GIF",
    "a BMP": "BMP",
    "a TIFF": "TIFF",
    "an AVIF": "AVIF",
    HEIC: "HEIF",
}
"""Types of files that are read, and what Pillow calls them."""
EXTENSIONS = {"a WebP": "webp", "an AVIF": "avif"}
"""Those that a Pillow of one's own may have been built without."""
OTHERS = (
    "a raw photograph",
    "a JPEG 2000",
    "a JPEG XL",
    "a Photoshop picture",
    "a PBM, PGM or PPM",
    "an icon",
    "a DICOM",
)
"""Types of pictures that are not read."""
MODES = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr")
"""Pillow's, of 8 bits or fewer per sample. I;16, grey of 16 bits, is read as well."""

MAX_SIDE = 4096
"""Pixels; a bomb of 12,000 x 12,000 is decoded by Pillow's own limit, in seconds and 432 MB."""
MAX_FILE_BYTES = 2**26
STRIP_PIXELS = 2**20
MAX_REDUCED = 32
"""Smaller copies of a TIFF's picture behind it."""
# Attributes under which the formats note that a picture must be turned before it is looked at.
ORIENTATION = ("exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif")

# TIFF's tags, and the bits of the first that mark a page as a smaller copy, or as a mask, of another.
KIND_OF_PAGE, BITS, PHOTOMETRIC, DNG = 254, 258, 262, 50706
REDUCED, MASK = 1, 4
WHITE_IS_ZERO = 0
GREYS = {"L;2": 85, "L;4": 17}
"""What the samples of a PNG are multiplied by."""

TOO_LARGE = f"more than {MAX_SIDE} x {MAX_SIDE} pixels"
DAMAGED = "damaged, cut off or of a rare form: save it again as PNG or JPEG"
DEEP = "samples of 32 bits, or with a sign or a fraction: scale them to 0..255"
DIM = "samples of more than 8 bits, the upper 4 of which are never used: scale them to 0..255"
CLEAR = "16 bits per sample and a colour that stands for clear: convert it to 8 bits"
COLOURS = "colours that are neither grey nor RGB, CMYK or YCbCr: convert it to RGB"
MANY = "more than one picture in a file"
CONVERT = "which is not read: convert it to PNG or JPEG"
CONVERT_HEIC = f"{HEIC}, which is not read here: install pillow-heif, or convert it to PNG or JPEG"


class PictureError(ValueError):
    """A picture cannot be read; the message is the reason, one of a few fixed texts."""


def read_picture(path: Path) -> NDArray[np.uint8]:
    """8-bit pixels (H, W) or (H, W, 3), as `decode` reads them; of an .npy those in it.

    Raises:
        RecipeError: no such file, or not one of the supported kinds.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ValueError(f"more than {MAX_FILE_BYTES} bytes")
        if path.suffix == ".npy":
            return _npy(path)
        with path.open("rb") as file, warnings_as_errors():
            return decode(file)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise RecipeError(
            expected=f"a picture ({', '.join(FORMATS.values())}) or a uint8 .npy in {path}",
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
        # Some telephones describe the second picture wrongly; the first one is meant.
        warnings.filterwarnings("ignore", "Image appears to be a malformed MPO file")
        try:
            yield
        finally:
            log.setLevel(level)


def decode(file: BinaryIO) -> NDArray[np.uint8]:
    """Pixels (H, W) or (H, W, 3), turned as Exif or XMP says; transparency is laid over black.

    Of 16 bits per sample the upper 8 are taken. Of a telephone's several pictures the first is read.
    `file` must be open, and at its start.

    Raises:
        PictureError: another kind of file, too large, too deep, several in one, or damaged.
    """
    name = _format(file)
    try:
        with Image.open(file, formats=[name]) as picture:
            _check_header(picture)
            if name != "PNG":
                return _pixels(picture)
            # The checksums, which are not looked at when it is decoded; afterwards it is used up.
            picture.verify()
        file.seek(0)
        with Image.open(file, formats=[name]) as picture:
            return _pixels(picture)
    except PictureError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureError(TOO_LARGE) from None
    except Exception:  # noqa: BLE001  of a damaged file Pillow says whatever Python has
        raise PictureError(DAMAGED) from None


def _format(file: BinaryIO) -> str:
    """What Pillow calls the format of a file, whatever the file itself is called."""
    found = file_type(file.read(HEAD_BYTES))
    file.seek(0)
    if found == HEIC and not _register_heif():
        raise PictureError(CONVERT_HEIC)
    if found in OTHERS or (found in EXTENSIONS and not features.check(EXTENSIONS[found])):
        raise PictureError(f"{found}, {CONVERT}")
    if found not in FORMATS:
        raise PictureError(f"not a picture but {found}")
    return FORMATS[found]


def _register_heif() -> bool:
    """Pillow's plug-in for what telephones write, where it is installed."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return False
    register_heif_opener()
    return True


def _check_header(picture: Image.Image) -> None:
    if max(picture.size) > MAX_SIDE:
        raise PictureError(TOO_LARGE)
    if picture.mode in ("I", "F"):
        raise PictureError(DEEP)
    if picture.mode not in MODES and not picture.mode.startswith("I;16"):
        raise PictureError(COLOURS)
    if isinstance(picture, TiffImagePlugin.TiffImageFile):
        _check_pages(picture)
    # Telephones put a second, smaller picture behind a photograph; the first one is meant.
    elif getattr(picture, "is_animated", False) and picture.format not in ("MPO", "HEIF"):
        raise PictureError(MANY)
    # Pillow would look for it among the upper bits alone.
    if picture.mode == "RGB" and _bits(picture) > 8 and "transparency" in picture.info:
        raise PictureError(CLEAR)


def _check_pages(picture: TiffImagePlugin.TiffImageFile) -> None:
    """The first page of a TIFF must be its picture, and the others copies or masks of that."""
    if picture.tag_v2.get(KIND_OF_PAGE, 0) & REDUCED or DNG in picture.tag_v2:
        raise PictureError(f"a raw photograph, {CONVERT}")
    for number, _ in enumerate(ImageSequence.Iterator(picture)):
        is_copy = picture.tag_v2.get(KIND_OF_PAGE, 0) & (REDUCED | MASK)
        if number > MAX_REDUCED or (number and not is_copy):
            raise PictureError(MANY)
    picture.seek(0)


def _bits(picture: Image.Image) -> int:
    """Per sample of a file that was opened and not yet decoded."""
    if isinstance(picture, TiffImagePlugin.TiffImageFile):
        return int(max(picture.tag_v2.get(BITS, (1,))))
    if isinstance(picture, PngImagePlugin.PngImageFile):
        return 16 if str(picture.tile[0].args).endswith(";16B") else 8
    return 8


def _pixels(picture: Image.Image) -> NDArray[np.uint8]:
    bits = _bits(picture)
    _scale_clear_grey(picture)
    # A PNG may say behind its pixels that it must be turned.
    picture.load()
    if picture.mode.startswith("I;16"):
        picture = _upper_bits(picture, bits)
    elif any(name in picture.info for name in ORIENTATION):
        picture = ImageOps.exif_transpose(picture)
    pixels = _in_strips(picture)
    if bits > 8 and pixels.max() < 16:
        raise PictureError(DIM)
    return pixels


def _scale_clear_grey(picture: Image.Image) -> None:
    """Pillow brings greys of 2 and 4 bits to 8, but not the one that stands for clear."""
    if isinstance(picture, PngImagePlugin.PngImageFile) and "transparency" in picture.info:
        picture.info["transparency"] *= GREYS.get(str(picture.tile[0].args), 1)


def _in_strips(picture: Image.Image) -> NDArray[np.uint8]:
    """Strip by strip, since Pillow needs several times the room of what it converts."""
    width, height = picture.size
    rows = max(1, STRIP_PIXELS // width)
    if rows >= height:
        return _plain(picture)
    tops = range(0, height, rows)
    return np.concatenate(
        [_plain(picture.crop((0, top, width, min(top + rows, height)))) for top in tops]
    )


def _upper_bits(picture: Image.Image, bits: int) -> Image.Image:
    """Grey of 8 bits from grey of `bits`, turned as it must be, with the clear grey as black."""
    tags = getattr(picture, "tag_v2", {})
    turned = ImageOps.exif_transpose(picture)
    values = np.asarray(turned)
    if tags.get(PHOTOMETRIC) == WHITE_IS_ZERO:
        values = np.uint16(2**bits - 1) - values
    if "transparency" in picture.info:
        values = np.where(values == picture.info["transparency"], 0, values)
    return Image.fromarray((values >> (bits - 8)).astype(np.uint8))


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
