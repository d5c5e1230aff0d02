"""Lineage is told about things, by their digests; statements, ancestors and order follow from it."""

import pytest

from edgeline.manifest import Ancestor
from edgeline.provenance.lineage import Lineage, release_statement
from edgeline.provenance.statement import Statement, Subject

DATA, LARGE, TUNED, SMALL, FIRST, SECOND, MODEL = (digit * 64 for digit in "1234567")
ABOUT = {"recipe": "digits"}


@pytest.fixture
def lineage() -> Lineage:
    """Two rounds after data, a pretrained, a tuned and a small network."""
    return (
        Lineage()
        .add("data", DATA, (), {**ABOUT, "revision": "r"})
        .add("pretrained", LARGE, (), ABOUT)
        .add("tuned", TUNED, (LARGE, DATA), ABOUT)
        .add("small", SMALL, (TUNED, DATA), ABOUT)
        .add("round", FIRST, (SMALL, DATA), {**ABOUT, "number": 1})
        .add("round", SECOND, (FIRST, DATA), {**ABOUT, "number": 2})
    )


def test_a_statement_names_the_statements_about_its_parents(lineage: Lineage) -> None:
    data = Statement((Subject("card.json", DATA),), "data", (), {**ABOUT, "revision": "r"})
    large = Statement((Subject("weights.safetensors", LARGE),), "pretrained", (), ABOUT)

    assert lineage.statements[:2] == (data, large)
    assert lineage.statements[2].parents == tuple(sorted((data.digest, large.digest)))


def test_a_thing_has_one_statement_however_often_it_is_made(lineage: Lineage) -> None:
    again = lineage.add("tuned", LARGE, (LARGE, DATA), ABOUT)

    assert again == lineage


def test_a_parent_without_a_statement_is_refused(lineage: Lineage) -> None:
    with pytest.raises(KeyError):
        lineage.add("artifact", MODEL, ("9" * 64,), ABOUT)


def test_ancestry_leaves_out_what_a_thing_did_not_come_from(lineage: Lineage) -> None:
    before = lineage.ancestry(TUNED)
    assert [one.subject for one in before] == [DATA, LARGE, TUNED]
    assert lineage.ancestry(SECOND) == lineage


def test_a_manifest_tells_the_same_by_the_digests_of_the_things(lineage: Lineage) -> None:
    assert lineage.ancestors()[-2:] == (
        Ancestor(FIRST, "round", (DATA, SMALL)),
        Ancestor(SECOND, "round", (DATA, FIRST)),
    )


def test_a_release_is_about_the_artifact_alone_and_comes_from_its_statement(
    lineage: Lineage,
) -> None:
    files = [Subject("model.onnx", "8" * 64)]
    *_, artifact = lineage.add("artifact", MODEL, (SECOND, DATA), ABOUT, files=files)
    release = release_statement(artifact, 0.98765, "7", "5" * 64)

    assert [one.name for one in artifact.subjects] == ["manifest.json", "model.onnx"]
    assert [one.sha256 for one in release.subjects] == [MODEL]
    assert release.parents == (artifact.digest,)
    assert release.about == {
        "recipe": "digits",
        "validation": "0.9877",
        "version": 7,
        "stored": "5" * 64,
    }
