"""Weights that a model keeps in files beside its own.

A model from elsewhere names these files, and may name any: only what lies in the model's own
folder is read.
"""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import onnx
from onnx.external_data_helper import load_external_data_for_tensor

from edgeline.errors import RecipeError, first_line
from edgeline.graph import scope

MAX_BYTES = 2**31 - 1
"""Protocol buffers hold no more in one message."""


def load(model: onnx.ModelProto, folder: Path) -> None:
    """Takes every external tensor into the model.

    Raises:
        RecipeError: a file is missing, too short, or outside `folder`; or all are too large.
    """
    paths = [(tensor, _path(tensor, folder)) for tensor in external_tensors(model)]
    if (total := sum(_size(tensor, path) for tensor, path in paths)) > MAX_BYTES:
        raise RecipeError(
            expected=f"weights of at most {MAX_BYTES:,} bytes, as one ONNX file can hold",
            found=f"{total:,} bytes beside the model",
            remedy="make the network smaller first",
        )
    for tensor, path in paths:
        try:
            load_external_data_for_tensor(tensor, str(folder.resolve()))
        except (OSError, ValueError, onnx.checker.ValidationError) as error:
            raise RecipeError(
                expected=f"the weights of {tensor.name!r} in {path}",
                found=first_line(error),
                remedy="copy the model and its data files again; they may be incomplete",
            ) from error


def _path(tensor: onnx.TensorProto, folder: Path) -> Path:
    location = _entry(tensor, "location")
    path = (folder / location).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise RecipeError(
            expected=f"the weights of {tensor.name!r} in a file in {folder}",
            found=f"{location!r}, which is outside that folder or is no file",
            remedy="copy the model and all of its data files into one folder",
        )
    return path


def _size(tensor: onnx.TensorProto, path: Path) -> int:
    length = _entry(tensor, "length")
    return int(length) if length.isdecimal() else path.stat().st_size


def _entry(tensor: onnx.TensorProto, key: str) -> str:
    return next((one.value for one in tensor.external_data if one.key == key), "")


def external_tensors(model: onnx.ModelProto) -> list[onnx.TensorProto]:
    """The tensors whose values are in other files."""
    return [tensor for tensor in tensors(model) if is_external(tensor)]


def is_external(tensor: onnx.TensorProto) -> bool:
    return bool(tensor.data_location == onnx.TensorProto.EXTERNAL)


def tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """Every tensor that a file of the model could keep elsewhere."""
    for graph in scope.graphs(model):
        yield from graph.initializer
        yield from chain.from_iterable(map(_both, graph.sparse_initializer))
    for attribute in chain.from_iterable(node.attribute for node in scope.nodes(model)):
        # A field that is only looked at may count as set.
        if attribute.HasField("t"):
            yield attribute.t
        if attribute.HasField("sparse_tensor"):
            yield from _both(attribute.sparse_tensor)
        yield from attribute.tensors
        yield from chain.from_iterable(map(_both, attribute.sparse_tensors))


def _both(sparse: onnx.SparseTensorProto) -> tuple[onnx.TensorProto, onnx.TensorProto]:
    return sparse.values, sparse.indices
