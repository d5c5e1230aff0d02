"""The bytes that identity is made of."""

import hashlib
import os
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgeline.digest import (
    canonical_json,
    digest_of,
    folder_digests,
    folder_root,
    parse_canonical,
    sha256_bytes,
    sha256_file,
)
from edgeline.errors import RecipeError
from edgeline.merkle import root

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_nothing_has_the_known_digest(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    assert sha256_bytes(b"") == sha256_file(tmp_path / "empty") == EMPTY


def test_order_of_keys_does_not_matter() -> None:
    assert (
        canonical_json({"b": 1, "a": [True, None, "é"]}) == '{"a":[true,null,"é"],"b":1}'.encode()
    )
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})


def test_the_digest_of_a_value_is_that_of_its_bytes() -> None:
    assert digest_of(["x", 1]) == hashlib.sha256(b'["x",1]').hexdigest()


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), {"é": 1}, {1: 2}, 2**53, [b"bytes"], {"a": {1}}]
)
def test_ambiguous_values_are_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)


def test_the_largest_safe_integers_are_written() -> None:
    assert canonical_json([2**53 - 1, -(2**53) + 1]) == b"[9007199254740991,-9007199254740991]"


def test_escapes_are_those_of_the_standard() -> None:
    assert canonical_json('"\\\n\x01/') == b'"\\"\\\\\\n\\u0001/"'


def test_half_a_character_is_refused() -> None:
    with pytest.raises(ValueError, match="non-UTF-8"):
        canonical_json("\ud800")


def test_text_is_written_as_it_is() -> None:
    """The example of RFC 8785, section 3.2.2, as far as numbers have no point."""
    text = '\u20ac$\u000f\nA\'B"\\\\"/'
    assert canonical_json({"string": text, "literals": [None, True, False]}) == (
        b'{"literals":[null,true,false],"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


@pytest.mark.parametrize("value", [None, True, 0, -7, "é", [], {}, [1, [2, {}]], {"a": {"b": []}}])
def test_canonical_bytes_are_read_back(value: Any) -> None:
    assert parse_canonical(canonical_json(value)) == value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" 1",
        b"1.0",
        b"1e3",
        b"-0",
        b"01",
        b"NaN",
        b"Infinity",
        b"9007199254740992",
        b"9" * 100_000,
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"\xc3\xa9":1}',
        b'"\\u0061"',
        b'"\\ud800"',
        b'"\xff"',
        b"[" * 100_000,
        b'\xef\xbb\xbf"a"',
        '"a"'.encode("utf-16"),
    ],
)
def test_any_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not canonical JSON"):
        parse_canonical(data)


def test_a_folder_is_its_sorted_posix_paths(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "2").write_bytes(b"")
    (tmp_path / "a").write_bytes(b"x")
    found = folder_digests(tmp_path)
    assert list(found.items()) == [("a", sha256_bytes(b"x")), ("b/2", EMPTY)]


def test_named_files_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"")
    (tmp_path / "left").write_bytes(b"")
    assert folder_digests(tmp_path, without=["left"]) == {"kept": EMPTY}


def test_only_a_link_into_a_cache_is_followed_and_only_when_asked(tmp_path: Path) -> None:
    kept = tmp_path / "cache" / "files" / "md5" / "9d" / "d4e461268c8034f5c8564e155c67a6"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"x")
    data = tmp_path / "data"
    data.mkdir()
    for name, target in {"raw": kept, "elsewhere": tmp_path / "x", "pointer": data / "raw"}.items():
        (data / name).symlink_to(target)
    (tmp_path / "x").write_bytes(b"x")

    links = dict.fromkeys(("elsewhere", "pointer", "raw"), "not a plain file")
    assert folder_digests(data) == links
    assert folder_digests(data, cached=True) == {**links, "raw": sha256_bytes(b"x")}
    kept.unlink()
    assert folder_digests(data, cached=True) == links
    kept.symlink_to(tmp_path / "x")
    assert folder_digests(data, cached=True) == links


def folder(tmp_path: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


def test_the_root_of_a_folder_is_a_tree_over_its_files(tmp_path: Path) -> None:
    made = folder(tmp_path, {"b": b"", "a/1": b"x", "a.txt": b"y"})
    (made / "empty").mkdir()
    x, y = sha256_bytes(b"x"), sha256_bytes(b"y")
    leaves = [
        f'{{"bytes":1,"path":"a.txt","sha256":"{y}"}}',
        f'{{"bytes":1,"path":"a/1","sha256":"{x}"}}',
        f'{{"bytes":0,"path":"b","sha256":"{EMPTY}"}}',
    ]
    assert folder_root(made) == root([leaf.encode() for leaf in leaves]).hex()


def test_the_root_of_a_folder_is_known(tmp_path: Path) -> None:
    """One file named a that holds the letter a; can be computed with sha256sum alone."""
    assert folder_root(folder(tmp_path, {"a": b"a"})) == (
        "0fbd57cd383999c741e563ccedbca9687c75ed807e86cdb2c0692fd952726569"
    )


def test_a_folder_has_one_root_wherever_it_lies(tmp_path: Path) -> None:
    files = {"é": b"1", "b/c": b"2"}
    here, there = folder(tmp_path / "here", files), folder(tmp_path / "there" / "deep", files)
    assert folder_root(here) == folder_root(there)
    (there / "b/c").write_bytes(b"3")
    assert folder_root(here) != folder_root(there)
    (there / "b/c").write_bytes(b"2")
    (there / "b/c").rename(there / "c")
    assert folder_root(here) != folder_root(there)


def test_both_spellings_of_a_name_are_one(tmp_path: Path) -> None:
    composed, decomposed = (unicodedata.normalize(form, "é") for form in ("NFC", "NFD"))
    one, other = folder(tmp_path / "1", {composed: b""}), folder(tmp_path / "2", {decomposed: b""})
    assert folder_root(one) == folder_root(other)
    (one / decomposed).write_bytes(b"")
    with pytest.raises(RecipeError, match="two files named 'é'"):
        folder_root(one)


def test_files_left_out_change_no_root(tmp_path: Path) -> None:
    made = folder(tmp_path, {"a": b"a"})
    before = folder_root(made)
    (made / "receipt.json").touch()
    assert folder_root(made, without=["receipt.json"]) == before != folder_root(made)


def link(path: Path) -> None:
    path.symlink_to("a")


def folder_link(path: Path) -> None:
    path.symlink_to("..", target_is_directory=True)


@pytest.mark.parametrize("make", [link, folder_link, os.mkfifo])
def test_what_is_no_plain_file_has_no_root(tmp_path: Path, make: Callable[[Path], None]) -> None:
    made = folder(tmp_path, {"a": b"a"})
    make(made / "odd")
    with pytest.raises(RecipeError, match="odd, which is not a plain file"):
        folder_root(made)


def test_an_empty_folder_has_no_root(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no file in it"):
        folder_root(tmp_path)


def test_a_folder_that_is_not_there_has_no_root(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="No such file or directory"):
        folder_root(tmp_path / "nowhere")


def test_a_name_that_is_no_text_has_no_root(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff")).touch()
    with pytest.raises(RecipeError, match="not UTF-8"):
        folder_root(tmp_path)
