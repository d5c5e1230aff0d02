"""Every column of a table is read, or left out with its reason."""

import numpy as np
import pytest

from edgeline.edge.readings import read
from edgeline.errors import RecipeError
from edgeline.preprocess import Preprocessing
from tests.lab.test_tables import fetch_raw

GERMAN = "Messung Nr;Datum;Temperatur;Umsatz;offen;Ort;leer;label\n" + "".join(
    f"{at + 1};{at + 1:02}.03.2024;{20 + at % 7},{at % 10};{at % 3 + 1}.{at % 5}00;{'true' if at % 2 else 'false'};"
    f"{'Halle A' if at % 3 else 'Halle B'};;{'gut' if at % 4 else 'schlecht'}\n"
    for at in range(28)
)


def test_every_column_of_a_german_file_is_read_or_left_out_with_a_reason(tmp_path):
    source = fetch_raw(tmp_path, GERMAN)

    assert source.columns == ("Temperatur", "Umsatz", "offen")
    assert source.items.values[4:6].tolist() == [
        [np.float32(24.4), 2400, 0],
        [np.float32(25.5), 3000, 1],
    ]
    assert [str(note) for note in source.column_notes] == [
        "Messung Nr left out: ids",
        "Datum left out: dates or times",
        "Ort left out: text",
        "leer left out: empty cells alone",
        "Temperatur turned: decimal commas",
        "Umsatz turned: decimal commas, and thousands set apart",
        "offen turned: true as 1, false as 0",
    ]
    assert source.quarantine == ()


def test_a_column_that_orders_the_rows_is_read_where_it_is_named(tmp_path):
    source = fetch_raw(tmp_path, GERMAN, columns=("Messung Nr",))

    assert source.items.values[:3].tolist() == [[1], [2], [3]]
    assert {note.reason for note in source.column_notes} == {"not among data.columns"}


def test_a_named_column_without_numbers_is_refused_with_what_it_holds(tmp_path):
    with pytest.raises(RecipeError, match="numbers in column Datum of a.csv; found dates or times"):
        fetch_raw(tmp_path, GERMAN, columns=("Datum",))
    with pytest.raises(RecipeError, match="read in two ways; write them with a decimal point"):
        fetch_raw(tmp_path, 'x,label\n"1,234",a\n999,b\n', columns=("x",))


def test_where_every_column_is_left_out_the_reasons_are_told(tmp_path):
    text = "n;wann;label\n" + "".join(f"{at};12:{at};{'ab'[at % 2]}\n" for at in range(10, 40))

    with pytest.raises(
        RecipeError, match=r"found n \(row numbers\), wann \(dates or times\); name"
    ):
        fetch_raw(tmp_path, text)


def test_a_device_reads_the_same_numbers(tmp_path):
    """Also where a column that only orders the rows would say how the others are written."""
    rising = "t;x;label\n" + "".join(
        f"{at},5;{at % 7 + 1}.500;{'ab'[at % 2]}\n" for at in range(30)
    )

    for content in (GERMAN, rising):
        source = fetch_raw(tmp_path, content)
        count = len(source.columns)
        form = Preprocessing(
            "table", (count,), (0.0,) * count, (1.0,) * count, columns=source.columns
        )
        device = np.stack([row for _, row in read(tmp_path / "a.csv", form)])
        assert device.tolist() == source.items.values.tolist()
    assert source.items.values[:3].tolist() == [[1.5], [2.5], [3.5]]
