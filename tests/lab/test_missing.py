"""Cells without a value: named or filled, by what the training set says, and in the same way on a device."""

import json
from pathlib import Path

import numpy as np
import pytest

from edgeline.datasets import card, items, raw
from edgeline.datasets.partition import partition
from edgeline.datasets.prepare import prepare, read_report
from edgeline.edge.readings import read
from edgeline.errors import GateMissed, RecipeError
from edgeline.recipe.data import Data
from edgeline.sources.fetch import fetch

SETTINGS = Data(
    source="table", path="a.csv", validation=10, test=20, central=20, devices=2, suspects=5
)
ROWS = 100
WORDS = ("", "-", "NA", "n/a", " null ")


def table(gaps: int = 30) -> str:
    """Of the first column every cell has a value; of the second, the first `gaps` have none."""
    draw = np.random.default_rng(0)
    lines = ["heat;load;hall;label"]
    for at in range(ROWS):
        heat, load = (f"{value:.2f}".replace(".", ",") for value in draw.normal(5, 2, 2))
        load = WORDS[at % len(WORDS)] if at < gaps else load
        lines.append(f"{heat};{load};{('', 'north')[at % 2]};{'ab'[at % 2]}")
    return "\n".join(lines) + "\n"


def made(root: Path, text: str | None = None, **changed: object) -> card.Card:
    """The data of a table, through all three stages."""
    (root / "a.csv").write_text(table() if text is None else text)
    settings, folder = SETTINGS.model_copy(update=changed), root / "data" / "x"
    fetch(folder, settings, root=root)
    prepare(folder, settings)
    return partition(folder, settings)


def test_by_default_missing_cells_stop_the_run_which_names_row_column_and_setting(
    tmp_path: Path,
) -> None:
    with pytest.raises(GateMissed) as refused:
        made(tmp_path)
    assert "30 a missing value, in column load; the first: 'a.csv:1'" in refused.value.found
    assert "set data.missing to mean or indicator" in refused.value.remedy


def test_as_few_as_are_allowed_are_left_out_and_told(tmp_path: Path) -> None:
    written = made(tmp_path, max_bad=0.3)
    assert written.left_out == {"a missing value, in column load": 30}
    notes = {str(note) for note in written.column_notes}
    assert "load incomplete: 30 of 100 cells have no value; their items are left out" in notes
    assert written.form.preprocessing.missing == "refuse"


@pytest.mark.parametrize(
    ("missing", "indicators", "told"),
    [
        ("mean", (), "the mean stands for them"),
        ("indicator", (1,), "the mean stands for them, and an input more says so"),
    ],
)
def test_filled_cells_are_counted_and_what_was_done_is_sealed(
    tmp_path: Path, missing: str, indicators: tuple[int, ...], told: str
) -> None:
    written = made(tmp_path, missing=missing)
    form = written.form.preprocessing

    assert sum(written.sets.values()) == ROWS
    assert (form.missing, form.indicators, form.decimal_marks) == (missing, indicators, (",", ","))
    assert str(written.column_notes[0]) == f"load incomplete: 30 of 100 cells have no value; {told}"
    assert read_report(tmp_path / "data" / "x").column_notes == written.column_notes
    assert not [one for one in written.profile.features["load"] if np.isnan(one)]


def test_means_are_those_of_the_cells_with_a_value_at_the_central_site(tmp_path: Path) -> None:
    form = made(tmp_path, missing="mean").form.preprocessing
    central = items.read(tmp_path / "data" / "x" / "shares" / "central.npz").values

    assert np.isnan(central[:, 1]).any()
    assert form.mean == pytest.approx(np.nanmean(central, axis=0), rel=1e-5)
    assert form.std == pytest.approx(np.nanstd(central, axis=0), rel=1e-5)


