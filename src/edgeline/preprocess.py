"""What the lab and the device both do to an image before a network sees it: numpy only, described by data.

The description is hashed with the model, so a device cannot feed it other numbers than it was trained on.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeline.digest import JsonValue

# ITU-R BT.601 luma, the weights of every common grey conversion.
LUMA = np.array([0.299, 0.587, 0.114])


@dataclass(frozen=True)
class Preprocessing:
    """Normalisation of 8-bit images: (value / 255 - mean) / std, channel by channel."""

    channels: int
    """1 for grey, 3 for colour."""
    image_size: int
    """Height and width in pixels."""
    mean: tuple[float, ...]
    """Per channel, of values scaled to 0..1."""
    std: tuple[float, ...]
    """Per channel, of values scaled to 0..1; not zero."""

    def __call__(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Network input (N, C, H, W) from 8-bit images (N, H, W) or (N, H, W, C) of the right size.

        Raises:
            ValueError: another size, number of channels or type of value.
        """
        if images.dtype != np.uint8:
            raise ValueError(f"expected 8-bit images (uint8), found {images.dtype}")
        pixels_NHWC = images[..., None] if images.ndim == 3 else images
        wanted = (self.image_size, self.image_size, self.channels)
        if pixels_NHWC.ndim != 4 or pixels_NHWC.shape[1:] != wanted:
            raise ValueError(
                f"expected images of height, width, channels {wanted}, found {images.shape[1:]}"
            )
        mean, std = np.array(self.mean, np.float32), np.array(self.std, np.float32)
        scaled = (pixels_NHWC.astype(np.float32) / np.float32(255) - mean) / std
        return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))

    def fit(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """One 8-bit picture (H, W) or (H, W, 1|3) brought to this size and number of channels: luma, then bilinear."""
        pixels_HWC = (image[..., None] if image.ndim == 2 else image).astype(np.float64)
        if pixels_HWC.shape[2] == 3 and self.channels == 1:
            pixels_HWC = (pixels_HWC @ LUMA)[..., None]
        elif pixels_HWC.shape[2] == 1 and self.channels == 3:
            pixels_HWC = np.repeat(pixels_HWC, 3, axis=2)
        for axis in (0, 1):
            pixels_HWC = _resample(pixels_HWC, axis, self.image_size)
        return np.clip(np.rint(pixels_HWC), 0, 255).astype(np.uint8)

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "channels": self.channels,
            "image_size": self.image_size,
            "mean": [repr(value) for value in self.mean],
            "std": [repr(value) for value in self.std],
        }

    @classmethod
    def from_json(cls, described: dict[str, JsonValue]) -> "Preprocessing":
        """Raises KeyError, TypeError or ValueError where the description is not one of ours."""
        match described:
            case {
                "channels": int(channels),
                "image_size": int(size),
                "mean": list(mean),
                "std": list(std),
            }:
                floats = [tuple(float(str(value)) for value in values) for values in (mean, std)]
                return cls(channels, size, floats[0], floats[1])
        raise ValueError(f"expected channels, image_size, mean and std, found {sorted(described)}")


def _resample(pixels: NDArray[np.float64], axis: int, size: int) -> NDArray[np.float64]:
    """Bilinear along one axis, sampling at pixel centres."""
    length = pixels.shape[axis]
    if length == size:
        return pixels
    centres = np.clip((np.arange(size) + 0.5) * length / size - 0.5, 0, length - 1)
    low = np.floor(centres).astype(int)
    high = np.minimum(low + 1, length - 1)
    share = (centres - low).reshape([-1 if axis == at else 1 for at in range(pixels.ndim)])
    resampled: NDArray[np.float64] = (
        np.take(pixels, low, axis) * (1 - share) + np.take(pixels, high, axis) * share
    )
    return resampled
