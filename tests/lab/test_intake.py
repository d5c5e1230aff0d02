"""Files made to do harm, and what is said of each. One bad item is kept out; the others stay."""

import io
import os
import pickle
import resource
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from edgeline.datasets import raw
from edgeline.edge.picture import CONVERT, DAMAGED, DEEP, DIM, MANY, TOO_LARGE
from edgeline.errors import RecipeError
from edgeline.recipe.data import Data
from edgeline.sources import intake
from edgeline.sources.fetch import fetch
from edgeline.sources.intake import MAX_ITEM_BYTES

GREY = np.arange(64, dtype=np.uint8).reshape(8, 8)


def saved(kind, *frames, **options):
    """The bytes of a file that holds these pictures."""
    file = io.BytesIO()
    first, *others = (Image.fromarray(frame) for frame in frames)
    more = {"save_all": True, "append_images": others} if others else {}
    first.save(file, kind, **more, **options)
    return file.getvalue()


def chunk(kind, content):
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def png(width, height, depth=8, colour=0, lines=b"", extra=b""):
    """A PNG that announces what it likes, whatever its lines are."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = extra + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body


def claiming(content, at, form, *sizes):
    """The same bytes, but for the sizes in the header."""
    forged = bytearray(content)
    struct.pack_into(form, forged, at, *sizes)
    return bytes(forged)


def tall_jpeg():
    content = saved("JPEG", GREY)
    return claiming(content, content.index(b"\xff\xc0") + 5, ">HH", 65_000, 65_000)


def wide_tiff():
    content = saved("TIFF", GREY)
    entry = (
        content.index(struct.pack("<HH", 256, 4))
        if struct.pack("<HH", 256, 4) in content
        else (content.index(struct.pack("<HH", 256, 3)))
    )
    return claiming(content, entry, "<HHII", 256, 4, 1, 100_000)


def talkative():
    """A comment of 4 KB that unpacks to 4 MB."""
    return chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(2**22)))


TWO = (GREY, GREY.T.copy())
NO_PICTURE = "not a picture but "

PICTURES = {
    "30,000 x 30,000 in 100 bytes": (png(30_000, 30_000), TOO_LARGE),
    "12,000 x 12,000, which Pillow decodes": (png(12_000, 12_000), TOO_LARGE),
    "2^31 wide": (png(2**31 - 1, 1), TOO_LARGE),
    "one column too wide": (png(4097, 1, lines=bytes(4098)), TOO_LARGE),
    "GIF of 65,535": (claiming(saved("GIF", GREY), 6, "<HH", 65_535, 65_535), TOO_LARGE),
    "JPEG of 65,000": (tall_jpeg(), TOO_LARGE),
    "BMP of 40,000": (claiming(saved("BMP", GREY), 18, "<ii", 40_000, 40_000), TOO_LARGE),
    "TIFF of 100,000": (wide_tiff(), TOO_LARGE),
    "no width": (png(0, 8), DAMAGED),
    "a comment that unpacks": (png(8, 8, lines=bytes(72), extra=talkative()), DAMAGED),
    "PNG cut off": (saved("PNG", np.tile(GREY, (8, 8)))[:-40], DAMAGED),
    "JPEG cut off": (saved("JPEG", np.tile(GREY, (8, 8)))[:-100], DAMAGED),
    "BMP cut off": (saved("BMP", GREY)[:-20], DAMAGED),
    "TIFF cut off": (saved("TIFF", GREY)[:40], DAMAGED),
    "signature alone": (b"\x89PNG\r\n\x1a\n", DAMAGED),
    "12-bit grey in 16": (saved("PNG", GREY.astype(np.uint16) * 64), DIM),
    "12-bit colour in 16": (png(2, 1, 16, 2, lines=bytes(13)), DIM),
    "32-bit TIFF": (saved("TIFF", GREY.astype(np.int32)), DEEP),
    "floating TIFF": (saved("TIFF", GREY.astype(np.float32)), DEEP),
    "moving GIF": (saved("GIF", *TWO), MANY),
    "moving PNG": (saved("PNG", *TWO), MANY),
    "TIFF of two pages": (saved("TIFF", *TWO), MANY),
    "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", NO_PICTURE + "SVG or XML"),
    "SVG with entities": (b'<?xml version="1.0"?><!DOCTYPE a>', NO_PICTURE + "SVG or XML"),
    "HTML": (b"<!DOCTYPE html><script>alert(1)</script>", NO_PICTURE + "HTML"),
    "pickle": (pickle.dumps([1]), NO_PICTURE + "a pickle"),
    "program": (b"\x7fELF" + bytes(99), NO_PICTURE + "a program"),
    "ZIP": (b"PK\x03\x04" + bytes(99), NO_PICTURE + "a ZIP archive"),
    "WebP": (b"RIFF\x24\0\0\0WEBPVP8 " + bytes(99), DAMAGED),
    "AVIF": (b"\0\0\0\x1cftypavif" + bytes(99), DAMAGED),
    "JPEG XL": (b"\xff\x0a" + bytes(99), f"a JPEG XL, {CONVERT}"),
    "video": (b"\0\0\0\x14ftypqt  " + bytes(99), NO_PICTURE + "a video"),
    "PostScript": (b"%!PS-Adobe-3.0\n%%BoundingBox: 0 0 9 9\n", NO_PICTURE + "something else"),
    "nothing": (b"", intake.EMPTY),
}


def link(path, outside):
    path.symlink_to(outside)


def linked_folder(path, outside):
    path.symlink_to(outside.parent)


def hard_link(path, outside):
    path.hardlink_to(outside)


def pipe(path, outside):
    os.mkfifo(path)


def socket_like(path, outside):
    os.mknod(path, 0o600 | 0o140000)


def huge(path, outside):
    with path.open("wb") as file:
        file.truncate(MAX_ITEM_BYTES + 1)


FILES = {
    "link": (link, "a link: copy the files (cp -L)"),
    "link to a folder": (linked_folder, "a link: copy the files (cp -L)"),
    "hard link": (hard_link, "a hard link to a file elsewhere: copy the files (cp -L)"),
    "pipe": (pipe, "not a plain file"),
    "socket": (socket_like, "not a plain file"),
    "64 MiB and a byte": (huge, "more than 67,108,864 bytes"),
}


@pytest.fixture
def folder(tmp_path):
    """Two classes with a sound picture each."""
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        (tmp_path / "pets" / name / "1.png").write_bytes(saved("PNG", GREY))
    return tmp_path / "pets"


def fetch_raw(folder, **settings):
    data = folder.parent / "data" / "pets"
    wanted = {"image_size": 8} | settings
    fetch(data, Data(source="image-folder", path="pets", **wanted), root=folder.parent)
    return raw.read(data / "raw.npz")


@pytest.mark.parametrize(("content", "reason"), PICTURES.values(), ids=PICTURES)
def test_a_bad_picture_is_kept_out_with_its_reason(folder, content, reason):
    (folder / "cat" / "bad.png").write_bytes(content)

    source = fetch_raw(folder)

    assert source.quarantine == (raw.QuarantineItem("cat/bad.png", reason),)
    assert source.items.ids.tolist() == ["cat/1.png", "dog/1.png"]


@pytest.mark.parametrize(("make", "reason"), FILES.values(), ids=FILES)
def test_what_is_no_file_of_the_folder_is_never_opened(folder, make, reason):
    outside = folder.parent / "outside.png"
    outside.write_bytes(saved("PNG", GREY))
    make(folder / "cat" / "bad.png", outside)

    assert fetch_raw(folder).quarantine == (raw.QuarantineItem("cat/bad.png", reason),)


def test_two_names_of_one_file_inside_the_folder_are_two_items(folder):
    (folder / "cat" / "2.png").hardlink_to(folder / "cat" / "1.png")

    assert fetch_raw(folder).items.ids.tolist() == ["cat/1.png", "cat/2.png", "dog/1.png"]


def test_a_name_that_is_not_utf8_is_kept_out(folder):
    (folder / "cat" / os.fsdecode(b"\xff.png")).write_bytes(saved("PNG", GREY))

    [bad] = fetch_raw(folder).quarantine

    assert bad == raw.QuarantineItem(r"cat/\udcff.png", "a name that is not UTF-8")


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("Ärztin 😀.png", "cat/Ärztin 😀.png"),
        ("two\nlines.png", r"cat/two\nlines.png"),
        (r"two\nlines.png", r"cat/two\\nlines.png"),
        ("'; DROP TABLE \".png", "cat/'; DROP TABLE \".png"),
        ("\x1b[31mred.png", r"cat/\x1b[31mred.png"),
        ("‮gnp.exe.png", r"cat/\u202egnp.exe.png"),
        ("-rf.png", "cat/-rf.png"),
    ],
)
def test_odd_names_are_items_and_fit_on_a_line(folder, name, id):
    (folder / "cat" / name).write_bytes(saved("PNG", GREY))

    assert id in fetch_raw(folder).items.ids.tolist()


def test_names_that_differ_in_case_alone_are_two_items(folder):
    (folder / "cat" / "A.png").write_bytes(saved("PNG", GREY))
    (folder / "cat" / "a.png").write_bytes(saved("PNG", GREY))

    assert fetch_raw(folder).items.ids.tolist() == [
        "cat/1.png",
        "cat/A.png",
        "cat/a.png",
        "dog/1.png",
    ]


def test_a_path_too_long_is_kept_out(folder):
    deep = folder / "cat" / "/".join(["d" * 200] * 3)
    deep.mkdir(parents=True)
    (deep / "1.png").write_bytes(saved("PNG", GREY))

    [bad] = fetch_raw(folder).quarantine

    assert bad.reason == "a path of more than 512 characters"


def test_a_folder_of_nothing_sound_is_refused_in_one_line(folder):
    for name in ("cat", "dog"):
        (folder / name / "1.png").write_bytes(b"<html>")

    with pytest.raises(RecipeError, match="found not a picture but HTML") as refused:
        fetch_raw(folder)
    assert "\n" not in str(refused.value)


def test_the_largest_picture_is_decoded_within_three_times_its_size(tmp_path):
    """In a child that may take no more; 4096 x 4096 pixels with transparency are 64 MiB."""
    lines = bytes((4 * 4096 + 1) * 4096)
    (tmp_path / "large.png").write_bytes(png(4096, 4096, 8, 6, lines))
    child = """
import resource, sys
from pathlib import Path
from edgeline.sources import intake, pictures
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
allowed = used + 3 * 4 * 4096 * 4096
resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))
with intake.open_plain(sys.argv[1]) as file:
    print(pictures.decode(file).shape)
"""
    done = subprocess.run(
        [sys.executable, "-c", child, tmp_path / "large.png"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout, done.stderr) == ("(4096, 4096, 3)\n", "")
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY
