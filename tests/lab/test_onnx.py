"""Export: the same computation, the same bytes, and no word too many."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from edgeline.digest import sha256_file
from edgeline.edge.session import load
from edgeline.export.onnx import export, export_module
from edgeline.graph import file as onnx_file
from edgeline.graph.strip import strip
from edgeline.models.checkpoint import Checkpoint, ModelSpec
from edgeline.models.zoo import build, restore
from edgeline.preprocess import Preprocessing

SPEC = ModelSpec("cnn", (1, 28, 28), 10, (4, 6, 12))


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    state = build(SPEC, seed=1).state_dict()
    return Checkpoint(SPEC, Preprocessing("image", (28, 28, 1), (0.1307,), (0.3081,)), state)


@pytest.fixture(scope="module")
def exported(checkpoint: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(checkpoint, tmp_path_factory.mktemp("exported") / "model.onnx")[0]


def test_the_report_describes_the_file(
    checkpoint: Checkpoint, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path, report = export(checkpoint, tmp_path / "deep" / "model.onnx")
    assert report.sha256 == sha256_file(path)
    assert report.bytes == path.stat().st_size
    assert report.weights == 40 + 222 + 294 * 12 + 12 + 130
    assert report.opset == 18
    assert [file.name for file in path.parent.iterdir()] == ["model.onnx"]
    assert capfd.readouterr() == ("", "")


def test_any_number_of_images_fits(exported: Path) -> None:
    session = load(exported)
    net = session.net("model.onnx")
    assert (net.inputs[0].name, net.inputs[0].shape) == ("input", ("N", 1, 28, 28))
    assert (net.outputs[0].name, net.outputs[0].shape) == ("logits", ("N", 10))
    for count in (1, 2, 7):
        assert session.logits(np.zeros((count, 1, 28, 28), np.float32)).shape == (count, 10)


def test_another_process_writes_the_same_bytes(
    checkpoint: Checkpoint, exported: Path, tmp_path: Path
) -> None:
    script = """
import sys
from pathlib import Path
from edgeline.export.onnx import export
from edgeline.models.checkpoint import load
export(load(Path(sys.argv[1])), Path(sys.argv[2]))
"""
    from edgeline.models.checkpoint import save

    saved = save(checkpoint, tmp_path)
    target = tmp_path / "another folder" / "other.onnx"
    subprocess.run([sys.executable, "-c", script, saved, target], check=True, cwd=tmp_path)
    assert target.read_bytes() == exported.read_bytes()


def test_loading_and_saving_keeps_every_byte(exported: Path, tmp_path: Path) -> None:
    onnx.save_model(onnx.load_model(exported), tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == exported.read_bytes()


def test_stripping_twice_changes_nothing(exported: Path) -> None:
    model = onnx.load(exported)
    assert strip(model) == model


def test_the_file_tells_nothing_but_the_computation(exported: Path) -> None:
    content = exported.read_bytes()
    for word in (b"torch", b"edgeline", b"conv1", b"pkg", b"File"):
        assert word not in content
    weights = 4 * sum(parameter.numel() for parameter in build(SPEC, 0).parameters())
    assert len(content) < weights + 1200


def test_stripping_leaves_the_answers_as_they_are(checkpoint: Checkpoint, tmp_path: Path) -> None:
    fat = export_module(restore(checkpoint), (1, 28, 28))
    onnx.save(fat, tmp_path / "fat.onnx")
    onnx_file.write(fat, tmp_path / "thin.onnx")
    inputs = torch.randn(5, 1, 28, 28, generator=torch.Generator().manual_seed(0)).numpy()
    thin, thick = (load(tmp_path / name).logits(inputs) for name in ("thin.onnx", "fat.onnx"))
    assert thin.tobytes() == thick.tobytes()
    sizes = [(tmp_path / name).stat().st_size for name in ("thin.onnx", "fat.onnx")]
    assert sizes[0] < 0.7 * sizes[1]
