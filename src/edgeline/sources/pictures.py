"""Pictures that a set is made of: decoded as a device decodes them, with a reason where one is bad."""

from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from edgeline.edge import picture
from edgeline.sources.intake import PICTURES, BadItem, file_type

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff")


def decode(file: BinaryIO) -> NDArray[np.uint8]:
    """Pixels (H, W) or (H, W, 3), turned as its Exif says; transparency is laid over black.

    Raises:
        BadItem: not a picture, too large, deeper than 8 bits, several in one, or damaged.
    """
    try:
        return picture.decode(file, FORMATS)
    except picture.NotAPicture:
        file.seek(0)
        actual = file_type(file.read(64))
        reason = picture.DAMAGED if actual in PICTURES else f"not a picture but {actual}"
        raise BadItem(reason) from None
    except picture.PictureError as error:
        raise BadItem(str(error)) from None
