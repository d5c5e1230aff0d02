"""Recipes are read strictly: what is unknown or wrong names its place and the nearest right thing."""

import pytest

from edgeline.errors import RecipeError
from edgeline.recipe import load, names
from edgeline.recipe.load import parse_overrides


@pytest.fixture
def root(tmp_path):
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "tiny.yaml").write_text(
        "name: tiny\nabout: a test\nfinetune:\n  epochs: 3\nfederate:\n  rounds: 2\n"
    )
    return tmp_path


def test_value_comes_from_file_override_or_default(root):
    resolved = load(root, "tiny", {"federate.rounds": "7"})
    origins = {key: origin for key, _, origin, _ in resolved.rows()}
    assert resolved.recipe.finetune.epochs == 3
    assert resolved.recipe.federate.rounds == 7
    assert origins["finetune.epochs"] == "tiny.yaml:4"
    assert origins["federate.rounds"] == "-p"
    assert origins["shrink.epochs"] == "default"


def test_every_setting_says_what_it_is(root):
    assert [key for key, _, _, about in load(root, "tiny").rows() if not about] == []


def test_unknown_key_in_the_file_names_line_and_nearest(root):
    path = root / "recipes" / "tiny.yaml"
    path.write_text(path.read_text().replace("epochs: 3", "epocs: 3"))
    with pytest.raises(RecipeError, match=r"finetune\.epocs \(tiny\.yaml:4\).*finetune\.epochs"):
        load(root, "tiny")


def test_unknown_override_names_the_nearest(root):
    with pytest.raises(RecipeError, match=r"-p finetune\.epocs=3.*did you mean finetune\.epochs"):
        load(root, "tiny", {"finetune.epocs": "3"})


@pytest.mark.parametrize(
    ("key", "nearest"),
    [("finetun.epochs", "finetune.epochs"), ("gates.min_accuracy", "gate.min_accuracy")],
)
def test_an_unknown_section_of_an_override_is_not_blamed_on_the_file(root, key, nearest):
    with pytest.raises(RecipeError) as error:
        load(root, "tiny", {key: "0.5"})
    assert error.value.found == f"unknown -p {key}=0.5"
    assert error.value.remedy == f"did you mean {nearest}?"


def test_an_unknown_section_of_the_file_is_blamed_on_its_line(root):
    path = root / "recipes" / "tiny.yaml"
    path.write_text(path.read_text() + "finetun:\n  epochs: 3\n")
    with pytest.raises(RecipeError, match=r"unknown finetun \(tiny\.yaml:7\)"):
        load(root, "tiny", {"finetun.seeds": "3"})


@pytest.mark.parametrize(
    ("more", "twice"),
    [
        ("finetune:\n  method: head\n", "finetune at tiny.yaml:3 and again at tiny.yaml:7"),
        ("  rounds: 2\n", "federate.rounds at tiny.yaml:6 and again at tiny.yaml:7"),
        ('"name": tiny\n', "name at tiny.yaml:1 and again at tiny.yaml:7"),
    ],
)
def test_a_setting_that_is_there_twice_names_both_lines(root, more, twice):
    path = root / "recipes" / "tiny.yaml"
    path.write_text(path.read_text() + more)
    with pytest.raises(RecipeError) as error:
        load(root, "tiny")
    assert error.value.found == twice


def test_a_setting_that_an_override_holds_twice_is_refused(root):
    with pytest.raises(RecipeError, match="epochs at -p finetune"):
        load(root, "tiny", {"finetune": "{epochs: 3, epochs: 4}"})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("finetune.epochs", "many"),
        ("finetune.epochs", "0"),
        ("finetune.epochs", "2.5"),
        ("gate.min_accuracy", "1.5"),
        ("data.mean", "[0.1, 0.2]"),
        ("finetune", "3"),
    ],
)
def test_wrong_value_is_refused_by_name(root, key, value):
    with pytest.raises(RecipeError, match=key.split(".")[0]):
        load(root, "tiny", {key: value})


def test_more_devices_per_round_than_there_are_is_refused_before_anything_runs(root):
    with pytest.raises(RecipeError, match=r"min_devices \(5\) at most data\.devices \(4\)"):
        load(root, "tiny", {"data.devices": "4"})


def test_an_empty_override_is_empty_text(root):
    assert load(root, "tiny", {"data.path": ""}).recipe.data.path == ""


def test_broken_yaml_names_the_line(root):
    (root / "recipes" / "tiny.yaml").write_text("name: tiny\nfinetune: [1, 2\n")
    with pytest.raises(RecipeError, match="tiny.yaml:3"):
        load(root, "tiny")


def test_file_and_recipe_have_one_name(root):
    (root / "recipes" / "other.yaml").write_text("name: tiny\n")
    with pytest.raises(RecipeError, match="other"):
        load(root, "other")


def test_missing_recipe_lists_those_that_exist(root):
    with pytest.raises(RecipeError, match="tiny"):
        load(root, "digit")
    assert names(root) == ["tiny"]


def test_recipe_cannot_be_changed(root):
    recipe = load(root, "tiny").recipe
    with pytest.raises(ValueError, match="frozen"):
        recipe.finetune.epochs = 4


@pytest.mark.parametrize("text", ["epochs", "=3", ""])
def test_override_without_key_or_value_is_refused(text):
    with pytest.raises(RecipeError, match="section.key=value"):
        parse_overrides([text])
