"""Rows of CSV and Parquet files, sound and hostile."""

import io

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from edgeline.datasets import raw
from edgeline.errors import RecipeError
from edgeline.recipe.data import Data
from edgeline.sources import table_files
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


@pytest.mark.parametrize("rows", ["1,1\n2,2\n3,3\n", "1,1\n2,2\n", "1,0\n2,3\n", "1,00\n2,01\n"])
def test_numbers_that_do_not_run_from_0_name_no_classes(tmp_path, rows):
    """Numbered from 1, every class would be taken for the one after it."""
    with pytest.raises(
        RecipeError, match=r"flow, high, bypass in a\.csv.*numbered from 0 to 2; found 0*[01],"
    ):
        fetch_raw(tmp_path, "x,label\n" + rows, classes=("flow", "high", "bypass"))


def test_a_label_that_is_no_number_is_kept_out_beside_numbers(tmp_path):
    source = fetch_raw(tmp_path, "x,label\n1,1\n2,?\n3,0\n4,-1\n", classes=("a", "b"))

    assert source.items.labels.tolist() == [1, 0]
    assert [bad.id for bad in source.quarantine] == ["a.csv:2", "a.csv:4"]


def test_labels_and_groups_stay_as_they_are_written(tmp_path):
    text = "x,who,label\n5,007,2024-03-01\n9,7,1e3\n7,9007199254740993,2024-03-01\n4,9007199254740992,1e3\n"
    source = fetch_raw(tmp_path, text, group="who")

    assert source.classes == ("1e3", "2024-03-01")
    assert source.items.groups.tolist() == ["007", "7", "9007199254740993", "9007199254740992"]


def test_a_letter_and_its_mark_make_one_name_however_they_are_stored(tmp_path):
    """Composed (NFC) as most systems write them, or one by one (NFD) as a Mac does."""
    one, two = "caf\u00e9", "cafe\u0301"
    text = f"gro\u00dfe,wo,{two}\n5,{one},{one}\n9,{two},{two}\n7,x,tee\n"
    named = fetch_raw(tmp_path, text, group="wo", label=one, classes=(two, "tee"))

    assert named.items.labels.tolist() == [0, 0, 1]
    assert named.items.groups.tolist() == [one, one, "x"]
    assert named.classes == fetch_raw(tmp_path, text, group="wo", label=two).classes == (one, "tee")


def test_numbered_classes_are_ordered_by_number(tmp_path):
    source = fetch_raw(tmp_path, "x,label\n1,10\n2,9\n3,10.0\n")

    assert source.classes == ("9", "10")
    assert source.items.labels.tolist() == [1, 0, 1]


def test_whole_numbers_of_64_bits_are_rounded(tmp_path):
    numbers = [2**53 + 1, -(2**60), 2**63 - 1]
    rows = "".join(f"{number},{label}\n" for number, label in zip(numbers, "aba", strict=True))
    packed_rows = packed(pa.table({"x": numbers, "label": ["a", "b", "a"]}))

    for content in ("x,label\n" + rows, packed_rows):
        assert fetch_raw(tmp_path, content).items.values.tolist() == [
            [2.0**53],
            [-(2.0**60)],
            [2.0**63],
        ]


def test_the_row_index_of_pandas_is_no_feature(tmp_path):
    """Of rows that lie class after class it would tell the class."""
    pandas = pytest.importorskip("pandas")
    rows = pandas.DataFrame({"a": [7, 0.5, 3, 2], "label": ["ok", "ok", "no", "no"]})
    rows[rows.a > 1].to_parquet(tmp_path / "a.parquet")
    source = fetch_raw_from(tmp_path, "a.parquet")

    assert source.columns == ("a",)
    assert [str(note) for note in source.column_notes] == [
        "__index_level_0__ left out: the index of the rows, as pandas and R store it"
    ]
    rows.set_index("a").assign(b=[3.0, 1, 2, 4]).to_parquet(tmp_path / "a.parquet")
    assert fetch_raw_from(tmp_path, "a.parquet").columns == ("b",)
    assert fetch_raw_from(tmp_path, "a.parquet", columns=("a",)).columns == ("a",)


