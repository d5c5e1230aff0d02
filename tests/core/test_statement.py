"""What is stated: one spelling, from which everybody computes the same digest."""

import json
from hashlib import sha256
from typing import Any

import pytest

from edgeline.digest import canonical_json
from edgeline.provenance.statement import (
    KINDS,
    LEAF,
    TREE,
    Statement,
    Subject,
    check_lineage,
    is_digest,
    kind_name,
    parse_statement,
)

ONE, TWO, THREE = 64 * "1", 64 * "2", 64 * "3"
CARD = Subject("card.json", ONE)
STATEMENT = Statement(
    (Subject("manifest.json", ONE), Subject("model.onnx", TWO)),
    "artifact",
    (THREE, TWO),
    {"recipe": "digits", "number": 7},
)
BYTES = (
    f'{{"_type":"https://in-toto.io/Statement/v1","predicate":{{"about":{{"number":7,'
    f'"recipe":"digits"}},"kind":"artifact","parents":["{TWO}","{THREE}"]}},'
    f'"predicateType":"urn:edgeline:lineage:1","subject":['
    f'{{"digest":{{"sha256":"{ONE}"}},"name":"manifest.json"}},'
    f'{{"digest":{{"sha256":"{TWO}"}},"name":"model.onnx"}}]}}'
).encode()


def altered(*keys: str | int, value: object) -> Any:
    """The statement's JSON with another value at this place."""
    content = json.loads(BYTES)
    inner = content
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    return content


def child(number: int, *parents: Statement) -> Statement:
    above = tuple(parent.digest for parent in parents)
    return Statement((Subject("weights", ONE),), "round", above, {"number": number})


def test_a_statement_has_exactly_these_bytes() -> None:
    assert STATEMENT.canonical == BYTES
    assert STATEMENT.digest == sha256(BYTES).hexdigest()
    assert STATEMENT.subject == ONE


def test_a_statement_reads_back_as_written() -> None:
    assert parse_statement(BYTES) == STATEMENT
    assert parse_statement(json.loads(BYTES)) == STATEMENT
    assert hash(parse_statement(BYTES)) == hash(STATEMENT)


def test_a_salt_makes_it_another_statement() -> None:
    salted = Statement((CARD,), "data", salt=32 * "5")
    assert b'"salt":"55555555555555555555555555555555"' in salted.canonical
    assert parse_statement(salted.canonical) == salted
    assert salted.digest != Statement((CARD,), "data").digest


def test_parents_are_a_set() -> None:
    twice = Statement((CARD,), "small", (THREE, TWO, THREE))
    assert twice.parents == (TWO, THREE)
    assert twice == Statement((CARD,), "small", (TWO, THREE))


def test_numbers_of_kinds_never_change() -> None:
    numbers = {
        "data": 1,
        "pretrained": 2,
        "tuned": 3,
        "small": 4,
        "round": 5,
        "artifact": 6,
        "part": 7,
        "release": 8,
    }
    assert numbers == KINDS
    assert (LEAF, TREE) == (254, 255)


def test_a_number_has_the_name_of_its_kind() -> None:
    assert [kind_name(number) for number in (1, 8, 254, 255, 77)] == [
        "data",
        "release",
        "leaf",
        "tree",
        "kind 77",
    ]


def test_text_of_every_script_is_kept() -> None:
    name = '</script>"\\ été 日本 \u202e🙂'
    statement = Statement((Subject(name, ONE),), "data", about={"title": name, "none": ""})
    assert parse_statement(statement.canonical) == statement


@pytest.mark.parametrize("value", [2**53 - 1, -(2**53) + 1, 0])
def test_safe_integers_are_kept(value: int) -> None:
    statement = Statement((CARD,), "data", about={"n": value})
    assert parse_statement(statement.canonical).about == {"n": value}


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("_type",), "https://in-toto.io/Statement/v0.1"),
        (("predicateType",), "urn:edgeline:lineage:2"),
        (("extra",), 1),
        (("subject",), []),
        (("subject",), {}),
        (("subject",), None),
        (("subject", 0), ONE),
        (("subject", 0, "extra"), 1),
        (("subject", 0, "name"), ""),
        (("subject", 0, "name"), "model.onnx"),
        (("subject", 0, "name"), 4097 * "a"),
        (("subject", 0, "name"), "a\nb"),
        (("subject", 0, "name"), "a\x9bb"),
        (("subject", 0, "name"), "\ud800"),
        (("subject", 0, "name"), 7),
        (("subject", 0, "digest"), ONE),
        (("subject", 0, "digest", "sha1"), 40 * "1"),
        (("subject", 0, "digest", "sha256"), 64 * "A"),
        (("subject", 0, "digest", "sha256"), 64 * "0"),
        (("subject", 0, "digest", "sha256"), 63 * "1"),
        (("subject", 0, "digest", "sha256"), ONE + "\n"),
        (("subject", 0, "digest", "sha256"), None),
        (("predicate",), []),
        (("predicate", "extra"), 1),
        (("predicate", "kind"), "model"),
        (("predicate", "kind"), "tree"),
        (("predicate", "kind"), ["artifact"]),
        (("predicate", "kind"), 6),
        (("predicate", "parents"), [THREE, TWO]),
        (("predicate", "parents"), [TWO, TWO]),
        (("predicate", "parents"), [64 * "0"]),
        (("predicate", "parents"), [2]),
        (("predicate", "parents"), TWO),
        (("predicate", "about"), []),
        (("predicate", "about"), {"Recipe": "x"}),
        (("predicate", "about"), {"": "x"}),
        (("predicate", "about"), {65 * "a": "x"}),
        (("predicate", "about"), {"n": True}),
        (("predicate", "about"), {"n": None}),
        (("predicate", "about"), {"n": []}),
        (("predicate", "about"), {"n": {}}),
        (("predicate", "about"), {"n": 7.0}),
        (("predicate", "about"), {"n": 2**53}),
        (("predicate", "about"), {"n": 4097 * "a"}),
        (("predicate", "about"), {"n": "\x1b[2J"}),
        (("predicate", "salt"), ""),
        (("predicate", "salt"), 31 * "5"),
        (("predicate", "salt"), 32 * "G"),
        (("predicate", "salt"), 5),
    ],
)
def test_a_value_of_the_wrong_form_is_refused(keys: tuple[str | int, ...], value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_statement(altered(*keys, value=value))


@pytest.mark.parametrize("missing", ["_type", "subject", "predicateType", "predicate"])
def test_no_field_may_be_missing(missing: str) -> None:
    content = json.loads(BYTES)
    del content[missing]
    with pytest.raises(ValueError, match="not the fields"):
        parse_statement(content)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"null",
        b"7",
        b"[" * 100_000,
        BYTES + b"\n",
        BYTES.replace(b":7", b":7.0"),
        BYTES.replace(b":7", b":07"),
        BYTES.replace(b":7", b":" + 5000 * b"7"),
        BYTES.replace(b'"number":7', b'"number":7,"number":7'),
        BYTES.replace(b"digits", b"\\u0064igits"),
        BYTES.decode().encode("utf-16"),
        json.dumps(json.loads(BYTES), indent=1).encode(),
    ],
)
def test_another_spelling_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not canonical JSON|not the fields"):
        parse_statement(data)


@pytest.mark.parametrize("value", [None, True, 7, "text", [], {}, [[]], {"subject": {}}])
def test_other_json_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="not the fields"):
        parse_statement(value)


def test_every_flipped_bit_is_refused_or_another_statement() -> None:
    for bit in range(8 * len(BYTES)):
        flipped = bytearray(BYTES)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            assert parse_statement(bytes(flipped)).digest != STATEMENT.digest
        except ValueError:
            continue


def test_the_fast_writer_writes_canonical_json() -> None:
    """Every character that a statement may hold, alone in a text of its own."""
    texts = [chr(code) for code in range(0x20, 0x3000) if not 0x7F <= code <= 0x9F]
    texts += ["\ufdd0", "\uffff", "\U0001f642", "\U0010ffff"]
    remarks: dict[str, str | int] = {f"k{number}": text for number, text in enumerate(texts)}
    for statement in (
        STATEMENT,
        Statement((CARD,), "data", salt=32 * "5"),
        Statement((CARD,), "data", about=remarks | {"a": -1, "z_": 2**53 - 1}),
        Statement(tuple(Subject(text, ONE) for text in texts), "artifact"),
    ):
        assert statement.canonical == canonical_json(statement.to_json())


@pytest.mark.parametrize("text", [64 * "0", 64 * "A", 63 * "a", 65 * "a", "", ONE + "\n"])
def test_what_is_no_digest(text: str) -> None:
    assert not is_digest(text)
    assert is_digest(ONE)


FIRST = child(1)
LEFT, RIGHT = child(2, FIRST), child(3, FIRST)
YOUNGEST = child(4, LEFT, RIGHT)


@pytest.mark.parametrize(
    "lineage", [(FIRST, LEFT, RIGHT), (FIRST, RIGHT, LEFT)], ids=["left first", "right first"]
)
def test_a_whole_history_is_accepted(lineage: tuple[Statement, ...]) -> None:
    check_lineage(YOUNGEST, lineage)


def test_a_statement_without_parents_has_no_history() -> None:
    check_lineage(FIRST, ())


@pytest.mark.parametrize(
    ("lineage", "message"),
    [
        ((), "is not there"),
        ((FIRST, LEFT), f"{RIGHT.digest} is not there"),
        ((LEFT, RIGHT), f"{FIRST.digest} is not there, or after a child"),
        ((LEFT, FIRST, RIGHT), f"{FIRST.digest} is not there, or after a child"),
        ((FIRST, LEFT, RIGHT, LEFT), f"{LEFT.digest} is there twice"),
        ((FIRST, LEFT, RIGHT, child(5)), f"{child(5).digest} is no ancestor"),
        ((FIRST, LEFT, RIGHT, YOUNGEST), f"{YOUNGEST.digest} is there twice"),
        ((child(6), FIRST, LEFT, RIGHT), f"{child(6).digest} is no ancestor"),
    ],
)
def test_any_other_history_is_refused(lineage: tuple[Statement, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_lineage(YOUNGEST, lineage)
