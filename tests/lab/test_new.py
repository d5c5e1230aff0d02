"""`edgeline new`: made files of every kind, what is seen in them, and that the recipe can be loaded."""

import json
import shutil
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
import yaml
from PIL import Image

from edgeline.cli import app
from edgeline.datasets import card
from edgeline.datasets.partition import partition
from edgeline.datasets.prepare import prepare
from edgeline.errors import EdgelineError, RecipeError
from edgeline.recipe import Recipe, load
from edgeline.recipe.draft import draft, find_sizes
from edgeline.recipe.findings import Asked, Findings
from edgeline.sources.fetch import fetch, with_digest
from edgeline.sources.inspect import inspect

ODD = ("no", "yes: #1", "- 'a' \"b\" {c}", "ü\u2028x", "* &a !b %c @d", "line\nbreak", "猫")


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "un projet"
    (folder / "recipes").mkdir(parents=True)
    (folder / "dvc.yaml").touch()
    monkeypatch.chdir(folder)
    return folder


def new(root: Path, source: Path | str, *options: str) -> tuple[Recipe, str]:
    """The recipe as a run reads it, and its text."""
    app(args=["new", "mine", "--from", str(source), *options], standalone_mode=False)
    return load(root, "mine").recipe, (root / "recipes" / "mine.yaml").read_text()


def make_data(root: Path, recipe: Recipe) -> card.Card:
    """What the three stages make of it."""
    folder = root / "data" / "mine"
    settings = with_digest(recipe.data, root)
    fetch(folder, settings)
    prepare(folder, settings)
    return partition(folder, settings)


def refusal(*arguments: str) -> str:
    with pytest.raises(EdgelineError) as refused:
        app(args=["new", *arguments], standalone_mode=False)
    assert refused.value.exit_code == 2
    assert list(Path("recipes").iterdir()) == []
    return str(refused.value)


def make_pictures(
    folder: Path, names=("cat", "dog"), number=30, *, size=(90, 60), mode="RGB", ending="jpg"
) -> Path:
    draw = np.random.default_rng(crc32(f"{folder.name} {names}".encode()))
    for at, name in enumerate(names):
        (folder / name).mkdir(parents=True)
        for each in range(number):
            shape = (size[1], size[0], 3) if mode == "RGB" else (size[1], size[0])
            pixels = draw.integers(0, 100, shape, np.uint8) + np.uint8(20 * at)
            if mode == "RGB":
                pixels[..., 0] += 50
            Image.fromarray(pixels, mode).save(folder / name / f"{each}.{ending}")
    return folder


def make_table(path: Path, rows=120, mark=",", extra="", **columns) -> Path:
    draw = np.random.default_rng(0)
    lines = [mark.join(["width", "height", *columns, "species"])]
    for at in range(rows):
        more = [str(make(at)) for make in columns.values()]
        numbers = [f"{draw.normal():.3f}" for _ in range(2)]
        lines.append(mark.join([*numbers, *more, ("setosa", "no", "yes")[at % 3]]))
    path.write_text("\n".join(lines) + "\n" + extra, encoding="utf-8")
    return path


@pytest.mark.parametrize("ending", ["jpg", "png", "webp"])
def test_pictures_in_colour(root, ending):
    source = make_pictures(root / "photos", ending=ending)

    recipe, text = new(root, source)

    data = recipe.data
    assert (data.source, data.path) == ("image-folder", "photos")
    assert (data.image_size, data.channels) == (32, 3)
    assert (data.test, data.validation, data.central) == (12, 9, 9)
    assert recipe.pretrained.architecture == "resnet20"
    assert recipe.pretrained.weights == "none"
    assert recipe.gate.min_accuracy == 0.5
    assert "cat 30, dog 30" in text


def test_small_grey_pictures_have_the_small_network(root):
    source = make_pictures(root / "photos", size=(24, 20), mode="L", ending="png")

    recipe, _ = new(root, source)

    assert (recipe.data.image_size, recipe.data.channels) == (20, 1)
    assert recipe.pretrained.architecture == "cnn"


