"""Files that are no table, or one that no memory holds, are refused in one line."""

import pyarrow as pa
import pytest

from edgeline.errors import RecipeError
from tests.lab.test_tables import FORMS, fetch_raw, packed

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
        "x,label\n" + "".join(f"{at % 9},n{at}\n" for at in range(1500)),
        "1,500 different",
    ),
    "no numbers": (b"x,label\na,b\nc,d\n", r"a column of numbers in a\.csv; found x \(text\)"),
    "R's names of rows": (b"x,label\n1,5,a\n2,6,b\n", r"found 3 cells in row 1 \(line 2\)"),
    "a delimiter at the end": (b"x,label\n5,a,\n6,b,\n", "rows of 2 cells in a.csv"),
    "a comment above the names": (b"# a comment\nx,label\n5,a\n", "with no line above it"),
    "numbers for names": (b"0.5,1\n0.7,2\n", r"names of columns .*; found numbers: 0\.5, 1; write"),
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
