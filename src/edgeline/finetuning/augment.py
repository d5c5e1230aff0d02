"""Random movements of a batch of images: what a pen, a camera or a slope would do.

Legend: B batch, C channels, H height, W width.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

# Half-widths of the uniform draws at strength 1; each keeps a digit the digit it was.
ROTATION = math.radians(15)
SCALE = 0.15
SHEAR = 0.2
SHIFT = 0.1
"""Share of half the side."""
BEND = 0.08
"""Spread of a smooth displacement (Simard et al., ICDAR 2003), as a share of half the side."""
KNOTS = 4


def jitter(images_BCHW: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Each image turned, scaled, sheared, shifted and bent by its own draw; 0 changes nothing."""
    if strength == 0:
        return images_BCHW
    batch, _, height, width = images_BCHW.shape
    turn, size, aspect, shear, right, down = strength * (
        2 * torch.rand(6, batch, generator=generator) - 1
    )
    angle, stretch = ROTATION * turn, torch.exp(SCALE * size)
    wide, high = stretch * torch.exp(SCALE / 2 * aspect), stretch * torch.exp(-SCALE / 2 * aspect)
    cos, sin, slope = torch.cos(angle), torch.sin(angle), SHEAR * shear
    rows = [
        torch.stack([cos * wide, (slope * cos - sin) * high, SHIFT * right], dim=1),
        torch.stack([sin * wide, (slope * sin + cos) * high, SHIFT * down], dim=1),
    ]
    grid_BHW2 = F.affine_grid(
        torch.stack(rows, dim=1), [batch, 1, height, width], align_corners=False
    )
    knots = BEND * strength * torch.randn(batch, 2, KNOTS, KNOTS, generator=generator)
    bend_B2HW = F.interpolate(knots, size=(height, width), mode="bicubic", align_corners=False)
    grid_BHW2 = grid_BHW2 + bend_B2HW.permute(0, 2, 3, 1)
    # The border is repeated, since zero is a grey once an image is normalised.
    return F.grid_sample(images_BCHW, grid_BHW2, padding_mode="border", align_corners=False)