@pytest.mark.parametrize("options", [(), ("--group", "folder")])
def test_pictures_of_persons_in_folders_of_their_own(root, options):
    """The same persons in every class could be classes in sets: that is asked."""
    for at in range(10):
        for number, name in enumerate(("cat", "dog")):
            person = at if options else 10 * number + at
            make_pictures(root / "photos" / name, (f"person {person}",), 3)
    if options:
        assert "give --group folder" in refusal("mine", "--from", "photos")

    recipe, text = new(root, "photos", *options)
    assert len(make_data(root, recipe).devices) == 2

    assert recipe.data.group == "folder"
    assert ("a guess" in text) == (not options)


def test_an_archive_of_pictures_outside_of_the_project(root, tmp_path):
    folder = make_pictures(tmp_path / "photos")
    archive = shutil.make_archive(str(tmp_path / "all"), "zip", folder)

    recipe, _ = new(root, archive, "--image-size", "64")

    assert recipe.data.path == archive
    assert recipe.data.image_size == 64
    assert not any((root / ".edgeline" / "unpacked").glob("*"))


def test_names_that_mean_something_in_yaml(root):
    source = make_pictures(root / "a: #b\n- 'c'", ODD, 8)

    recipe, text = new(root, source)

    assert recipe.data.path == "a: #b\n- 'c'"
    assert text.isascii() or "猫 8" in text
    assert yaml.safe_load(text)["data"]["source"] == "image-folder"


def test_pictures_that_cannot_be_read_are_told(root):
    source = make_pictures(root / "photos")
    for at in range(3):
        (source / "cat" / f"broken {at}.jpg").write_bytes(b"\xff\xd8\xff and no more")

    recipe, text = new(root, source)

    assert recipe.data.max_bad == 0.1
    assert "damaged" in text
    assert make_data(root, recipe).damaged == 3


@pytest.mark.parametrize(("ending", "mark"), [("csv", ","), ("csv", ";"), ("tsv", "\t")])
def test_a_table(root, ending, mark):
    source = make_table(root / f"flowers.{ending}", mark=mark)

    recipe, text = new(root, source)

    assert (recipe.data.source, recipe.data.label, recipe.data.group) == ("table", "species", "")
    assert recipe.pretrained.architecture == "mlp"
    assert (recipe.data.test, recipe.data.validation) == (24, 18)
    assert "no 40, setosa 40, yes 40" in text


def test_a_parquet_table(root):
    from pyarrow import csv, parquet

    parquet.write_table(csv.read_csv(make_table(root / "flowers.csv")), root / "flowers.parquet")

    assert new(root, "flowers.parquet")[0].data.label == "species"


def test_a_table_with_missing_cells_and_persons(root):
    source = make_table(
        root / "flowers.csv",
        patient=lambda at: f"p{at // 6}",
        heat=lambda at: "NA" if at % 4 else 1.5 * at % 7,
    )

    recipe, text = new(root, source)

    assert (recipe.data.group, recipe.data.missing) == ("patient", "indicator")
    assert "90 cells have no value (heat 90)" in text
    assert len(make_data(root, recipe).devices) == 4
    assert "a guess" in text


def test_a_table_with_decimal_commas(root):
    text = make_table(root / "flowers.csv", mark=";").read_text().replace(".", ",")
    (root / "flowers.csv").write_text(text)

    assert "width turned" in new(root, "flowers.csv")[1]


def test_a_column_is_asked_for_where_none_looks_like_classes(root):
    rows = "\n".join(f"{at}.5,{at * at % 97},{at}.25" for at in range(60))
    (root / "numbers.csv").write_text(f"a,b,c\n{rows}\n")

    assert "--label COLUMN" in refusal("mine", "--from", "numbers.csv")
    assert "a column d" in refusal("mine", "--from", "numbers.csv", "--label", "d")


def test_images_in_arrays(root):
    draw = np.random.default_rng(0)
    images = draw.integers(0, 255, (90, 28, 28), np.uint8)
    np.savez(root / "some.npz", images=images, labels=np.arange(90) % 3)

    recipe, _ = new(root, "some.npz")

    assert (recipe.data.source, recipe.pretrained.architecture) == ("medmnist", "cnn")
    assert sum(make_data(root, recipe).central) == 14


