"""Rows of CSV and Parquet files, sound and hostile."""

import io

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from edgeline.datasets import raw
from edgeline.errors import RecipeError
from edgeline.recipe.data import Data
from edgeline.sources import columns
from edgeline.sources.fetch import fetch

ROWS = "age,site,dose,label\n50,a,0.5,ill\n60,b,1e3,well\n70,a,-2,ill\n"


def packed(table, **options):
    file = io.BytesIO()
    parquet.write_table(table, file, **options)
    return file.getvalue()


def fetch_raw(tmp_path, content, **settings):
    (tmp_path / "a.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    return fetch_raw_from(tmp_path, "a.csv", **settings)


def fetch_raw_from(tmp_path, path, **settings):
    data = tmp_path / "data" / "x"
    fetch(data, Data(source="table", path=path, **settings), root=tmp_path)
    return raw.read(data / "raw.npz")


FORMS = {
    "commas": ROWS,
    "semicolons": ROWS.replace(",", ";"),
    "tabs": ROWS.replace(",", "\t"),
    "a mark at the beginning": "\ufeff" + ROWS,
    "lines as Windows ends them": ROWS.replace("\n", "\r\n"),
    "quotes": ROWS.replace("ill", '"ill"'),
    "blank lines": ROWS.replace("\n", "\n\n"),
    "blanks around labels": ROWS.replace("ill", " ill "),
    "Parquet": packed(
        pa.table(
            {
                "age": pa.array([50, 60, 70], pa.int8()),
                "site": pa.array(["a", "b", "a"]).dictionary_encode(),
                "dose": [0.5, 1e3, -2.0],
                "label": pa.array(["ill", "well", "ill"], pa.large_string()),
            }
        )
    ),
}


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS)
def test_every_usual_form_gives_the_same_rows(tmp_path, content):
    source = fetch_raw(tmp_path, content, group="site")

    assert source.columns == ("age", "dose")
    assert source.items.values.tolist() == [[50, 0.5], [60, 1000], [70, -2]]
    assert source.items.values.dtype == np.float32
    assert source.classes == ("ill", "well")
    assert source.items.labels.tolist() == [0, 1, 0]
    assert source.items.groups.tolist() == ["a", "b", "a"]
    assert source.items.ids.tolist() == ["a.csv:1", "a.csv:2", "a.csv:3"]


def test_the_settings_choose_columns_and_classes(tmp_path):
    source = fetch_raw(tmp_path, ROWS, columns=("dose",), classes=("well", "ill"), label="label")

    assert source.items.values.tolist() == [[0.5], [1000], [-2]]
    assert source.items.labels.tolist() == [1, 0, 1]


def test_labels_may_be_the_numbers_of_the_classes(tmp_path):
    source = fetch_raw(tmp_path, "x,label\n1,1\n2,0\n3,1\n", classes=("well", "ill"))

    assert source.items.labels.tolist() == [1, 0, 1]
    assert source.classes == ("well", "ill")


def test_numbered_classes_are_ordered_by_number(tmp_path):
    source = fetch_raw(tmp_path, "x,label\n1,10\n2,9\n3,10.0\n")

    assert source.classes == ("9", "10")
    assert source.items.labels.tolist() == [1, 0, 1]


def test_bad_rows_are_kept_out_by_their_number(tmp_path):
    source = fetch_raw(tmp_path, ROWS + "80,a\n90,a,much,ill\n91,a,1,\n92,a,1,dead\n93,a,,ill\n")

    assert sorted((bad.id, bad.reason) for bad in source.quarantine) == [
        ("a.csv:4", "a row of more or fewer cells than the first"),
        ("a.csv:5", "text where a number belongs"),
        ("a.csv:6", "no label"),
    ]
    assert source.items.ids.tolist()[3:] == ["a.csv:7", "a.csv:8"]
    assert np.isnan(source.items.values[4, 1])


def test_a_label_of_no_class_is_kept_out(tmp_path):
    source = fetch_raw(tmp_path, ROWS + "92,a,1,dead\n", classes=("ill", "well"))

    assert source.quarantine == (raw.QuarantineItem("a.csv:4", "label of no class"),)


def test_a_number_beyond_what_a_network_holds_is_infinite(tmp_path):
    """And so is found by the checks that follow."""
    assert np.isinf(fetch_raw(tmp_path, ROWS + "1e300,a,1,ill\n").items.values[3, 0])


def test_files_of_a_folder_are_the_sets(tmp_path):
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "test.csv").write_text("x,label\n3,a\n", encoding="utf-8")
    (tmp_path / "t" / "train.csv").write_text("x,label\n1,a\n2,b\n", encoding="utf-8")

    source = fetch_raw_from(tmp_path, "t")

    assert source.items.ids.tolist() == ["train.csv:1", "train.csv:2", "test.csv:1"]
    assert source.splits.tolist() == ["train", "train", "test"]
    assert source.items.labels.tolist() == [0, 1, 0]


