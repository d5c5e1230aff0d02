"""`edgeline predict` on the very files that a model learned from, and on recordings longer than its window."""

import io
import json
from pathlib import Path

import numpy as np
import onnx
import pyarrow as pa
import pytest
import typer
from onnx import parser
from pyarrow import parquet
from typer.testing import CliRunner

from edgeline.artifact import Artifact, Description, seal
from edgeline.cli.predict import predict
from edgeline.datasets import raw
from edgeline.edge.golden import record_golden
from edgeline.edge.readings import read
from edgeline.edge.session import load
from edgeline.errors import RecipeError
from edgeline.preprocess import Preprocessing
from edgeline.recipe.data import Data
from edgeline.sources.fetch import fetch

HEADER = '<ir_version: 10, opset_import: ["" : 18]>'
SUMS = """graph (float[N, 3, 2] steps) => (float[N, 2] logits) {
    axes = Constant <value = int64[1] {1}> ()
    logits = ReduceSum <keepdims = 0> (steps, axes)
}"""
ITSELF = "graph (float[N, 3] row) => (float[N, 3] logits) { logits = Identity(row) }"

app = typer.Typer()
app.command()(predict)


def asked(artifact: Artifact, *paths: Path, options: tuple[str, ...] = ("--json",)) -> str:
    arguments = [str(artifact.folder), *map(str, paths), *options]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    return result.stdout


def sealed(
    folder: Path, graph: str, classes: tuple[str, ...], preprocessing: Preprocessing
) -> Artifact:
    """An artifact whose logits are known by heart."""
    staging = folder / "staging"
    staging.mkdir()
    onnx.save(parser.parse_model(HEADER + graph), staging / "model.onnx")
    session = load(staging / "model.onnx")
    items = {session.inputs[0].name: np.zeros((1, *preprocessing.shape), np.float32)}
    record_golden(staging, session, items, preprocessing)
    described = Description(
        recipe="tiny",
        classes=classes,
        preprocessing=preprocessing,
        model=session.net("model.onnx"),
        parts=(),
        checkpoint="a" * 64,
        parents={"data": "b" * 64, "checkpoint": "a" * 64},
    )
    return seal(staging, described, folder / "store")


