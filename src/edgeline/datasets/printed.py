"""Printed digits: what a network can learn about numerals before it has seen anybody's handwriting.

Rendered with Pillow from the fonts that matplotlib ships, white on black, each moved a little
differently.
"""

from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from edgeline.datasets.card import Form
from edgeline.errors import RecipeError

# Those of matplotlib's fonts that write all ten digits as people do: not the symbol fonts, nor the
# DejaVu monospaced ones, whose zero has a dot.
FONTS = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSans-BoldOblique",
    "DejaVuSans-Oblique",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "DejaVuSerif-BoldItalic",
    "DejaVuSerif-Italic",
    "STIXGeneral",
    "STIXGeneralBol",
    "STIXGeneralBolIta",
    "STIXGeneralItalic",
    "cmb10",
    "cmmi10",
    "cmr10",
    "cmss10",
    "cmti10",
    "cmtt10",
)
# Drawn large and reduced by averaging, so that edges are grey as a scanner's are.
OVERSAMPLING = 3
STROKES = (0, 2, 4)
"""Pixels added on each side of a stroke of a digit drawn 60 pixels high."""
GLYPH_SIDE, GLYPH_HEIGHT = 112, 60


def generate(count: int, form: Form, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """`count` items of the form with their labels; the same seed gives the same items.

    Raises:
        RecipeError: the form is not that of grey images of ten digits.
    """
    inputs = form.preprocessing
    if inputs.kind != "image" or inputs.channels != 1 or len(form.classes) != 10:
        raise RecipeError(
            expected="grey images of ten digits for the generator 'printed'",
            found=f"{inputs.kind} of shape {inputs.shape} and {len(form.classes)} classes",
            remedy="set pretrained.weights and shrink.unlabelled to none",
        )
    return render(count, inputs.shape[0], seed)


def render(count: int, image_size: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """`count` images (N, H, W) and labels (N,), each digit as often as the others, shuffled."""
    draw = np.random.default_rng(seed)
    labels = draw.permutation(np.arange(count, dtype=np.int64) % 10)
    images = [_render_one(int(label), image_size, draw) for label in labels]
    return np.stack(images) if images else np.zeros((0, image_size, image_size), np.uint8), labels


def _render_one(digit: int, image_size: int, draw: np.random.Generator) -> NDArray[np.uint8]:
    glyph = _glyph(FONTS[draw.integers(len(FONTS))], digit, STROKES[draw.integers(len(STROKES))])
    side = OVERSAMPLING * image_size
    moved = glyph.transform(
        (side, side), Image.Transform.AFFINE, _inverse(side, draw), Image.Resampling.BILINEAR
    )
    return np.asarray(moved.reduce(OVERSAMPLING))


def _inverse(side: int, draw: np.random.Generator) -> tuple[float, ...]:
    """Pillow's six numbers: where in the glyph's picture each pixel of the result comes from."""
    turn, slope = np.radians(draw.uniform(-15, 15)), draw.uniform(-0.25, 0.25)
    high, wide = draw.uniform(0.6, 0.8), draw.uniform(0.75, 1.25)
    shift = draw.uniform(-0.06, 0.06, size=2) * side
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    forward = (
        turned
        @ np.array([[1, slope], [0, 1]])
        @ np.diag([high * wide, high])
        * (side / GLYPH_HEIGHT)
    )
    back = np.linalg.inv(forward)
    offset = GLYPH_SIDE / 2 - back @ (side / 2 + shift)
    return (back[0, 0], back[0, 1], offset[0], back[1, 0], back[1, 1], offset[1])


@cache
def _glyph(font: str, digit: int, stroke: int) -> Image.Image:
    """A digit in the middle of a square, 60 pixels high before its strokes are thickened."""
    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{font}.ttf"
    _, top, _, bottom = ImageFont.truetype(path, GLYPH_HEIGHT).getbbox(str(digit))
    face = ImageFont.truetype(path, GLYPH_HEIGHT**2 / (bottom - top))
    picture = Image.new("L", (GLYPH_SIDE, GLYPH_SIDE))
    left, top, right, bottom = face.getbbox(str(digit))
    corner = ((GLYPH_SIDE - left - right) / 2, (GLYPH_SIDE - top - bottom) / 2)
    ImageDraw.Draw(picture).text(corner, str(digit), fill=255, font=face, stroke_width=stroke)
    return picture
