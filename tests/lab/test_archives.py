"""Archives made to do harm: each is refused as a whole, in one line, and nothing is left behind."""

import io
import struct
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from edgeline.datasets import raw
from edgeline.errors import RecipeError
from edgeline.recipe.data import Data
from edgeline.sources.fetch import fetch


def picture(value):
    file = io.BytesIO()
    Image.new("L", (8, 8), value).save(file, "PNG")
    return file.getvalue()


SOUND = {"pets/cat/a.png": picture(1), "pets/dog/b.png": picture(2)}


def zipped(members=SOUND, change=None, method=zipfile.ZIP_DEFLATED):
    """`change` alters what the archive's directory announces of its last member."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        if change:
            change(archive.filelist[-1])
    return file.getvalue()


def tarred(*members, pack="gz"):
    """Each member is a name and bytes, or a header of its own."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=f"w:{pack}") as archive:
        for name, content in [*SOUND.items(), *members]:
            header = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            body = b"" if header is content else content
            header.name = name
            header.size = header.size or len(body)
            archive.addfile(header, io.BytesIO(body) if body else None)
    return file.getvalue()


def header(kind, target="", size=0):
    made = tarfile.TarInfo("made")
    made.type, made.linkname, made.size = kind, target, size
    return made


def linked(member):
    member.external_attr = 0o120777 << 16


def enormous(member):
    member.file_size = 3 * 2**30


def locked(member):
    member.flag_bits |= 1


def short(member):
    member.file_size -= 1


def with_a_directory_of(size):
    content = bytearray(zipped())
    struct.pack_into("<L", content, content.rindex(b"PK\x05\x06") + 12, size)
    return bytes(content)


def announcing_a_long_header():
    """A tar whose note about the next member claims 2 GiB, all of which would be read at once."""
    return tarred(("note", header(tarfile.XHDTYPE, size=2**31 - 1)))


ATTACKS = {
    "ZIP, up and out": (zipped(SOUND | {"../out.png": b"x"}), r"a member named '\.\./out\.png'"),
    "ZIP, absolute": (zipped(SOUND | {"/tmp/out.png": b"x"}), "a member named '/tmp/out"),
    "ZIP, out from within": (zipped(SOUND | {"a/../../out": b"x"}), "a member named 'a/../../out'"),
    "ZIP, a terminal's codes": (zipped(SOUND | {"cat/\x1b[2J": b"x"}), "a member named"),
    "ZIP, a link": (
        zipped(SOUND | {"cat/l": b"/etc/passwd"}, linked),
        "cat/l, which is no plain file",
    ),
    "ZIP, 3 GiB announced": (
        zipped(change=enormous),
        "more than 2,147,483,648 bytes when unpacked",
    ),
    "ZIP, less announced than there is": (zipped(change=short), "BadZipFile"),
    "ZIP, a password": (zipped(change=locked), "a password"),
    "ZIP, another method": (zipped(method=zipfile.ZIP_LZMA), "another method than deflate"),
    "ZIP, a directory of 1 GiB": (with_a_directory_of(2**30), "bytes of names in it"),
    "ZIP, cut off": (zipped()[:-30], "File is not a zip file"),
    "ZIP, a file for a folder": (
        zipped({"pets": b"x", "pets/cat/a.png": b"x"}),
        "NotADirectoryError|FileExistsError",
    ),
    "tar, up and out": (tarred(("../out.png", b"x")), r"a member named '\.\./out\.png'"),
    "tar, absolute": (tarred(("/tmp/out.png", b"x")), "a member named '/tmp/out"),
    "tar, a link": (
        tarred(("pets/cat/l", header(tarfile.SYMTYPE, "/etc"))),
        "l, which is no plain file",
    ),
    "tar, a hard link": (
        tarred(("pets/cat/l", header(tarfile.LNKTYPE, "/etc/passwd"))),
        "l, which is no plain file",
    ),
    "tar, a device": (tarred(("pets/cat/d", header(tarfile.CHRTYPE))), "d, which is no plain file"),
    "tar, a pipe": (tarred(("pets/cat/p", header(tarfile.FIFOTYPE))), "p, which is no plain file"),
    "tar, 64 GiB announced": (
        tarred(("pets/cat/b", header(tarfile.REGTYPE, size=2**36))),
        "more than 2,147,483,648 bytes",
    ),
    "tar, a long header": (announcing_a_long_header(), "a header of more than 1,048,576 bytes"),
    "tar, two of one name": (tarred(("pets/cat/a.png", b"x")), "two members named pets/cat/a.png"),
    "tar, cut off": (tarred()[:-60], "EOFError|ReadError"),
    "tar, another packer": (tarred(pack="xz"), "something else"),
    "gzip of nothing": (b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0", "ReadError|empty"),
    "text": (b"cat,dog\n", "something else"),
}


def fetch_raw(tmp_path, content):
    (tmp_path / "pets.bin").write_bytes(content)
    settings = Data(source="image-folder", path="pets.bin", image_size=8)
    fetch(tmp_path / "data" / "x", settings, root=tmp_path)
    return raw.read(tmp_path / "data" / "x" / "raw.npz")


@pytest.mark.parametrize(("content", "found"), ATTACKS.values(), ids=ATTACKS)
def test_a_hostile_archive_is_refused_and_leaves_nothing(tmp_path, content, found):
    with pytest.raises(RecipeError, match=found) as refused:
        fetch_raw(tmp_path, content)

    assert "\n" not in str(refused.value)
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"pets.bin"}


@pytest.mark.parametrize(
    "content",
    [zipped(), zipped(method=zipfile.ZIP_STORED), tarred(), tarred(pack="")],
    ids=["ZIP", "stored ZIP", "tar.gz", "tar"],
)
def test_a_sound_archive_is_the_folder_that_it_holds(tmp_path, content):
    source = fetch_raw(tmp_path, content)

    assert source.items.ids.tolist() == ["pets/cat/a.png", "pets/dog/b.png"]
    assert source.items.values[:, 0, 0].tolist() == [1, 2]
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"pets.bin", "raw.npz"}


def test_many_members_are_counted_before_they_are_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("edgeline.sources.archives.MAX_FILES", 1)

    with pytest.raises(RecipeError, match="more than 1 members"):
        fetch_raw(tmp_path, zipped())


def test_what_macs_add_to_archives_is_no_item(tmp_path):
    source = fetch_raw(tmp_path, zipped(SOUND | {"__MACOSX/pets/cat/._a.png": b"\0\5\x16\7"}))

    assert source.quarantine == ()
    assert len(np.unique(source.items.ids)) == 2
