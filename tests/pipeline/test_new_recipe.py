"""Photographs and a table that somebody has become sealed models: the drafted recipe runs as it stands.

Takes a minute: two runs of recipes that nobody edited; only timings, which inform, are cut short.
"""

import numpy as np
import pytest
from PIL import Image

from edgeline.artifact import open_artifact
from tests.pipeline.checkout import Project

pytestmark = pytest.mark.xdist_group("recipes")

TIMINGS = ("-p", "quantise.latency_rounds=5", "-p", "split.rounds=3", "-p", "rehearse.items=10")


def make_photos(project: Project) -> None:
    """Apples are red and plums are blue, in light that differs, as a telephone writes them."""
    draw = np.random.default_rng(0)
    for at, name in enumerate(("apple", "plum: blue")):
        (project.root / "photos" / name).mkdir(parents=True)
        for each in range(40):
            noise = draw.integers(0, 256, (6, 8, 3)).astype(np.uint8)
            pixels = np.asarray(Image.fromarray(noise).resize((80, 60))) // 3
            pixels[..., 2 * at] += np.uint8(draw.integers(60, 150))
            exif = Image.Exif()
            exif[0x0112] = 6  # turned by a quarter
            Image.fromarray(pixels).save(
                project.root / "photos" / name / f"IMG_{each:04}.JPG", "JPEG", exif=exif
            )


def make_table(project: Project) -> None:
    draw = np.random.default_rng(0)
    rows = [
        f"{draw.normal(at % 2):.3f},{draw.normal(-(at % 2)):.3f},{'ab'[at % 2]}"
        for at in range(150)
    ]
    (project.root / "rows.csv").write_text("\n".join(["x,y,label", *rows]) + "\n")


@pytest.mark.parametrize(
    ("name", "make", "source", "classes"),
    [
        ("fruit", make_photos, "photos", ("apple", "plum: blue")),
        ("rows", make_table, "rows.csv", ("a", "b")),
    ],
)
def test_a_drafted_recipe_runs_as_it_stands(unbuilt, name, make, source, classes):
    make(unbuilt)
    found = unbuilt.ask("new", name, "--from", str(unbuilt.root / source))
    assert found["recipe"] == f"recipes/{name}.yaml"

    summary = unbuilt.ask("run", name, *TIMINGS)

    artifact = open_artifact(unbuilt.root / summary["artifact"]["path"])
    assert artifact.manifest.classes == classes
    assert not summary["anchor"]["pending"]
    assert f"- {name}\n" in (unbuilt.root / "data" / "recipes.yaml").read_text()
