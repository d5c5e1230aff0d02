"""Random changes of a batch that keep every item's class: a pen's, an X-ray machine's, a sensor's.

They act on a network's inputs, after normalisation, with a draw of its own for each item.

Legend: B batch, C channels, H height, W width, T steps, F features.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from edgeline.errors import RecipeError

Change = Callable[[Tensor, torch.Generator], Tensor]
"""A batch of inputs, each changed at random."""

# Half-widths of the uniform draws at strength 1; with each a digit stays that digit.
ROTATION = math.radians(15)
SCALE = 0.15
SHEAR = 0.2
SHIFT = 0.1
"""Share of half the side."""
BEND = 0.08
"""Spread of a smooth displacement (Simard et al., ICDAR 2003), as a share of half the side."""
KNOTS = 4

# Of an X-ray: smaller rotations than a digit's, but more difference of exposure and film.
TILT = math.radians(10)
DISTANCE = 0.1
STAND = 0.1
"""Share of half the side."""
CONTRAST = 0.25
GAMMA = 0.25
"""Of the exponent's logarithm, as CONTRAST of the factor's."""

# Of a sensor, in standard deviations of its channel. On recorded voices a constant offset helped
# most; silences and delays did not help.
OFFSET = 0.3
NOISE = 0.3
ROW_NOISE = 0.1
"""Of a table's row, whose features have no neighbours in time that a network could average."""
GAIN = 0.1
WARP = 0.15
"""Share of the known steps, of which it is a quarter at most."""
MAX_WARP = 0.25


def policy(name: str, strength: float) -> Change:
    """The changes of that name; at strength 0 there are none.

    Raises:
        RecipeError: no such policy; or, when it is called, a policy for another kind of items.
    """
    if name not in POLICIES:
        raise RecipeError(
            expected=f"an augmentation among {', '.join(POLICIES)}",
            found=repr(name),
            remedy="set data.augmentation to one of them",
        )
    axes, change = POLICIES[name]

    def apply(inputs: Tensor, generator: torch.Generator) -> Tensor:
        if inputs.ndim not in axes:
            raise RecipeError(
                expected=f"data.augmentation for inputs of {inputs.ndim - 1} axes",
                found=f"{name!r}, which is not for inputs of shape {list(inputs.shape[1:])}",
                remedy="set data.augmentation to pen or radiograph for images, sensor for series and tables, or none",
            )
        return change(inputs, strength, generator) if strength else inputs

    return apply


