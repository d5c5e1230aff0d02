"""The user's own files that a recipe names, its data and its weights, by their digests."""

from pathlib import Path
from typing import get_args

from edgeline.digest import sha256_file
from edgeline.errors import RecipeError
from edgeline.recipe import Recipe
from edgeline.recipe.pretrained import Generator, Pretrained
from edgeline.sources.fetch import content_digest, require_source


def digests(recipe: Recipe, root: Path) -> tuple[str, ...]:
    """SHA-256 of the data and the weights; computed before anything starts, since they may be missing.

    Raises:
        RecipeError: no source has that name, or a file is missing.
    """
    require_source(recipe.data.source)
    data = (content_digest(recipe.data, root),) if recipe.data.path else ()
    weights = recipe.pretrained
    return (*data, sha256_file(locate_weights(weights, root))) if weights.is_file else data


def locate_weights(settings: Pretrained, root: Path) -> Path:
    """The file that `pretrained.weights` names, from the project's folder.

    Raises:
        RecipeError: no such file.
    """
    path = root / settings.weights
    if not path.is_file():
        raise RecipeError(
            expected=f"pretrained.weights: none, {', '.join(get_args(Generator))}, a .safetensors file, "
            "models:/NAME@ALIAS, timm:NAME or hub:OWNER/NAME",
            found=f"no file {settings.weights}",
            remedy="correct the path, which is relative to the project's folder",
        )
    return path