def test_a_folder_of_other_files_is_refused(tmp_path):
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "monday.csv").write_text("x,label\n3,a\n", encoding="utf-8")

    with pytest.raises(RecipeError, match=r"found monday\.csv"):
        fetch_raw_from(tmp_path, "t")


LISTS = packed(pa.table({"x": [[1.0], [2.0]], "label": ["a", "b"]}))
NOTHING_BUT_ROWS = packed(
    pa.table(
        {"x": pa.nulls(30_000_000), "y": pa.nulls(30_000_000), "label": pa.nulls(30_000_000)}
        | {f"z{at}": pa.nulls(30_000_000) for at in range(7)}
    )
)
SMALL = FORMS["Parquet"]

ATTACKS = {
    "nothing": (b"", "Empty CSV file"),
    "names alone": (b"x,label\n", "none|found"),
    "one cell of 3 MB": (
        b'x,label\n1,"' + b"a" * 3_000_000 + b'"\n2,b\n',
        "a row of more than 1,048,576",
    ),
    "a quote that never ends": (
        b'x,label\n1,"a\n' + b"2,b\n" * 400_000,
        "400,001 lines: a quote that is never closed",
    ),
    "a quote that swallows 4 MB": (b'x,label\n1,"a\n' + b"2,b\n" * 1_000_000, "never closed"),
    "a quote that swallows the end": (
        b"x,label\n" + b"1,a\n" * 9 + b'2,"b\n' + b"3,a\n" * 5,
        "a line for each of 10 rows in a.csv; found 15 lines",
    ),
    "names of 2 MB": (b"x" * 2_000_000 + b",label\n1,a\n", "more"),
    "20,000 columns": (b",".join(b"c%d" % at for at in range(20_000)) + b"\n", "more"),
    "two columns of one name": (b"x,x,label\n1,2,a\n", "two columns of one name"),
    "a column without a name": (b"x,,label\n1,2,a\n", "''"),
    "a name of two lines": (b'"x\ny",label\n1,a\n', "a cell over several lines"),
    "zero bytes": (b"x,label\n\0\0,a\n", "something else"),
    "UTF-16": ("x,label\n1,a\n".encode("utf-16"), "text in UTF-16; save it as CSV, in UTF-8"),
    "another alphabet's names": ("größe,label\n1,a\n".encode("latin-1"), "save it as UTF-8"),
    "another alphabet's cells": ("x,label\n1,ä\n2,b\n".encode("latin-1"), "save it as UTF-8"),
    "labels that are no text": (b"x,label\n1,\xff\xfe\n2,\xfe\n", "found another encoding"),
    "HTML": (b"<!DOCTYPE html><table>", "HTML"),
    "an archive": (b"PK\x03\x04" + bytes(60), "a ZIP archive"),
    "pickle": (b"\x80\x04\x95" + bytes(60), "a pickle"),
    "a label for each row": (
        "x,label\n" + "".join(f"{at},n{at}\n" for at in range(1500)),
        "1,500 different",
    ),
    "no numbers": (b"x,label\na,b\nc,d\n", "a column of numbers"),
    "no labels": (b"x,y\n1,2\n", "found x, y"),
    "classes alike but for case": (b"x,label\n1,Ill\n2,ill\n", "found Ill, ill"),
    "Parquet cut off": (SMALL[:-20], "Parquet|magic"),
    "Parquet changed within": (SMALL[:4] + b"\xff" * 200 + SMALL[204:], "found"),
    "Parquet's sign alone": (b"PAR1" * 20, "found"),
    "lists in Parquet": (LISTS, "lists or records in x"),
    "30 million rows in 2 KB": (NOTHING_BUT_ROWS, "30,000,000 rows"),
}


@pytest.mark.parametrize(("content", "found"), ATTACKS.values(), ids=ATTACKS)
def test_a_file_that_is_no_table_is_refused_in_one_line(tmp_path, content, found):
    with pytest.raises(RecipeError, match=found) as refused:
        fetch_raw(tmp_path, content)

    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


def test_a_column_that_is_not_there_is_answered_with_those_that_are(tmp_path):
    with pytest.raises(RecipeError, match=r"a column sex in a\.csv; found age, site, dose, label"):
        fetch_raw(tmp_path, ROWS, columns=("sex",))


def test_words_cannot_be_a_feature(tmp_path):
    with pytest.raises(RecipeError, match="numbers in column site"):
        fetch_raw(tmp_path, ROWS, columns=("age", "site"))


def test_a_csv_of_more_than_512_mib_is_not_read(tmp_path):
    with (tmp_path / "a.csv").open("wb") as file:
        file.truncate(columns.MAX_CSV_BYTES + 1)

    with pytest.raises(RecipeError, match="more than 536,870,912 bytes"):
        fetch_raw_from(tmp_path, "a.csv")
