"""The bytes that identity is made of."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from edgeline.digest import canonical_json, digest_of, folder_digests, sha256_bytes, sha256_file

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