def test_lab_and_device_call_the_same_cells_missing(tmp_path: Path) -> None:
    form = made(tmp_path, missing="indicator").form.preprocessing
    learned = raw.read(tmp_path / "data" / "x" / "raw.npz").items.values
    of_device = np.stack([row for _, row in read(tmp_path / "a.csv", form)])

    assert np.isnan(learned[:, 1]).sum() == 30
    assert np.array_equal(of_device, learned, equal_nan=True)
    assert form(of_device).shape == (ROWS, 3)


def test_what_lacks_values_outside_the_training_set_alone_has_no_indicator(tmp_path: Path) -> None:
    folder = tmp_path / "sets"
    folder.mkdir()
    whole, broken = table(0), table(10)
    (folder / "train.csv").write_text(whole)
    (folder / "test.csv").write_text("\n".join(broken.splitlines()[:21]))
    written = made(tmp_path, missing="indicator", path="sets")

    assert written.form.preprocessing.indicators == ()
    assert str(written.column_notes[0]).endswith("; the mean stands for them")


def test_without_missing_cells_nothing_is_said_of_them(tmp_path: Path) -> None:
    written = made(tmp_path, table(0).replace(",", "."))
    described = json.loads((tmp_path / "data" / "x" / "card.json").read_bytes())["form"]
    assert {"missing", "indicators", "decimal_marks"}.isdisjoint(described["preprocessing"])
    assert [note.name for note in written.column_notes] == ["hall"]


def test_a_column_of_which_the_central_site_knows_no_value_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="a value in column load .* raise data.central"):
        made(tmp_path, table(99), missing="mean")


def test_a_row_without_any_value_is_left_out(tmp_path: Path) -> None:
    text = table(0) + ";;south;a\n"
    assert made(tmp_path, text, missing="mean", max_bad=0.05).left_out == {"no value at all": 1}


def test_items_without_a_label_are_left_out_and_those_without_a_group_stay(tmp_path: Path) -> None:
    """A dash may be the name of a class: it is no missing label."""
    text = table(0).replace(";a\n", ";-\n") + "1,5;2,5;;NA\n"
    written = made(tmp_path, text, missing="mean", group="hall", max_bad=0.05)
    assert written.form.classes == ("-", "b")
    assert written.left_out == {"no label": 1}
    groups = raw.read(tmp_path / "data" / "x" / "raw.npz").items.groups.tolist()
    assert {*groups} == {"", "north"}


def recording(gap: str, steps: int = 240) -> str:
    draw = np.random.default_rng(1)
    lines = ["machine;heat;load;label"]
    for at in range(steps):
        heat, load = draw.normal(5, 2, 2)
        lines.append(
            f"m{at // 8};{heat:.2f};{gap if at % 7 == 3 else f'{load:.2f}'};{'ab'[at // 8 % 2]}"
        )
    return "\n".join(lines) + "\n"


def of_series(**changed: object) -> dict[str, object]:
    return {
        "source": "series", "group": "machine", "steps": 4, "validation": 8, "test": 8, "central": 10, **changed
    }  # fmt: skip


def test_recordings_with_gaps_are_refused_by_default_and_filled_where_asked(tmp_path: Path) -> None:
    with pytest.raises(GateMissed, match=r"a missing value, in column load; .* data\.missing"):
        made(tmp_path, recording("-"), **of_series())

    form = made(tmp_path, recording("-"), **of_series(missing="indicator")).form.preprocessing
    assert (form.indicators, form.input_shape) == ((1,), (4, 3))
    windows = np.stack([one for _, one in read(tmp_path / "a.csv", form)])
    assert form(windows)[..., 2].sum() == np.isnan(windows).sum() == 34


def test_rows_of_which_nobody_knows_the_recording_are_left_out(tmp_path: Path) -> None:
    text = recording("1.5").replace("m0;", "NA;", 3)
    written = made(tmp_path, text, **of_series(max_bad=0.1))
    assert written.left_out == {"no group, so that no recording has this row": 3}