@pytest.fixture
def moving(tmp_path: Path) -> Artifact:
    """Adds the three steps of a window, channel by channel."""
    form = Preprocessing("series", (3, 2), (0.0,) * 2, (1.0,) * 2, columns=("walk", "run"))
    return sealed(tmp_path, SUMS, ("walking", "running"), form)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Three steps of walking, then four of running."""
    path = tmp_path / "long.csv"
    path.write_text("walk,run\n" + "1,0\n" * 3 + "0,1\n" * 4)
    return path


def test_a_recording_longer_than_the_window_has_an_answer_for_each_and_a_sum(
    moving: Artifact, recording: Path
) -> None:
    said = json.loads(asked(moving, recording))

    windows = [
        (one["input"].removeprefix(str(recording)), one["answer"]) for one in said["decisions"]
    ]
    assert windows == [("@0", "walking"), ("@3", "running"), ("@4", "running")]
    # each window is sure of its class by 1 / (1 + exp(-3))
    sure = 1 / (1 + np.exp(-3))
    assert [one["confidence"] for one in said["decisions"]] == pytest.approx([sure] * 3)
    (together,) = said["recordings"]
    assert together["input"] == str(recording)
    assert together["windows"] == {"walking": 1, "running": 2}
    assert together["answer"] == "running"
    assert together["confidence"] == pytest.approx((2 * sure + 1 - sure) / 3)
    assert together["digest"] == moving.digest


def test_a_person_reads_the_sum_below_the_windows(moving: Artifact, recording: Path) -> None:
    *_, last = asked(moving, recording, options=()).splitlines()
    # a narrow terminal may break the line
    assert "65.1%" in asked(moving, recording, options=())
    assert last


def test_a_recording_of_one_window_has_one_answer(moving: Artifact, tmp_path: Path) -> None:
    (tmp_path / "short.csv").write_text("run,walk\n1,0\n0.5,0\n")
    said = json.loads(asked(moving, tmp_path / "short.csv"))

    assert [one["answer"] for one in said["decisions"]] == ["running"]
    assert said["recordings"] == []


COLUMNS = ("temp", "open", "red")
TAUGHT = "temp,open,red,label\n2.525,True,True,faulty\n0.5,true,false,ok\n-0.851,False,TRUE,ok\n"
ROWS = [[2.525, 1, 1], [0.5, 1, 0], [-0.851, 0, 1]]


def packed() -> bytes:
    file = io.BytesIO()
    table = {
        "temp": [2.525, 0.5, -0.851],
        "red": pa.array([True, False, True]),
        "label": pa.array(["faulty", "ok", "ok"]).dictionary_encode(),
        "open": pa.array([1, 1, 0], pa.int8()),
    }
    parquet.write_table(pa.table(table), file)
    return file.getvalue()


FORMS = {
    "commas": TAUGHT.encode(),
    "a mark at the beginning": TAUGHT.encode("utf-8-sig"),
    "semicolons": TAUGHT.replace(",", ";").encode(),
    "tabs": TAUGHT.replace(",", "\t").encode(),
    "lines as Windows ends them": TAUGHT.replace("\n", "\r\n").encode(),
    "quotes": TAUGHT.replace("temp", '"temp"').replace("ok", '"ok"').encode(),
    "blank lines": TAUGHT.replace("\n", "\n\n").encode(),
    "decimal commas": TAUGHT.replace(",", ";").replace(".", ",").encode(),
    "decimal commas in quotes": "\n".join(
        ",".join(f'"{cell.replace(".", ",")}"' for cell in line.split(","))
        for line in TAUGHT.splitlines()
    ).encode(),
    "Parquet": packed(),
}


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS)
def test_the_very_file_that_a_model_learned_from_is_read_alike(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    data = tmp_path / "data" / "x"
    fetch(data, Data(source="table", path="a.csv", columns=COLUMNS), root=tmp_path)
    learned = raw.read(data / "raw.npz").items.values
    form = Preprocessing("table", (3,), (0.0,) * 3, (1.0,) * 3, columns=COLUMNS)
    read_by_device = np.stack([row for _, row in read(tmp_path / "a.csv", form)])

    assert np.array_equal(learned, np.array(ROWS, np.float32))
    assert np.array_equal(read_by_device, learned)


WRITTEN = {
    "thousands between points": "temp;open\n1.234,5;1.000\n0,5;2\n",
    "thousands that other columns decide": "temp;open\n0,5;1.234\n1,5;12.000\n",
    "thousands between commas": 'temp,open\n"1,234.5",1\n0.5,2\n',
    "thousands between blanks": "temp;open\n1 234,5;1\n12'000;2\n",
    "commas after semicolons": "temp;open\n1,234;1\n5,678;2\n",
    "commas that points decide": "temp\topen\n1,234\t0.5\n5,678\t1.5\n",
    "both marks in one table": "temp;open\n68,5;1.234\n0,5;2.5\n",
    "a column that a comma beside it decides": "temp;open\n68,5;900\n0,5;1.234\n",
    "a gap beside": "temp;open\n68,5;1.234\n;12.000\n",
    "an accent in two pieces": "temp;ope\u0301\n1;2\n3;4\n",
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_numbers_mean_the_same_to_lab_and_device(tmp_path: Path, text: str) -> None:
    names, *rows = text.splitlines()
    delimiter = max(",;\t", key=names.count)
    labelled = [f"{row}{delimiter}{label}" for row, label in zip(rows, "ab", strict=True)]
    (tmp_path / "a.csv").write_text("\n".join([f"{names}{delimiter}label", *labelled]))
    columns = tuple(names.split(delimiter))
    data = tmp_path / "data" / "x"
    fetch(data, Data(source="table", path="a.csv", columns=columns), root=tmp_path)
    source = raw.read(data / "raw.npz")
    described = {"columns": source.columns, "decimal_marks": source.decimal_marks}
    form = Preprocessing("table", (2,), (0.0,) * 2, (1.0,) * 2, missing="mean", **described)
    read_by_device = np.stack([row for _, row in read(tmp_path / "a.csv", form)])

    assert len(source.items.values) == 2
    assert np.array_equal(read_by_device, source.items.values, equal_nan=True)
    for row, learned in zip(rows, source.items.values, strict=True):
        (tmp_path / "alone.csv").write_text(f"{names}\n{row}\n")
        ((_, alone),) = read(tmp_path / "alone.csv", form)
        assert np.array_equal(alone, learned, equal_nan=True)


def test_what_can_be_read_in_two_ways_is_refused_by_both(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('temp,label\n"1,234",a\n"7",b\n')
    data = Data(source="table", path="a.csv", columns=("temp",))
    form = Preprocessing("table", (1,), (0.0,), (1.0,), columns=("temp",))

    with pytest.raises(RecipeError, match="can be read in two ways"):
        fetch(tmp_path / "data" / "x", data, root=tmp_path)
    with pytest.raises(RecipeError, match="can be read in two ways"):
        read(tmp_path / "a.csv", form)


def test_rows_are_decided_in_their_order(tmp_path: Path) -> None:
    form = Preprocessing("table", (3,), (0.0,) * 3, (1.0,) * 3, columns=COLUMNS)
    artifact = sealed(tmp_path, ITSELF, ("hot", "ajar", "alight"), form)
    (tmp_path / "a.csv").write_text("red;open;temp;label\nFalse;True;0.5;ok\n0;0;7;ok\n")
    said = json.loads(asked(artifact, tmp_path / "a.csv"))

    assert [one["answer"] for one in said["decisions"]] == ["ajar", "hot"]


HOSTILE = {
    "cut off": (packed()[:-20], "."),
    "changed within": (packed()[:4] + b"\xff" * 200 + packed()[204:], "."),
    "its sign alone": (b"PAR1" * 20, "."),
    "words": (None, "'warm' in row 2, column temp"),
    "dates": (None, "2020-01-02"),
    "no value": (None, "none in row 1, column temp"),
}
TEMPERATURES = {
    "words": ["1", "warm"],
    "dates": pa.array([18263], pa.date32()),
    "no value": pa.array([None, 1.0]),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_parquet_file_of_something_else_is_refused_in_one_line(tmp_path: Path, kind: str) -> None:
    content, found = HOSTILE[kind]
    path = tmp_path / "a.parquet"
    if content is None:
        parquet.write_table(pa.table({"temp": TEMPERATURES[kind]}), path)
    else:
        path.write_bytes(content)
    form = Preprocessing("table", (1,), (0.0,), (1.0,), columns=("temp",))

    with pytest.raises(RecipeError, match=found) as refused:
        read(path, form)
    assert "\n" not in str(refused.value)


def test_what_a_parquet_file_announces_is_checked_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"temp": pa.nulls(40_000_000, pa.int8())}), path)
    form = Preprocessing("table", (1,), (0.0,), (1.0,), columns=("temp",))

    with pytest.raises(RecipeError, match="more than 268,435,456 bytes"):
        read(path, form)


def test_numbers_beyond_what_a_double_holds_exactly_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"temp": pa.array([2**53 + 1], pa.int64())}), path)
    form = Preprocessing("table", (1,), (0.0,), (1.0,), columns=("temp",))

    assert read(path, form)[0][1].tolist() == [2.0**53]
