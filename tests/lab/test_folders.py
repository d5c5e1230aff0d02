"""Pictures in folders: what the folders say, and how each kind of picture is read."""

import io

import numpy as np
import pytest
from PIL import Image

from edgeline.datasets import raw
from edgeline.errors import RecipeError
from edgeline.recipe.data import Data
from edgeline.sources import pictures
from edgeline.sources.fetch import fetch
from edgeline.sources.intake import no_progress

# Two rows of three: black, middle grey and white above white, black, black.
GREY = np.array([[0, 128, 255], [255, 0, 0]], np.uint8)
COLOUR = np.stack([GREY, GREY // 2, np.zeros_like(GREY)], axis=2)


def saved(picture, kind="PNG", **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def fill(folder, *paths, side=8):
    """A picture of one even grey for each path, 10 for the first, 20 for the second."""
    for number, path in enumerate(paths, 1):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (side, side), 10 * number).save(folder / path)


def fetch_raw(folder, on_item=no_progress, **settings):
    data = folder.parent / "data" / "x"
    wanted = {"source": "image-folder", "path": folder.name, "image_size": 8} | settings
    fetch(data, Data(**wanted), root=folder.parent, on_item=on_item)
    return raw.read(data / "raw.npz")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "pets"


def transparent():
    grey = Image.fromarray(np.array([[200, 200]], np.uint8))
    grey.putalpha(Image.fromarray(np.array([[0, 128]], np.uint8)))
    return grey


def of_palette():
    picture = Image.new("P", (2, 1))
    picture.putpalette([0, 0, 0, 10, 20, 30])
    picture.putpixel((1, 0), 1)
    return picture


def turned():
    """A picture 3 wide and 2 high, whose Exif says that it lies on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(Image.fromarray(GREY), exif=exif)


READ = {
    "grey": (saved(Image.fromarray(GREY)), GREY),
    "colour": (saved(Image.fromarray(COLOUR)), COLOUR),
    "two colours": (saved(Image.fromarray(GREY > 0)), 255 * (GREY > 0).astype(np.uint8)),
    "palette": (saved(of_palette()), np.array([[[0, 0, 0], [10, 20, 30]]], np.uint8)),
    "grey with alpha, over black": (saved(transparent()), np.array([[0, 100]], np.uint8)),
    "colour with alpha, over black": (
        saved(transparent().convert("RGBA")),
        np.array([[[0] * 3, [100] * 3]], np.uint8),
    ),
    "BMP": (saved(Image.fromarray(COLOUR), "BMP"), COLOUR),
    "TIFF": (saved(Image.fromarray(COLOUR), "TIFF"), COLOUR),
    "GIF": (saved(Image.fromarray(GREY), "GIF"), np.stack([GREY] * 3, axis=2)),
    "printer's colours": (
        saved(Image.new("CMYK", (1, 1), (0, 255, 255, 0)), "TIFF"),
        np.array([[[255, 0, 0]]], np.uint8),
    ),
    "lying on its side": (turned(), np.rot90(GREY, -1)),
}


@pytest.mark.parametrize(("content", "pixels"), READ.values(), ids=READ)
def test_every_usual_picture_becomes_8_bit_grey_or_colour(content, pixels):
    read = pictures.decode(io.BytesIO(content))

    assert read.dtype == np.uint8
    assert read.tolist() == pixels.tolist()


def test_a_large_picture_is_the_same_in_strips():
    pixels = np.random.default_rng(1).integers(0, 256, (600, 3000, 3), dtype=np.uint8)

    read = pictures.decode(io.BytesIO(saved(Image.fromarray(pixels), compress_level=0)))

    assert (read == pixels).all()


def test_folders_name_the_classes_and_sets(folder):
    fill(folder, "val/dog/b.png", "train/cat/c.png", "train/dog/a.png", "test/cat/d.png")

    source = fetch_raw(folder)

    assert source.classes == ("cat", "dog")
    assert source.items.ids.tolist() == [
        "test/cat/d.png",
        "train/cat/c.png",
        "train/dog/a.png",
        "val/dog/b.png",
    ]
    assert source.splits.tolist() == ["test", "train", "train", "validation"]
    assert source.items.labels.tolist() == [0, 0, 1, 1]
    assert source.items.values[:, 0, 0].tolist() == [40, 20, 30, 10]
    assert source.items.values.shape == (4, 8, 8)


def test_without_sets_every_item_is_in_none(folder):
    fill(folder, "cat/a.png", "dog/b.png")

    assert fetch_raw(folder).splits.tolist() == ["", ""]


def test_a_set_beside_other_folders_is_refused(folder):
    fill(folder, "train/cat/a.png", "train/dog/a.png", "more/dog/b.png")

    with pytest.raises(RecipeError, match="found more, train"):
        fetch_raw(folder)


def test_a_folder_around_it_all_is_looked_through(folder):
    fill(folder, "set/v1/train/cat/a.png", "set/v1/train/dog/a.png", "set/v1/test/cat/b.png")

    source = fetch_raw(folder)

    assert source.classes == ("cat", "dog")
    assert source.splits.tolist() == ["test", "train", "train"]


def test_words_beside_the_sets_do_not_hide_them(folder):
    fill(folder, "train/cat/a.png", "train/dog/a.png", "test/cat/b.png")
    (folder / "README.md").write_text("Pets.", encoding="utf-8")

    assert fetch_raw(folder).splits.tolist() == ["test", "train", "train"]


def test_words_beside_the_classes_are_passed_over_and_pictures_are_not(folder):
    fill(folder, "cat/a.png", "dog/b.png", "stray.png")
    (folder / "README.md").write_text("Pets.", encoding="utf-8")
    (folder / "cat" / ".DS_Store").write_bytes(b"\0")

    assert fetch_raw(folder).quarantine == (
        raw.QuarantineItem("stray.png", "in no folder of a class"),
    )


def test_a_folder_without_a_picture_is_no_class(folder):
    fill(folder, "cat/a.png", "dog/b.png")
    (folder / "labels").mkdir()
    (folder / "labels" / "a.xml").write_text("<?xml version='1.0'?><a/>", encoding="utf-8")

    with pytest.raises(RecipeError, match=r"found in labels none \(not a picture but SVG or XML\)"):
        fetch_raw(folder)
    assert fetch_raw(folder, classes=("cat", "dog")).classes == ("cat", "dog")


@pytest.mark.parametrize("kind", ["WEBP", "AVIF", "GIF", "MPO", "JPEG", "BMP", "TIFF"])
def test_a_picture_may_be_called_by_the_name_of_another_format(folder, kind):
    fill(folder, "dog/b.png")
    (folder / "cat").mkdir()
    second = (
        {"save_all": True, "append_images": [Image.new("L", (4, 4), 9)]} if kind == "MPO" else {}
    )
    Image.new("L", (8, 8), 200).save(folder / "cat" / "a.jpg", kind, **second)

    assert abs(int(fetch_raw(folder).items.values[0, 0, 0]) - 200) <= 1


def test_sets_of_unknown_names_are_asked_about(folder):
    fill(folder, "a_fold/cat/1.png", "a_fold/dog/2.png", "b_fold/cat/3.png", "b_fold/dog/4.png")

    with pytest.raises(RecipeError, match=r"the same folders \(cat, dog\) in a_fold, b_fold"):
        fetch_raw(folder)


def test_sets_are_known_by_what_people_call_them(folder):
    fill(folder, "training_set/cat/a.png", "training_set/dog/b.png", "test_set/cat/c.png")

    source = fetch_raw(folder)

    assert source.classes == ("cat", "dog")
    assert source.splits.tolist() == ["test", "train", "train"]


def test_the_settings_order_the_classes(folder):
    fill(folder, "cat/a.png", "dog/b.png", "cow/c.png")

    source = fetch_raw(folder, classes=("dog", "cat"))

    assert source.classes == ("dog", "cat")
    assert source.items.labels.tolist() == [1, 0]
    assert source.quarantine == (raw.QuarantineItem("cow/c.png", "in no folder of a class"),)


def test_classes_numbered_in_their_names_come_in_that_order(folder):
    fill(folder, "10/a.png", "9/b.png")

    assert fetch_raw(folder).classes == ("9", "10")


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        ([], "found no folder"),
        (["a.png", "b.png"], "found no folder"),
        (["cat/a.png", "cat/b.png"], "found cat"),
        (["cat/a.png", "Cat/b.png"], "found Cat, cat"),
    ],
)
def test_folders_that_tell_no_two_classes_apart_are_refused(folder, paths, found):
    folder.mkdir()
    fill(folder, *paths)

    with pytest.raises(RecipeError, match=found):
        fetch_raw(folder)


def test_folders_of_patients_are_groups_where_the_settings_say_so(folder):
    fill(folder, "ill/p1/a.png", "ill/p2/a.png", "well/p3/a.png")

    assert fetch_raw(folder).items.groups.tolist() == ["", "", ""]
    assert fetch_raw(folder, group="folder").items.groups.tolist() == ["p1", "p2", "p3"]


def test_pictures_of_any_size_are_brought_to_that_of_the_settings(folder):
    fill(folder, "cat/a.png", side=40)
    fill(folder, "dog/b.png", side=8)

    assert fetch_raw(folder, channels=3).items.values.shape == (2, 8, 8, 3)
    assert fetch_raw(folder).items.values.reshape(2, -1).tolist() == [[10] * 64] * 2


def test_progress_ends_at_all(folder):
    fill(folder, *(f"{name}/{at}.png" for name in ("cat", "dog") for at in range(150)))
    told = []

    fetch_raw(folder, on_item=lambda done, total: told.append((done, total)))

    assert told == [(256, 300), (300, 300)]


def test_the_same_folder_gives_the_same_bytes(folder):
    fill(folder, *(f"{name}/{at}.png" for name in ("cat", "dog") for at in range(300)))
    data = folder.parent / "data" / "x" / "raw.npz"

    fetch_raw(folder)
    once = data.read_bytes()
    fetch_raw(folder)

    assert data.read_bytes() == once


def test_the_sizes_of_pictures_are_kept_from_before_they_were_brought_to_one(folder):
    fill(folder, "cat/a.png")
    (folder / "dog").mkdir()
    Image.fromarray(GREY).save(folder / "dog" / "a.png")
    (folder / "dog" / "b.png").write_bytes(turned())
    (folder / "dog" / "c.png").write_bytes(b"damaged")

    assert fetch_raw(folder).items.sizes.tolist() == [[8, 8], [2, 3], [3, 2]]
