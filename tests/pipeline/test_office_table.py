"""A table as an office in Germany keeps it, through the whole line, and then on a device.

Takes half a minute: one run of a recipe of its own, with small networks.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from edgeline.artifact import Artifact, open_artifact
from edgeline.datasets import card, load_set
from edgeline.datasets.prepare import read_report
from edgeline.edge.readings import read
from edgeline.edge.session import load_model
from tests.pipeline.checkout import Answer, Project

pytestmark = pytest.mark.xdist_group("recipes")

RECIPE = """
name: halle
data:
  {source: table, path: halle.csv, label: Zustand, missing: indicator, validation: 60, test: 100, central: 80,
   devices: 2, partition: iid, suspects: 0}
pretrained: {architecture: mlp, widths: [16], weights: none}
finetune: {epochs: 40, learning_rate: 0.01}
shrink: {widths: [8], epochs: 15, lessons: 20, learning_rate: 0.01}
federate: {rounds: 1, local_epochs: 1, min_devices: 1}
quantise: {calibration_items: 20, latency_rounds: 5}
split: {rounds: 3}
rehearse: {items: 20}
gate: {min_accuracy: 0.8}
"""
ROWS = 400
EMPTY = ("", "-", "k.A.", " NA ")


def table() -> str:
    """Sensors of a machine that runs hot when it is worn; every tenth temperature was not noted."""
    draw = np.random.default_rng(0)
    lines = ["Messung Nr;Datum;Temperatur;Drehzahl;Last;Halle;Zustand"]
    for at, is_worn in enumerate(draw.integers(0, 2, ROWS).tolist()):
        heat, load = f"{draw.normal(65 + 8 * is_worn, 3):.1f}", f"{draw.normal(0.5, 0.1):.3f}"
        speed = f"{draw.normal(1200 - 250 * is_worn, 120):,.0f}".replace(",", ".")
        cells = [
            EMPTY[at % 4] if draw.random() < 0.1 else heat.replace(".", ","),
            speed,
            load.replace(".", ","),
            ("Nord", "Süd", "")[at % 3],
        ]
        state = "verschlissen" if is_worn else "gut"
        lines.append(f"{at + 1};{1 + at % 28:02d}.03.2024;{';'.join(cells)};{state}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def answer(unbuilt: Project) -> Answer:
    (unbuilt.root / "halle.csv").write_text(table(), encoding="utf-8")
    (unbuilt.root / "recipes" / "halle.yaml").write_text(RECIPE)
    done = unbuilt.edgeline("run", "halle", "--json")
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def released(unbuilt: Project, answer: Answer) -> Artifact:
    return open_artifact(unbuilt.root / json.loads(answer.stdout)["artifact"]["path"])


def test_it_beats_the_rule_that_always_answers_the_same(answer: Answer) -> None:
    summary = json.loads(answer.stdout)
    assert summary["baseline"]["trivial"]["balanced_accuracy"] == 0.5
    assert summary["steps"]["quantise"]["balanced_accuracy"] > 0.8


def test_what_was_left_out_turned_or_missing_is_said(unbuilt: Project, answer: Answer) -> None:
    """In the run's line, in the report of the data and in their card."""
    missing = sum(line.split(";")[2] in EMPTY for line in table().splitlines())
    told = [
        f"Temperatur incomplete: {missing} of 400 cells have no value; "
        "the mean stands for them, and an input more says so",
        "Messung Nr left out: ids",
        "Datum left out: dates or times",
        "Halle left out: text",
        "Temperatur turned: decimal commas",
        "Drehzahl turned: decimal commas, and thousands set apart",
        "Last turned: decimal commas",
    ]
    folder = unbuilt.root / "data" / "halle"

    assert missing > 20
    assert [str(note) for note in card.load(folder).column_notes] == told
    assert [str(note) for note in read_report(folder).column_notes] == told
    line = " ".join(answer.stderr.split())
    assert all(note in line for note in ("columns Temperatur, Drehzahl, Last;", *told))


def test_the_device_answers_the_very_file_as_the_lab_does(
    unbuilt: Project, released: Artifact
) -> None:
    said = unbuilt.ask("predict", str(released.folder), str(unbuilt.root / "halle.csv"))
    by_row = {one["input"].rpartition(":")[2]: one for one in said["decisions"]}
    items = load_set(unbuilt.root / "data" / "halle", "test")
    of_device = [by_row[name.rpartition(":")[2]] for name in items.ids.tolist()]
    logits = load_model(released).logits(released.preprocessing(items.values))

    answers = [released.manifest.classes[at] for at in logits.argmax(axis=1)]
    assert [one["answer"] for one in of_device] == answers
    lacking = [["Temperatur"] if np.isnan(row[0]) else [] for row in items.values]
    assert [one["filled"] for one in of_device] == lacking
    assert ["Temperatur"] in lacking


def test_a_row_alone_is_read_as_the_table_was(released: Artifact, tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("Drehzahl;Temperatur;Last\n1.234;;1\n")

    ((_, row),) = read(tmp_path / "one.csv", released.preprocessing)

    assert np.array_equal(row, [np.nan, 1234, 1], equal_nan=True)