def test_series_in_arrays(root):
    draw = np.random.default_rng(0)
    np.savez(root / "some.npz", X=draw.normal(size=(90, 40, 3)), y=np.arange(90) % 3)

    recipe, _ = new(root, "some.npz")

    assert (recipe.data.source, recipe.pretrained.architecture) == ("series", "gru")
    assert (recipe.data.steps, recipe.data.stride) == (0, 0)
    assert sum(make_data(root, recipe).central) == 14


def test_recordings_in_folders_are_cut_into_windows(root):
    draw = np.random.default_rng(0)
    for name in ("walk", "run"):
        (root / "moves" / name).mkdir(parents=True)
        for at in range(6):
            rows = "\n".join(f"{x:.3f},{y:.3f}" for x, y in draw.normal(size=(600, 2)))
            (root / "moves" / name / f"{at}.csv").write_text(f"x,y\n{rows}\n")

    recipe, text = new(root, "moves")

    assert (recipe.data.source, recipe.data.steps, recipe.data.stride) == ("series", 128, 64)
    assert "12 recordings of 600 to 600 steps" in text
    assert len(make_data(root, recipe).devices) == 3
    # 600 steps hold 8 windows of 128 that begin every 64
    assert "96 windows of 2 classes (run, walk)" in text


def test_a_table_of_steps_is_recordings_where_it_is_said(root):
    source = make_table(root / "log.csv", rows=900, session=lambda at: f"s{at // 30}")

    recipe, _ = new(root, source, "--steps", "10")

    assert (recipe.data.source, recipe.data.group, recipe.data.steps) == ("series", "session", 10)
    assert len(make_data(root, recipe).devices) == 5


def test_the_facts_for_programs(root, capsys):
    new(root, make_table(root / "flowers.csv"), "--json")

    facts = json.loads(capsys.readouterr().out)
    assert facts["recipe"] == "recipes/mine.yaml"
    assert facts["classes"] == {"no": 40, "setosa": 40, "yes": 40}


def test_what_cannot_be_used_leaves_nothing(root):
    make_pictures(root / "alone", ("cat",))
    (root / "empty").mkdir()
    (root / "text").mkdir()
    (root / "text" / "readme.txt").write_text("hello")
    (root / "page.pdf").write_bytes(b"%PDF-1.7")

    assert "nothing at" in refusal("mine", "--from", "nowhere")
    assert "no file" in refusal("mine", "--from", "empty")
    assert "no such files" in refusal("mine", "--from", "text")
    assert "a PDF" in refusal("mine", "--from", "page.pdf")
    assert "two classes or more" in refusal("mine", "--from", "alone")
    assert "small letters" in refusal("Mine!", "--from", "alone")
    assert "small letters" in refusal("../mine", "--from", "alone")


def test_a_recipe_that_is_there_stays(root):
    _, before = new(root, make_table(root / "flowers.csv"))

    with pytest.raises(RecipeError, match="not there yet"):
        app(args=["new", "mine", "--from", "flowers.csv"], standalone_mode=False)

    assert (root / "recipes" / "mine.yaml").read_text() == before


@pytest.mark.parametrize("items", [30, 47, 200, 5000, 1_000_000])
def test_there_are_items_for_everything(items):
    found = Findings("table", items, {"a": items // 2, "b": items // 2}, "")

    sizes = find_sizes(found)

    assert sizes.validation + sizes.test + sizes.central + sizes.rest == items
    assert sizes.rest >= 10 * sizes.devices


def test_too_few_items_are_refused(tmp_path):
    with pytest.raises(RecipeError, match="at least 30 rows"):
        draft("mine", "a.csv", Findings("table", 29, {"a": 14, "b": 15}, ""))


def test_a_look_at_many_pictures_is_bounded(tmp_path, monkeypatch):
    from edgeline.sources import pictures

    source = make_pictures(tmp_path / "photos", number=150, size=(10, 10))
    opened = []
    decode = pictures.decode
    monkeypatch.setattr(pictures, "decode", lambda file: opened.append(file) or decode(file))

    found = inspect(source, Asked(), tmp_path / "scratch")

    assert found.items == 300
    assert len(opened) == 200