def test_a_first_column_without_a_name_is_an_index(tmp_path):
    source = fetch_raw(tmp_path, '"",a,label\n"5",0.5,ok\n"3",7,no\n')

    assert source.columns == ("a",)
    assert [note.name for note in source.column_notes] == ["Unnamed: 0"]
    assert fetch_raw(
        tmp_path, ",label\n5,ok\n3,no\n", columns=("Unnamed: 0",)
    ).items.values.tolist() == [[5], [3]]


def test_the_files_of_a_set_are_read_in_one_notation(tmp_path):
    """Alone, the test file's 1,250 could be twelve hundred and fifty."""
    (tmp_path / "t").mkdir()
    for name, rows in (("train", '"0,5",a\n"2,5",b\n'), ("test", '"1,250",a\n3,b\n')):
        (tmp_path / "t" / f"{name}.csv").write_text("x,label\n" + rows, encoding="utf-8")

    source = fetch_raw_from(tmp_path, "t")

    assert source.items.values[:, 0].tolist() == [0.5, 2.5, 1.25, 3]


def test_a_column_of_one_file_alone_is_named(tmp_path):
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "train.csv").write_text("x,label\n1,a\n2,b\n", encoding="utf-8")
    (tmp_path / "t" / "test.csv").write_text("y,x,label\n5,1,a\n6,2,b\n", encoding="utf-8")

    source = fetch_raw_from(tmp_path, "t")

    assert [str(note) for note in source.column_notes] == ["y left out: not in every file"]


def test_bad_rows_are_kept_out_by_their_number(tmp_path):
    source = fetch_raw(tmp_path, ROWS + "80,a\n90,a,much,ill\n91,a,1,\n92,a,1,dead\n93,a,,ill\n")

    assert sorted((bad.id, bad.reason) for bad in source.quarantine) == [
        ("a.csv:4", "a row of more or fewer cells than the first"),
        ("a.csv:5", "text where a number belongs, in column dose"),
        ("a.csv:6", "no label"),
    ]
    assert source.items.ids.tolist()[3:] == ["a.csv:7", "a.csv:8"]
    assert np.isnan(source.items.values[4, 1])


def test_text_in_a_column_that_is_left_out_is_no_harm(tmp_path):
    """The first column that holds text is named, and those that no network sees do not count."""
    rows = "".join(f"{at},{at % 7},{at % 5},{'ab'[at % 2]}\n" for at in range(30))
    source = fetch_raw(tmp_path, "n,x,y,label\n" + rows + "none,1,1,a\n31,bad,bad,a\n32,1,bad,b\n")

    assert source.columns == ("x", "y")
    assert [(bad.id, bad.reason) for bad in source.quarantine] == [
        ("a.csv:32", "text where a number belongs, in column x"),
        ("a.csv:33", "text where a number belongs, in column y"),
    ]


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


def test_a_column_that_is_not_there_is_answered_with_those_that_are(tmp_path):
    with pytest.raises(RecipeError, match=r"a column sex in a\.csv; found age, site, dose, label"):
        fetch_raw(tmp_path, ROWS, columns=("sex",))


def test_words_cannot_be_a_feature(tmp_path):
    with pytest.raises(RecipeError, match="numbers in column site"):
        fetch_raw(tmp_path, ROWS, columns=("age", "site"))


def test_a_csv_of_more_than_512_mib_is_not_read(tmp_path):
    with (tmp_path / "a.csv").open("wb") as file:
        file.truncate(table_files.MAX_CSV_BYTES + 1)

    with pytest.raises(RecipeError, match="more than 536,870,912 bytes"):
        fetch_raw_from(tmp_path, "a.csv")
