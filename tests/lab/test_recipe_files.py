"""What a recipe names of the user's own counts by content, and is missed before anything starts."""

from pathlib import Path

import pytest

from edgeline.errors import RecipeError
from edgeline.recipe import Recipe
from edgeline.recipe.data import Data
from edgeline.recipe.pretrained import Pretrained
from edgeline.sources.recipe_files import digests


def recipe(weights: str = "none", **data: str) -> Recipe:
    return Recipe(name="mine", data=Data(**data), pretrained=Pretrained(weights=weights))


def test_a_recipe_of_what_ships_names_no_files(tmp_path: Path) -> None:
    assert digests(recipe(weights="timm:resnet18", source="digits"), tmp_path) == ()


def test_names_outside_ascii_count_and_hidden_litter_does_not(tmp_path: Path) -> None:
    photo = tmp_path / "photos" / "dent é" / "Größe 1.png"
    photo.parent.mkdir(parents=True)
    photo.write_bytes(b"a")
    mine = recipe(source="image-folder", path="photos")
    first = digests(mine, tmp_path)
    (photo.parent / ".DS_Store").write_bytes(b"seen by nobody")
    assert digests(mine, tmp_path) == first
    photo.rename(photo.with_name("Größe 2.png"))
    assert digests(mine, tmp_path) != first


def test_data_and_weights_both_count(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a")
    (tmp_path / "w.safetensors").write_bytes(b"b")
    data, weights = digests(recipe("w.safetensors", source="table", path="a.csv"), tmp_path)
    assert data[:8] == "ca978112"  # SHA-256 of the letter a
    assert weights[:8] == "3e23e816"  # of b


@pytest.mark.parametrize(
    ("mine", "found"),
    [
        (recipe(), r"data\.source among .* found ''"),
        (recipe(source="tabel"), "tabel"),
        (recipe(source="table", path="none.csv"), r"none\.csv"),
        (recipe("none.safetensors", source="digits"), r"no file none\.safetensors"),
    ],
)
def test_what_is_not_there_is_told_at_once(tmp_path: Path, mine: Recipe, found: str) -> None:
    with pytest.raises(RecipeError, match=found):
        digests(mine, tmp_path)
