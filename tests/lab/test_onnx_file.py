"""Anyone's ONNX file, with weights beside it or without; what is no model is refused in a line."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper, parser

from edgeline.digest import sha256_file
from edgeline.edge.session import load
from edgeline.errors import RecipeError
from edgeline.graph.file import read, write

MODEL = """
    <ir_version: 10, opset_import: ["" : 18]>
    graph (bool flag, float[N, 2] x) => (float[N, 2] y) <float[2] outer = {1, 2}>
    {
      c = Constant <value = float[2] {10, 20}> ()
      s = Add(outer, c)
      y = If (flag) <
        then_branch = yes () => (float[N, 2] a) <float[2] inner = {100, 200}>
        { b = Add(x, inner)  a = Add(b, s) },
        else_branch = no () => (float[N, 2] d) { d = Add(x, s) }
      >
    }
"""
FEED = {"flag": np.array(True), "x": np.zeros((1, 2), np.float32)}


@pytest.fixture
def external(tmp_path: Path) -> Path:
    """A model whose weights are in weights.bin beside it."""
    path = tmp_path / "model" / "model.onnx"
    path.parent.mkdir()
    model = parser.parse_model(MODEL)
    branches = [one.g for one in model.graph.node[-1].attribute]
    for tensor in (one for graph in (model.graph, *branches) for one in graph.initializer):
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor), tensor.name))
    onnx.save(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    assert path.with_name("weights.bin").stat().st_size >= 16
    return path


def relocated(path: Path, location: str, **more: str) -> None:
    """The model at `path` names another file for its weights."""
    model = onnx.load(path, load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            entry.value = {"location": location, **more}.get(entry.key, entry.value)
    path.write_bytes(model.SerializeToString())


def test_weights_beside_the_model_are_read_and_written_into_it(
    external: Path, tmp_path: Path
) -> None:
    target = tmp_path / "elsewhere" / "model.onnx"
    assert write(read(external), target) == sha256_file(target)
    assert [path.name for path in target.parent.iterdir()] == ["model.onnx"]
    assert load(target).run(FEED)["y"].tolist() == [[111.0, 222.0]]


def test_where_the_weights_were_leaves_no_trace(external: Path, tmp_path: Path) -> None:
    onnx.save(onnx.load(external), tmp_path / "whole.onnx")
    digests = [write(read(path), tmp_path / "out") for path in (external, tmp_path / "whole.onnx")]
    assert digests[0] == digests[1]


def test_weights_that_were_not_loaded_are_not_written(external: Path, tmp_path: Path) -> None:
    model = onnx.load(external, load_external_data=False)
    with pytest.raises(RecipeError, match="'outer' in another file"):
        write(model, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


@pytest.mark.parametrize("location", ["../secret.bin", "/etc/hostname", "absent.bin", "", "."])
def test_weights_outside_the_models_folder_are_not_read(external: Path, location: str) -> None:
    (external.parent.parent / "secret.bin").write_bytes(bytes(1000))
    relocated(external, location)
    with pytest.raises(RecipeError, match=r"an ONNX model in .*tensor name: outer"):
        read(external)


def test_a_link_out_of_the_models_folder_is_not_followed(external: Path) -> None:
    (external.parent.parent / "secret.bin").write_bytes(bytes(1000))
    (external.parent / "link.bin").symlink_to("../secret.bin")
    relocated(external, "link.bin")
    with pytest.raises(RecipeError, match=r"link\.bin"):
        read(external)


def test_weights_that_end_too_early_are_refused(external: Path) -> None:
    external.with_name("weights.bin").write_bytes(b"1234")
    with pytest.raises(RecipeError, match="'outer'"):
        read(external)


@pytest.mark.parametrize(
    "nodes",
    ["y = Add(x, ghost)", "y = Neg(ghost)  ghost = Neg(x)", "ghost = Neg(x)  z = Neg(ghost)"],
)
def test_a_graph_that_reads_what_nothing_gave_is_refused(nodes: str, tmp_path: Path) -> None:
    model = parser.parse_model(
        f'<ir_version: 10, opset_import: ["" : 18]> graph (float[N] x) => (float[N] y) {{ {nodes} }}'
    )
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(RecipeError, match="which is read before anything gives it"):
        read(tmp_path / "model.onnx")


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    for name, content in (("text.onnx", b"not a model"), ("empty.onnx", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(RecipeError, match=f"an ONNX model in .*{name}"):
            read(tmp_path / name)
    for path in (tmp_path / "absent.onnx", tmp_path):
        with pytest.raises(RecipeError, match="an ONNX model in"):
            read(path)


def test_functions_are_read_as_the_nodes_that_they_stand_for(tmp_path: Path) -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 18, "mine" : 1, "theirs" : 1]>
        graph (float[N, 2] x) => (float[N, 2] y) { y = mine.Four(x) }
        <opset_import: ["" : 18, "theirs" : 1], domain: "mine">
        Four (v) => (w) { u = theirs.Twice(v)  w = theirs.Twice(u) }
        <opset_import: ["" : 18], domain: "theirs"> Twice (v) => (w) { w = Add(v, v) }
    """)
    onnx.save(model, tmp_path / "model.onnx")
    write(read(tmp_path / "model.onnx"), tmp_path / "flat.onnx")
    flat = onnx.load(tmp_path / "flat.onnx")
    assert [node.op_type for node in flat.graph.node] == ["Add", "Add"]
    assert [opset.domain for opset in flat.opset_import] == [""]
    answer = load(tmp_path / "flat.onnx").run({"x": np.array([[1, 2]], np.float32)})
    assert answer["y"].tolist() == [[4.0, 8.0]]
