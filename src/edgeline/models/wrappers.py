"""The prefixes that training programs put before the names of a network's tensors."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from torch import Tensor

INSIDE = ("_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module")
"""What torch puts in, at any depth, around a module that it compiles, shards or checkpoints."""


@dataclass(frozen=True)
class Unwrapped:
    """The tensors of a file under the names that a network has for them."""

    tensors: dict[str, Tensor]
    beside: tuple[str, ...]
    """Names of tensors outside of the wrapper."""
    rivals: tuple[str, ...]
    """Other prefixes under which most of the network's names stand in the file once more."""


def unwrap(tensors: Mapping[str, Tensor], own: Iterable[str]) -> Unwrapped:
    """Drop the prefix, ending in a dot, under which most of the names `own` stand in the file.

    Of several with equally many the shortest counts; none is dropped where most names have none.
    """
    plain, names = _without_inside(tensors), frozenset(own)
    standing = _count_prefixes(plain, names)
    if not standing:
        return Unwrapped(plain, (), ())
    wrapper = min(standing, key=lambda prefix: (-standing[prefix], len(prefix), prefix))
    rivals = (one for one in standing if one != wrapper and 2 * standing[one] > len(names))
    within = {
        name.removeprefix(wrapper): tensor
        for name, tensor in plain.items()
        if name.startswith(wrapper)
    }
    beside = (name for name in plain if not name.startswith(wrapper))
    return Unwrapped(within, tuple(beside), tuple(sorted(rivals)))


def _without_inside(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Without torch's own prefixes, unless two tensors then had one name."""
    renamed = {
        ".".join(part for part in name.split(".") if part not in INSIDE): tensor
        for name, tensor in tensors.items()
    }
    return renamed if len(renamed) == len(tensors) else dict(tensors)


def _count_prefixes(names: Iterable[str], own: frozenset[str]) -> Counter[str]:
    """How many names of the network stand under each prefix; the empty one is that of plain names."""
    standing: Counter[str] = Counter()
    for name in names:
        parts = name.split(".")
        for depth in range(len(parts)):
            if ".".join(parts[depth:]) in own:
                standing["".join(f"{part}." for part in parts[:depth])] += 1
    return standing
