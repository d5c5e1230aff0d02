"""A network in an artifact: its files, what goes in and out, and how a runtime must open it."""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from edgeline.digest import JsonValue, canonical_json

DTYPES = (
    *("float32", "uint8", "int8", "int32", "int64", "float16", "float64", "bool"),
    *("int16", "uint16", "uint32", "uint64"),
)
"""Types of tensors, as numpy spells them; a frame holds the place of one, so the order stays."""

# A frame must be able to carry every tensor.
MAX_NAME_BYTES, MAX_SIDES, MAX_TENSORS = 255, 8, 255

SYMBOL = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,31}")
FORMAT = re.compile(r"[a-z][a-z0-9_.-]{0,31}")

Optimisation: TypeAlias = Literal["none", "basic", "extended", "all"]
OPTIMISERS = (
    "ConstantFolding",
    "NchwcTransformer",
    "QDQPropagationTransformer",
    "QDQSelectorActionTransformer",
    "TransposeOptimizer",
)
"""onnxruntime's names of the graph optimisers that a network may ask to be left out."""


@dataclass(frozen=True)
class TensorSpec:
    """An input or output of a network."""

    name: str
    dtype: str
    """As numpy spells it: float32, uint8."""
    shape: tuple[int | str, ...]
    """"N" stands for the number of examples, another name for another side that may vary."""

    def to_json(self) -> JsonValue:
        return {"name": self.name, "dtype": self.dtype, "shape": list(self.shape)}

    @classmethod
    def from_json(cls, value: JsonValue) -> "TensorSpec":
        match value:
            case {"name": str(name), "dtype": str(dtype), "shape": list(shape), **more} if (
                not more and dtype in DTYPES and 0 < len(name.encode()) <= MAX_NAME_BYTES
            ):
                sides = tuple(side for side in shape if _is_side(side))
                if len(sides) == len(shape) <= MAX_SIDES:
                    return cls(name, dtype, sides)  # type: ignore[arg-type]  # sides are counts and names
        raise ValueError("a tensor has a name, a known dtype and a shape of counts and names")


@dataclass(frozen=True)
class SessionOptions:
    """How a runtime must open a network, where that is not as it opens any other."""

    optimisation: Optimisation = "all"
    """How far the graph is optimised when it is loaded."""
    disabled_optimisers: tuple[str, ...] = ()
    """Which of OPTIMISERS are left out, ascending."""
    prepacking: bool = True
    """Whether weights are copied into the layout of the kernels: faster, and more memory."""

    def to_json(self) -> dict[str, JsonValue]:
        """What differs from the defaults, and nothing else."""
        value: dict[str, JsonValue] = {}
        if self.optimisation != "all":
            value["optimisation"] = self.optimisation
        if self.disabled_optimisers:
            value["disabled_optimisers"] = list(self.disabled_optimisers)
        if not self.prepacking:
            value["prepacking"] = False
        return value

    @classmethod
    def from_json(cls, value: JsonValue) -> "SessionOptions":
        """Raises ValueError for an option that this version does not know: it may be needed."""
        if not isinstance(value, dict):
            raise ValueError("options are an object")
        level, left_out = value.get("optimisation", "all"), value.get("disabled_optimisers", [])
        names = tuple(
            name for name in OPTIMISERS if isinstance(left_out, list) and name in left_out
        )
        options = cls(level, names, value.get("prepacking", True) is True)  # type: ignore[arg-type]  # checked below
        if level not in get_args(Optimisation) or canonical_json(
            options.to_json()
        ) != canonical_json(value):
            raise ValueError(f"options other than {', '.join(cls.__dataclass_fields__)}")
        return options


@dataclass(frozen=True)
class Format:
    """The same network in another format, for a runtime that takes no ONNX."""

    format: str
    """Such as tflite. A reader that does not know it verifies the file and goes on."""
    file: str


@dataclass(frozen=True)
class Net:
    """One network: an ONNX file, and what goes in and out of it."""

    file: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    options: SessionOptions = SessionOptions()
    formats: tuple[Format, ...] = ()

    @property
    def files(self) -> list[str]:
        return [self.file, *(one.file for one in self.formats)]

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "file": self.file,
            "inputs": [spec.to_json() for spec in self.inputs],
            "outputs": [spec.to_json() for spec in self.outputs],
            "options": self.options.to_json(),
            "formats": [{"format": one.format, "file": one.file} for one in self.formats],
        }

    @classmethod
    def from_json(cls, value: JsonValue) -> "Net":
        match value:
            case {
                "file": str(file),
                "inputs": list(inputs),
                "outputs": list(outputs),
                "options": options,
                "formats": list(formats),
                **more,
            } if not more:
                net = cls(
                    file,
                    tuple(map(TensorSpec.from_json, inputs)),
                    tuple(map(TensorSpec.from_json, outputs)),
                    SessionOptions.from_json(options),
                    tuple(map(_format, formats)),
                )
                return _checked(net)
        raise ValueError("a network has file, inputs, outputs, options and formats")


def _checked(net: Net) -> Net:
    names = [spec.name for spec in (*net.inputs, *net.outputs)]
    formats = [one.format for one in net.formats]
    if len(set(names)) < len(names) or not net.outputs:
        raise ValueError(f"{net.file} has no outputs, or two tensors of one name")
    if (
        formats != sorted(set(formats))
        or "onnx" in formats
        or not all(map(FORMAT.fullmatch, formats))
    ):
        raise ValueError(f"the further formats of {net.file} are not ascending names beside onnx")
    return net


def _format(value: JsonValue) -> Format:
    match value:
        case {"format": str(name), "file": str(file), **more} if not more:
            return Format(name, file)
    raise ValueError("a further format has format and file")


def _is_side(side: JsonValue) -> bool:
    if isinstance(side, str):
        return SYMBOL.fullmatch(side) is not None
    return type(side) is int and side > 0
