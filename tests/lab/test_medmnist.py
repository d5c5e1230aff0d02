"""Pictures and labels in one .npz file, sound and hostile."""

import io
import pickle
import struct
import zipfile

import numpy as np
import pytest

from edgeline.datasets import raw
from edgeline.errors import RecipeError
from edgeline.recipe.data import Data
from edgeline.sources.fetch import fetch

IMAGES = np.arange(4 * 9, dtype=np.uint8).reshape(4, 3, 3)
LABELS = np.array([0, 1, 1, 0], np.uint8)


def npz(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def zipped(change=None, **members):
    """Members by name; `change` alters what the archive's directory announces of the last one."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
        if change:
            change(archive.filelist[-1])
    return file.getvalue()


def header(text):
    """The beginning of an .npy file with this description, and no numbers."""
    text = text.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def claiming(shape, dtype="|u1"):
    return header(f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}")


def three_gibibytes(member):
    member.file_size = 3 * 2**30


def one_less(member):
    member.file_size -= 1


def one_more(member):
    member.file_size += 1


OBJECTS = npy(np.array([{"any": "object"}] * 4, dtype=object))
SOUND = {"images": npy(IMAGES), "labels": npy(LABELS)}
CLAIMS = "an array whose header claims more or less than is there"

ATTACKS = {
    "3 GiB announced": (zipped(three_gibibytes, **SOUND), "more than 2,147,483,648 bytes"),
    "512 GiB in a header": (zipped(**SOUND | {"labels": claiming((2**39,))}), CLAIMS),
    "more items than bytes": (zipped(**SOUND | {"labels": claiming((5,)) + b"\0"}), CLAIMS),
    "fewer items than bytes": (zipped(**SOUND | {"labels": claiming((1,)) + b"\0\0"}), CLAIMS),
    "fewer than none": (zipped(**SOUND | {"labels": claiming((-1,))}), CLAIMS),
    "2^80 items of no size": (zipped(**SOUND | {"labels": claiming((2**80, 0))}), "labels|array"),
    "a member shorter than it is": (zipped(one_less, **SOUND), "BadZipFile"),
    "a member longer than it is": (zipped(one_more, **SOUND), CLAIMS),
    "objects": (zipped(**SOUND | {"labels": OBJECTS}), "Python objects"),
    "records": (
        zipped(**SOUND | {"labels": npy(np.zeros(4, "u1,u1"))}),
        "other things than numbers",
    ),
    "a header of 60,000 characters": (
        zipped(**SOUND | {"labels": header(" " * 60_000)}),
        "damaged",
    ),
    "a header that is code": (zipped(**SOUND | {"labels": header("__import__('os')")}), "damaged"),
    "another version": (zipped(**SOUND | {"labels": b"\x93NUMPY\x09\x00" + bytes(99)}), "damaged"),
    "no array": (zipped(**SOUND | {"labels": b"hello"}), "damaged"),
    "65 arrays": (npz(**{f"a{at}": LABELS for at in range(65)}), "more than 64 members"),
    "cut off": (npz(images=IMAGES, labels=LABELS)[:-30], "BadZipFile"),
    "changed within": (
        npz(images=IMAGES, labels=LABELS).replace(b"\x93", b"\x92"),
        "BadZipFile|zlib|error|damaged",
    ),
    "torch.save": (
        zipped(**{"a/data": b""}).replace(b"a/data.npy", b"a/data.pkl"),
        "Python objects",
    ),
    "pickle": (pickle.dumps({"images": 1}), "a pickle"),
    "one bare array": (npy(IMAGES), "a NumPy array"),
    "HTML": (b"<html>404</html>", "HTML"),
    "nothing": (b"", "nothing"),
    "other names": (npz(a=IMAGES, b=LABELS), "neither"),
    "images alone": (npz(images=IMAGES), "found images"),
    "many labels each": (
        npz(images=IMAGES, labels=np.zeros((4, 14), np.uint8)),
        r"uint8 \(4, 14\)",
    ),
    "labels that are no whole numbers": (npz(images=IMAGES, labels=LABELS / 2), "float64"),
    "fewer labels than images": (npz(images=IMAGES, labels=LABELS[:3]), "found 3"),
    "volumes": (npz(images=np.zeros((4, 3, 3, 9), np.uint8), labels=LABELS), r"\(4, 3, 3, 9\)"),
    "text for images": (npz(images=np.array(["a"] * 4), labels=LABELS), "<U1"),
    "images of no size": (npz(images=np.zeros((4, 0, 3), np.uint8), labels=LABELS), r"\(4, 0, 3\)"),
    "pixels from 0 to 1": (npz(images=IMAGES / 255, labels=LABELS), "from 0 to 0.*; bring them"),
    "pixels that are no byte": (npz(images=IMAGES + 256.0, labels=LABELS), "values from 256"),
    "pixels that are not finite": (npz(images=IMAGES * np.nan, labels=LABELS), "from nan to nan"),
    "a million classes": (
        npz(images=IMAGES, labels=LABELS * np.int64(10**6)),
        "labels below 1,000",
    ),
    "one class": (npz(images=IMAGES, labels=LABELS * 0), "one class"),
}


def fetch_raw(tmp_path, content, **settings):
    (tmp_path / "a.npz").write_bytes(content)
    data = tmp_path / "data" / "x"
    fetch(data, Data(source="medmnist", path="a.npz", **settings), root=tmp_path)
    return raw.read(data / "raw.npz")


@pytest.mark.parametrize(("content", "found"), ATTACKS.values(), ids=ATTACKS)
def test_a_file_of_another_kind_or_size_is_refused_in_one_line(tmp_path, content, found):
    with pytest.raises(RecipeError, match=found) as refused:
        fetch_raw(tmp_path, content)

    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 250


def test_medmnist_names_its_sets(tmp_path):
    source = fetch_raw(
        tmp_path,
        npz(
            train_images=IMAGES,
            train_labels=LABELS[:, None],
            val_images=IMAGES[:1],
            val_labels=LABELS[:1, None],
            test_images=IMAGES[1:3],
            test_labels=LABELS[1:3, None],
        ),
    )

    assert source.items.ids.tolist() == [
        *("train/0", "train/1", "train/2", "train/3"),
        *("val/0", "test/0", "test/1"),
    ]
    assert source.splits.tolist() == ["train"] * 4 + ["validation", "test", "test"]
    assert source.items.labels.tolist() == [0, 1, 1, 0, 0, 1, 1]
    assert source.classes == ("0", "1")
    assert (source.items.values[5] == IMAGES[1]).all()


def test_images_and_labels_alone_are_in_no_set(tmp_path):
    source = fetch_raw(tmp_path, npz(images=IMAGES[..., None], labels=LABELS), classes=("a", "b"))

    assert source.classes == ("a", "b")
    assert source.splits.tolist() == [""] * 4
    assert source.items.values.shape == (4, 3, 3)


def test_colour_stays(tmp_path):
    colour = np.stack([IMAGES] * 3, axis=3)

    assert fetch_raw(tmp_path, npz(images=colour, labels=LABELS)).items.values.shape == (4, 3, 3, 3)


@pytest.mark.parametrize("dtype", [np.int64, np.float32])
def test_pixels_of_another_type_are_the_same_bytes(tmp_path, dtype):
    source = fetch_raw(tmp_path, npz(images=IMAGES.astype(dtype), labels=LABELS))

    assert source.items.values.dtype == np.uint8
    assert np.array_equal(source.items.values, IMAGES)


def test_labels_of_no_class_are_kept_out(tmp_path):
    source = fetch_raw(tmp_path, npz(images=IMAGES, labels=[0, 1, -1, 0]), classes=("a", "b"))

    assert source.items.ids.tolist() == ["0", "1", "3"]
    assert source.quarantine == (raw.QuarantineItem("2", "label of no class"),)


@pytest.mark.parametrize("labels", [[1, 2, 1, 2], [0, 1, 2, 0]])
def test_labels_that_do_not_run_from_0_are_refused(tmp_path, labels):
    with pytest.raises(RecipeError, match="numbered from 0 to 1; found"):
        fetch_raw(tmp_path, npz(images=IMAGES, labels=labels), classes=("a", "b"))


def test_an_array_stored_by_columns_is_read_right(tmp_path):
    by_column = npz(images=np.asfortranarray(IMAGES), labels=LABELS)

    assert (fetch_raw(tmp_path, by_column).items.values == IMAGES).all()