def jitter(images_BCHW: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Each image rotated, scaled, sheared, shifted and bent by its own draw."""
    batch, _, height, width = images_BCHW.shape
    turn, size, aspect, shear, right, down = strength * (
        2 * torch.rand(6, batch, generator=generator) - 1
    )
    angle, stretch = ROTATION * turn, torch.exp(SCALE * size)
    wide, high = stretch * torch.exp(SCALE / 2 * aspect), stretch * torch.exp(-SCALE / 2 * aspect)
    cos, sin, slope = torch.cos(angle), torch.sin(angle), SHEAR * shear
    matrix = (
        (cos * wide, (slope * cos - sin) * high, SHIFT * right),
        (sin * wide, (slope * sin + cos) * high, SHIFT * down),
    )
    knots = BEND * strength * torch.randn(batch, 2, KNOTS, KNOTS, generator=generator)
    bend_B2HW = F.interpolate(knots, size=(height, width), mode="bicubic", align_corners=False)
    return _resample(images_BCHW, matrix, bend_B2HW.permute(0, 2, 3, 1))


def radiograph(images_BCHW: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Each image rotated, scaled, shifted, mirrored with probability 1/2, and with another exposure."""
    batch = len(images_BCHW)
    turn, size, right, down, contrast, gamma = strength * (
        2 * torch.rand(6, batch, generator=generator) - 1
    )
    mirror = 1 - 2 * (torch.rand(batch, generator=generator) < 0.5).float()
    angle, stretch = TILT * turn, torch.exp(DISTANCE * size)
    cos, sin = torch.cos(angle) * stretch, torch.sin(angle) * stretch
    matrix = (
        (cos * mirror, -sin, STAND * right),
        (sin * mirror, cos, STAND * down),
    )
    images = _resample(images_BCHW, matrix)
    return _expose(images, torch.exp(CONTRAST * contrast), torch.exp(GAMMA * gamma))


def sensor(inputs: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Noise and a gain of each channel; a series also runs unevenly, and off by a constant.

    Zeros before a series' first step stand for an unknown past, and stay.
    """
    if inputs.ndim == 2:
        gain = 1 + GAIN * strength * torch.randn(inputs.shape, generator=generator)
        return gain * inputs + ROW_NOISE * strength * torch.randn(inputs.shape, generator=generator)
    batch, _, channels = inputs.shape
    is_known_BT = (inputs != 0).any(dim=2).cummax(dim=1).values
    gain, offset = torch.randn(2, batch, 1, channels, generator=generator)
    noise = torch.randn(inputs.shape, generator=generator)
    warped = _warp(inputs, is_known_BT, strength, generator)
    changed = (1 + GAIN * strength * gain) * warped + strength * (OFFSET * offset + NOISE * noise)
    return changed * is_known_BT[..., None]


def _unchanged(inputs: Tensor, _: float, __: torch.Generator) -> Tensor:
    return inputs


POLICIES: dict[str, tuple[tuple[int, ...], Callable[[Tensor, float, torch.Generator], Tensor]]] = {
    "pen": ((4,), jitter),
    "radiograph": ((4,), radiograph),
    "sensor": ((2, 3), sensor),
    "none": ((2, 3, 4), _unchanged),
}
"""By name: how many axes a batch has that it is for, and what it does."""


def _resample(
    images_BCHW: Tensor, matrix: tuple[tuple[Tensor, ...], ...], bend_BHW2: Tensor | None = None
) -> Tensor:
    """Each image seen through its own affine matrix, given by its rows, and then displaced."""
    rows = [torch.stack(row, dim=1) for row in matrix]
    size = [len(images_BCHW), 1, *images_BCHW.shape[2:]]
    grid_BHW2 = F.affine_grid(torch.stack(rows, dim=1), size, align_corners=False)
    if bend_BHW2 is not None:
        grid_BHW2 = grid_BHW2 + bend_BHW2
    # The border is repeated, since zero is a grey once an image is normalised.
    return F.grid_sample(images_BCHW, grid_BHW2, padding_mode="border", align_corners=False)


def _expose(images_BCHW: Tensor, contrast_B: Tensor, gamma_B: Tensor) -> Tensor:
    """Each image's own range bent by an exponent, then stretched about its mean."""
    low, high = images_BCHW.amin(dim=(1, 2, 3), keepdim=True), images_BCHW.amax((1, 2, 3), True)
    span = (high - low).clamp_min(1e-6)
    shares = ((images_BCHW - low) / span).clamp(0, 1)
    bent = low + span * shares ** gamma_B[:, None, None, None]
    mean = bent.mean(dim=(1, 2, 3), keepdim=True)
    return mean + (bent - mean) * contrast_B[:, None, None, None]


def _warp(
    series_BTC: Tensor, is_known_BT: Tensor, strength: float, generator: torch.Generator
) -> Tensor:
    """The known part, faster in one half than in the other; its ends stay in place."""
    batch, steps, channels = series_BTC.shape
    warp = strength * WARP * (2 * torch.rand(batch, 1, generator=generator) - 1)
    first = steps - is_known_BT.sum(dim=1, keepdim=True)
    last = (steps - 1 - first).clamp_min(1)
    moment = (torch.arange(steps) - first) / last
    # Up to a warp of 1 / pi time never runs backwards.
    warped = moment + warp.clamp(-MAX_WARP, MAX_WARP) * torch.sin(math.pi * moment)
    position = first + warped.clamp(0, 1) * last
    before = position.floor().clamp(max=steps - 1).long()
    share = (position - before)[..., None]

    def at(where: Tensor) -> Tensor:
        return series_BTC.gather(1, where.clamp(max=steps - 1)[..., None].expand(-1, -1, channels))

    return at(before) * (1 - share) + at(before + 1) * share
