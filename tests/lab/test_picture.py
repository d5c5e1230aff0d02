"""Our reader of PNG files against Pillow's writer, whose filters change from line to line."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgeline.edge.picture import read_picture

SMOOTH = np.add.outer(np.arange(40) * 3, np.arange(30) * 2).astype(np.uint8)
NOISE = np.random.default_rng(0).integers(0, 256, (40, 30, 4), dtype=np.uint8)
NOISE[:20] = SMOOTH[:20, :, None]


@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_opaque_pictures_come_back(mode: str, tmp_path: Path) -> None:
    picture = Image.fromarray(NOISE[..., :3]).convert(mode)
    picture.save(tmp_path / "picture.png", optimize=True)
    expected = np.asarray(picture.convert("RGB") if mode == "P" else picture)
    assert np.array_equal(read_picture(tmp_path / "picture.png"), expected)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparent_pictures_lie_over_black(mode: str, tmp_path: Path) -> None:
    picture = Image.fromarray(NOISE).convert(mode)
    picture.save(tmp_path / "picture.png")
    pixels = np.asarray(picture).astype(float)
    expected = np.rint(pixels[..., :-1] * pixels[..., -1:] / 255).squeeze()
    assert np.array_equal(read_picture(tmp_path / "picture.png"), expected)


def test_other_pictures_are_refused(tmp_path: Path) -> None:
    Image.fromarray(SMOOTH).save(tmp_path / "picture.png", format="JPEG")
    with pytest.raises(ValueError, match="another kind of file"):
        read_picture(tmp_path / "picture.png")
