"""The user's own files that a recipe names, by their content: its data and its weights."""

from pathlib import Path

from edgeline.digest import sha256_file
from edgeline.errors import RecipeError
from edgeline.recipe import Recipe
from edgeline.recipe.pretrained import Pretrained
from edgeline.sources.fetch import content, described


def digests(recipe: Recipe, root: Path) -> tuple[str, ...]:
    """Of what lies where the recipe says; asked before anything is started, since it may not be there.

    Raises:
        RecipeError: no source has that name, or nothing lies there.
    """
    described(recipe.data.source)
    data = (content(recipe.data, root),) if recipe.data.path else ()
    weights = recipe.pretrained
    return (*data, sha256_file(weights_at(weights, root))) if weights.is_file else data


def weights_at(settings: Pretrained, root: Path) -> Path:
    """The file that `pretrained.weights` names, from the project's folder.

    Raises:
        RecipeError: no such file.
    """
    path = root / settings.weights
    if not path.is_file():
        raise RecipeError(
            expected="pretrained.weights: printed, none, a .safetensors file, models:/NAME@ALIAS, timm: or hub:",
            found=f"no file {settings.weights}",
            remedy="mend the path; it counts from the project's folder",
        )
    return path
