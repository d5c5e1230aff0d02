"""Pictures of other formats, and what only calls itself a picture."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from edgeline.edge.picture import read_picture
from edgeline.errors import RecipeError
from tests.edge.test_picture import refused

OTHERS = {
    "a JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n",
    "a JPEG XL": b"\xff\x0a" + bytes(40),
    "a Photoshop picture": b"8BPS\0\x01",
    "a PBM, PGM or PPM": b"P5\n# of a scanner\n12 9\n255\n",
    "a DICOM": bytes(128) + b"DICM",
    "a raw photograph": b"II*\0\x10\0\0\0CR\x02\0",
    "an icon": b"\0\0\x01\0\x01\0",
}


@pytest.mark.parametrize(("name", "content"), OTHERS.items())
def test_a_picture_of_another_format_is_named_with_what_to_do(
    name: str, content: bytes, tmp_path: Path
) -> None:
    (tmp_path / "picture.png").write_bytes(content)
    expected = f"{name}, which is not read: convert it to PNG or JPEG"
    assert refused(tmp_path / "picture.png") == expected


def test_a_heic_needs_a_plugin_and_is_read_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "IMG_1.HEIC"
    path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    assert "install pillow-heif" in refused(path)

    def register_heif_opener() -> None:
        Image.register_open("HEIF", lambda file, name: Image.new("L", (2, 1), 7))

    plugin = SimpleNamespace(register_heif_opener=register_heif_opener)
    monkeypatch.setitem(sys.modules, "pillow_heif", plugin)
    # Pillow registers its own formats once, which must not be into the copies.
    Image.preinit()
    monkeypatch.setattr(Image, "OPEN", Image.OPEN.copy())
    monkeypatch.setattr(Image, "ID", Image.ID.copy())
    assert read_picture(path).tolist() == [[7, 7]]


def test_other_files_are_named_with_what_is_supported(tmp_path: Path) -> None:
    (tmp_path / "page.png").write_bytes(b"<!DOCTYPE html>")
    assert refused(tmp_path / "page.png") == "not a picture but HTML"
    assert refused(tmp_path / "absent.png") == "No such file or directory"
    assert refused(tmp_path) == "Is a directory"
    with (tmp_path / "huge.png").open("wb") as file:
        file.truncate(2**26 + 1)
    assert refused(tmp_path / "huge.png") == "more than 67108864 bytes"
    with pytest.raises(RecipeError, match="PNG, JPEG, WEBP, GIF, BMP, TIFF, AVIF, HEIF"):
        read_picture(tmp_path / "page.png")


def test_a_file_that_only_calls_itself_a_picture_runs_nothing(tmp_path: Path) -> None:
    postscript = io.BytesIO(b"%!PS-Adobe-3.0\n%%BoundingBox: 0 0 9 9\n")
    (tmp_path / "picture.png").write_bytes(postscript.getvalue())
    assert refused(tmp_path / "picture.png") == "not a picture but something else"
