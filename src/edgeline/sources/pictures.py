"""Pictures that a set is made of: decoded as a device decodes them, with a reason where one is bad."""

from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from edgeline.edge import picture
from edgeline.sources.intake import BadItem

SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".webp", ".gif", ".bmp", ".dib", ".tif"),
    *(".tiff", ".avif", ".heic", ".heif", ".hif"),
)
"""By which a picture is recognised that lies in no folder of a class."""


def decode(file: BinaryIO) -> NDArray[np.uint8]:
    """As `edge.picture.decode`.

    Raises:
        BadItem: for the same reasons.
    """
    try:
        return picture.decode(file)
    except picture.PictureError as error:
        raise BadItem(str(error)) from None
