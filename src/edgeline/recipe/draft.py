"""A recipe for data that were looked at: only what differs from the defaults, each with its reason.

The networks and their training are those of the recipes that ship for data of the same kind.
"""

import math
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import yaml

from edgeline.errors import RecipeError
from edgeline.recipe.findings import Findings
from edgeline.recipe.recipe import Recipe

FEWEST = 30
"""Items with which the line can be gone through at all."""
WIDTH = 110
SHOWN = 8
CNN_SIDE = 28
"""Pixels up to which grey pictures are for the small network that reads digits."""
RESNET_SIDE = 32
"""Pixels that the residual net was designed for (CIFAR)."""
UNEVEN = 1.5
"""Times that the largest class is the smallest, from where accuracy alone says too little."""


class Line(NamedTuple):
    """One setting, and why it has this value."""

    key: str
    value: Any
    why: str = ""


@dataclass(frozen=True)
class Sizes:
    """How many items are drawn for what."""

    validation: int
    test: int
    central: int
    rest: int
    devices: int


def draft(name: str, path: str, found: Findings) -> str:
    """The text of recipes/NAME.yaml for the data at `path`, which the loader of recipes takes.

    Raises:
        RecipeError: too few items for the line, or not a name.
    """
    if found.items < FEWEST:
        raise RecipeError(
            expected=f"at least {FEWEST} {found.noun}",
            found=f"{found.items}",
            remedy="gather more, or give another folder or file",
        )
    sizes = find_sizes(found)
    sections = {
        "data": [*_form(path, found), *_shares(found, sizes)],
        "pretrained": list(_network(found)),
        "finetune": list(_finetune(found, sizes)),
        "shrink": list(_shrink(found, sizes)),
        "federate": list(_federate(found, sizes)),
        "gate": list(_gate(found, sizes)),
    }
    head = f"Drafted by `edgeline new`: {describe(found)}. {found.looked} Change what you know better; "
    head += f"`edgeline recipe show {name}` lists every other setting."
    lines = [*_comment(head, 0), f"name: {_scalar(name)}", f"about: {_scalar(describe(found))}"]
    default = Recipe(name="any")
    for section, settings in sections.items():
        own = [one for one in settings if one.value != getattr(getattr(default, section), one.key)]
        lines += [f"{section}:"] if own else []
        for one in own:
            lines += [*_comment(one.why, 2), f"  {one.key}: {_scalar(one.value)}"]
    text = "\n".join(lines) + "\n"
    Recipe.model_validate(yaml.safe_load(text))
    return text


def describe(found: Findings) -> str:
    """In a line: how many items of which classes."""
    return f"{found.items:,} {found.noun} of {len(found.classes)} classes ({_list(found.classes)})"


