"""ONNX files: anyone's are read, and what is written depends on nothing but the computation."""

from pathlib import Path

import onnx
from google.protobuf.message import DecodeError
from onnx.external_data_helper import uses_external_data
from onnx.inliner import inline_local_functions

from edgeline.digest import sha256_bytes
from edgeline.errors import RecipeError, first_line
from edgeline.files import write_atomically
from edgeline.graph import scope
from edgeline.graph.strip import strip

MAX_BYTES = 2**31 - 1
"""Protocol buffers hold no more in one message."""


def read(path: Path) -> onnx.ModelProto:
    """The model in a file, with the weights that lie in other files beside it, and without functions.

    A model from elsewhere names the files of its weights, and may name any: onnx reads only what
    lies in the model's own folder.

    Raises:
        RecipeError: no such file, no ONNX model, nodes that read what no earlier one gives, or
            weights that are not in the model's folder.
    """
    try:
        model = onnx.load(path)
    except DecodeError as error:
        raise _no_model(path, "bytes of another kind") from error
    except (OSError, ValueError, onnx.checker.ValidationError) as error:
        raise _no_model(path, first_line(error)) from error
    if not model.graph.output:
        raise _no_model(path, "a model without outputs")
    if unknown := scope.outer_names(model.graph):
        raise _no_model(path, f"{min(unknown)!r}, which is read before anything gives it")
    return inline_local_functions(model) if model.functions else model


def write(model: onnx.ModelProto, path: Path) -> str:
    """Writes the stripped model, all or nothing, and returns its SHA-256.

    `onnx.save_model(onnx.load_model(path), elsewhere)` writes the same bytes again.

    Raises:
        RecipeError: the model is too large for one file, or not all of it is in memory.
    """
    data = to_bytes(model)
    write_atomically(path, data)
    return sha256_bytes(data)


def to_bytes(model: onnx.ModelProto) -> bytes:
    """The stripped model as a file holds it.

    Raises:
        RecipeError: as for `write`.
    """
    for tensor in (one for graph in scope.graphs(model.graph) for one in graph.initializer):
        if uses_external_data(tensor):
            raise RecipeError(
                expected="a model with all of its weights in memory",
                found=f"{tensor.name!r} in another file",
                remedy="load the model with edgeline.graph.file.read",
            )
    if model.ByteSize() > MAX_BYTES:
        raise RecipeError(
            expected=f"a model of at most {MAX_BYTES:,} bytes",
            found=f"{model.ByteSize():,} bytes",
            remedy="make the network smaller first",
        )
    return strip(model).SerializeToString(deterministic=True)


def _no_model(path: Path, found: str) -> RecipeError:
    return RecipeError(
        expected=f"an ONNX model in {path}",
        found=found,
        remedy="give the path of an .onnx file that onnx.checker accepts, its data files beside it",
    )
