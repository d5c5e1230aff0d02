"""What systems put beside pictures is neither an item nor a class."""

import pytest

from tests.lab.test_folders import fetch_raw, fill


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "pets"


LITTER = [
    "cat/@eaDir/a.png/SYNOPHOTO_THUMB_M.png",
    "@eaDir/a.png/SYNOPHOTO_THUMB_M.png",
    "cat/.@__thumb/a.png",
    "@Recycle/cat/c.png",
    "#recycle/cat/c.png",
    "$RECYCLE.BIN/cat/c.png",
    "__MACOSX/cat/a.png",
    "__pycache__/c.png",
    "System Volume Information/c.png",
    "lost+found/c.png",
    ".Trash-1000/files/c.png",
    "cat/._a.png",
    "cat/.picasa.ini",
    "cat/Thumbs.db",
    "dog/ehthumbs_vista.db",
    "dog/ZbThumbnail.info",
    "dog/desktop.ini",
    "dog/~$pets.docx",
    "dog/b.png~",
    "dog/Icon\r",
]


@pytest.mark.parametrize("litter", LITTER)
def test_what_systems_put_beside_pictures_is_neither_an_item_nor_a_class(folder, litter):
    fill(folder, "cat/a.png", "dog/b.png")
    picture = (folder / "cat/a.png").read_bytes()
    (folder / litter).parent.mkdir(parents=True, exist_ok=True)
    (folder / litter).write_bytes(picture)

    source = fetch_raw(folder)

    assert source.classes == ("cat", "dog")
    assert source.items.ids.tolist() == ["cat/a.png", "dog/b.png"]
    assert source.quarantine == ()


@pytest.mark.parametrize(
    "name", ["#1.png", "@home.png", "$5.png", "thumb.png", "_a.png", "lost.png"]
)
def test_names_that_only_look_like_those_of_systems_are_items(folder, name):
    fill(folder, f"thumb/{name}", f"#1/{name}", f"$5/{name}", f"_/{name}")

    assert fetch_raw(folder).items.ids.tolist() == [
        f"{at}/{name}" for at in ("#1", "$5", "_", "thumb")
    ]