def find_sizes(found: Findings) -> Sizes:
    """About a seventh to choose by, a fifth to report by, a quarter of what is left with labels."""
    pool = found.sets.get("train", found.items)
    test = 0 if "test" in found.sets else min(1000, pool // 5)
    validation = 0 if "validation" in found.sets else min(500, pool * 3 // 20)
    left = pool - test - validation
    central = min(500, max(left // 4, min(2 * len(found.classes), left // 2)))
    # more than a device needs at least: copies among the items will be left out
    devices = max(1, min(5, (left - central) // 13))
    return Sizes(validation, test, central, left - central, devices)


def _form(path: str, found: Findings) -> Iterator[Line]:
    yield Line("source", found.source, _say_source(found))
    yield Line("path", path)
    if found.label:
        yield Line("label", found.label, f"its values are the classes: {_count(found.classes)}")
    if found.group:
        why = f"{found.groups:,} of them, each kept in one set, or the score would flatter"
        if found.is_group_guessed:
            why += "; a guess by its name and values: remove it if these are no persons, devices or recordings"
        yield Line("group", found.group, why)
    if found.side:
        yield Line("image_size", image_size(found), _say_size(found))
        colour = "colour was found" if found.is_colour else "all that were looked at are grey"
        yield Line("channels", 3 if found.is_colour else 1, colour)
    if found.recordings and found.steps:
        shortest, longest = found.lengths
        yield Line(
            "steps",
            found.steps,
            f"{found.recordings:,} recordings of {shortest:,} to {longest:,} steps are cut into windows",
        )
        yield Line("stride", found.stride, "windows overlap by half")
    if found.missing:
        cells = f"{sum(found.missing.values()):,} cells have no value ({_count(found.missing)})"
        yield Line(
            "missing", "indicator", f"{cells}: the mean stands for them, an input more says so"
        )
    if found.bad:
        most = min(1.0, math.ceil(200 * found.bad) / 100)
        yield Line(
            "max_bad",
            max(0.01, most),
            f"{found.bad:.1%} cannot be used ({found.bad_reason}); they are left out",
        )


def _say_source(found: Findings) -> str:
    if found.source in ("image-folder", "medmnist"):
        what = "pictures, " + ("a folder for" if found.source == "image-folder" else "numbers for")
        return f"{what} each class: {_count(found.classes)}"
    what = "rows with" if found.source == "table" else "recordings with channels"
    notes = f"; {'; '.join(found.notes[:SHOWN])}" if found.notes else ""
    return f"{what} {_list(found.columns)}{notes}"


def image_size(found: Findings) -> int:
    """Pixels a side: as asked for, else those of small pictures, else what the network was made for."""
    if found.image_size:
        return found.image_size
    return max(8, found.side) if found.side < RESNET_SIDE else RESNET_SIDE


def _say_size(found: Findings) -> str:
    if found.image_size:
        return "as asked for"
    return f"their shorter side has {found.side} pixels at the median; more pixels see more and take longer"


def _shares(found: Findings, sizes: Sizes) -> Iterator[Line]:
    if sizes.validation:
        yield Line("validation", sizes.validation, "to choose settings and models by")
    if sizes.test:
        yield Line("test", sizes.test, "for the number that is reported")
    why = f"what is labelled; the other {sizes.rest:,} lie on the devices"
    yield Line("central", sizes.central, why)
    yield Line("devices", sizes.devices, "about so many items each that they can learn from them")
    kind = "radiograph" if found.side else "sensor"
    say = "turned, shifted and lit" if found.side else "scaled and shifted"
    yield Line("augmentation", kind, f"items are {say} a little differently at each pass")
    if not found.side:
        yield Line("limit", 5.0, "deviations at which a value is clipped, against broken sensors")


def is_small_picture(found: Findings) -> bool:
    """Whether the article's network is enough: small and grey."""
    return bool(found.side) and image_size(found) <= CNN_SIDE and not found.is_colour


def _network(found: Findings) -> Iterator[Line]:
    if is_small_picture(found):
        yield Line("architecture", "cnn")
        return
    if found.side:
        why = "a residual net learns colours and shapes that two convolutions do not; no pretrained start fits "
        why += "(the printed one is for digits): with a file of your own, weights: FILE.safetensors"
        yield Line("architecture", "resnet20", why)
        yield Line("widths", [], "its own")
    elif found.source == "table":
        yield Line("architecture", "mlp", "for rows of numbers")
        yield Line("widths", [64, 32])
    else:
        yield Line("architecture", "gru", "for series of any length")
        yield Line("widths", [64])


def _passes(found: Findings) -> float:
    """Of how many items of usual size a minute or so is enough, on two cores."""
    return 10_000 * (RESNET_SIDE / image_size(found)) ** 2 if found.side else 30_000


def _finetune(found: Findings, sizes: Sizes) -> Iterator[Line]:
    most = 40 if found.side else 60
    epochs = max(5, min(most, int(_passes(found) / sizes.central)))
    yield Line("epochs", epochs, f"over {sizes.central} items, in about a minute")
    if not is_small_picture(found):
        yield Line("optimiser", "adamw")
        yield Line("learning_rate", 0.002 if found.side else 0.003)
        yield Line("weight_decay", 0.01)
        yield Line("label_smoothing", 0.05)
    if is_uneven(found):
        yield Line("class_weights", True, f"classes are uneven: {_count(found.classes)}")


def _shrink(found: Findings, sizes: Sizes) -> Iterator[Line]:
    if found.source == "table":
        yield Line("widths", [32, 16])
    elif not found.side:
        yield Line("widths", [32])
    elif not is_small_picture(found):
        yield Line("widths", [8, 16, 32], "half of the large network's in every layer")
    if not found.side:
        yield Line("epochs", 20)
    passes = _passes(found) * (2 if found.side else 1)
    yield Line("lessons", max(2, min(10 if found.side else 5, int(passes / 6 / sizes.central))))


def _federate(found: Findings, sizes: Sizes) -> Iterator[Line]:
    most = 6 if found.side else 10
    rounds = max(3, min(most, int(3 * _passes(found) / (2 * sizes.rest))))
    yield Line("rounds", rounds, f"over {sizes.rest:,} items on devices")
    yield Line("local_epochs", 2)
    yield Line("min_devices", max(1, sizes.devices * 3 // 5), f"of the {sizes.devices}")
    if not found.side:
        yield Line("learning_rate", 0.002)
    if is_uneven(found):
        yield Line("class_weights", True)


def is_uneven(found: Findings) -> bool:
    counts = found.classes.values()
    return max(counts) > UNEVEN * max(1, min(counts))


def _gate(found: Findings, sizes: Sizes) -> Iterator[Line]:
    name, count = max(found.classes.items(), key=lambda one: one[1])
    share = count / sum(found.classes.values())
    why = f"always to answer {name!r} is right {share:.0%} of the time; raise it to what your use needs"
    yield Line("min_accuracy", min(1.0, math.ceil(100 * share) / 100), why)
    items = found.sets.get("validation", sizes.validation)
    if items < 100:
        why = f"two of {items} validation items"
        yield Line("max_quantisation_loss", min(1.0, math.ceil(200 / max(1, items)) / 100), why)
    if is_uneven(found):
        yield Line("score", "balanced_accuracy", "counts rare classes as much as the others")


def _list(names: Any) -> str:
    names = list(names)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _count(counts: Any) -> str:
    return _list(f"{name} {count:,}" for name, count in counts.items())


def _scalar(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=math.inf)
    return text.removesuffix("\n").removesuffix("\n...")


def _comment(text: str, indent: int) -> list[str]:
    """Lines that hold nothing but a comment, whatever stands in the names of a user's files."""
    plain = "".join(one if one.isprintable() else " " for one in text)
    start = f"{' ' * indent}# "
    return textwrap.wrap(plain, WIDTH, initial_indent=start, subsequent_indent=start)
