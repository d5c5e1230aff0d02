"""Manifests of the first schema, which had one tensor between two parts, and one input and output."""

from typing import Any

SCHEMA_1 = "edgeline.artifact/1"


def upgrade(value: Any) -> Any:
    """The same content as the present schema spells it; whatever is not of schema 1 as it is.

    Raises:
        ValueError: it says that it is of schema 1, and is not.
    """
    match value:
        case {
            "schema": "edgeline.artifact/1",
            "classes": [_, *_] as classes,
            "model": dict(model),
            "parts": list(parts),
            "cut": list(cut),
            "preprocessing": "preprocessing.json" as preprocessing,
            "golden": {"inputs": inputs, "outputs": outputs, **more_golden},
            **rest,
        } if not more_golden and "profile" not in rest:
            _check_cut(cut, parts)
            return {
                **rest,
                "schema": "edgeline.artifact/2",
                "classes": classes,
                "model": _net(model),
                "parts": [_net(part) for part in parts],
                "preprocessing": preprocessing,
                "profile": None,
                "golden": {"inputs": [inputs], "outputs": [outputs]},
            }
        case {"schema": "edgeline.artifact/1"}:
            raise ValueError(f"not the fields of {SCHEMA_1}")
    return value


def _check_cut(cut: list[Any], parts: list[Any]) -> None:
    if len(cut) != max(len(parts) - 1, 0):
        raise ValueError("the number of cuts between parts is wrong")
    for name, before, after in zip(cut, parts, parts[1:], strict=False):
        if [*_names(before, "outputs"), *_names(after, "inputs")] != [name, name]:
            raise ValueError(f"{name} is not what passes between two parts")


def _net(value: Any) -> Any:
    match value:
        case {"file": str(), "inputs": list(), "outputs": list(), **more} if not more:
            return {**value, "options": {}, "formats": []}
    raise ValueError("a network has file, inputs and outputs")


def _names(net: Any, side: str) -> list[Any]:
    match net.get(side) if isinstance(net, dict) else None:
        case [*tensors] if tensors and all(isinstance(one, dict) for one in tensors):
            return [one.get("name") for one in tensors]
    raise ValueError(f"a network has {side}")
