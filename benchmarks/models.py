"""How large and how fast is each architecture, before and after quantisation?

    edgeline bench models --json

Weights are random and inputs normal, since neither size nor speed depends on what was learned;
`agreement` is how often the quantised net then says the same class. Times are CPU time of one
example on one thread, before and after in the same rounds.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import nn

from edgeline.compression.judge import judge
from edgeline.compression.quantise import quantise
from edgeline.export.onnx import INPUT, export
from edgeline.graph import file as onnx_file
from edgeline.models import zoo
from edgeline.models.checkpoint import Checkpoint, ModelSpec
from edgeline.preprocess import Preprocessing
from edgeline.recipe.quantise import Quantise

# As in the recipes that ship: X-ray pictures, spoken vowels, a table of cells.
DATA = {
    3: (Preprocessing("image", (28, 28, 1), (0.5,), (0.25,)), 2),
    2: (Preprocessing("series", (29, 12), (0.0,) * 12, (1.0,) * 12), 9),
    1: (Preprocessing("table", (30,), (0.0,) * 30, (1.0,) * 30), 2),
}
ITEMS = 400


def measure() -> dict[str, object]:
    """A row for each architecture with its own widths."""
    torch.set_num_threads(1)
    return {name: _row(name) for name in zoo.ARCHITECTURES}


def _row(name: str) -> dict[str, object]:
    preprocessing, classes = DATA[zoo.ARCHITECTURES[name].sides]
    spec = zoo.spec(name, preprocessing.input_shape, classes)
    inputs = np.random.default_rng(0).normal(size=(ITEMS, *spec.shape)).astype(np.float32)
    checkpoint = Checkpoint(spec, preprocessing, _settled(spec, inputs).state_dict())
    with TemporaryDirectory() as folder:
        fp32, _ = export(checkpoint, Path(folder, "fp32.onnx"))
        settings, int8 = Quantise(), Path(folder, "int8.onnx")
        model, done = quantise(onnx_file.read(fp32), {INPUT: inputs}, settings)
        onnx_file.write(model, int8)
        report = judge(fp32, int8, {INPUT: inputs}, settings.latency_rounds)
    return {
        "widths": list(spec.widths),
        "weights": zoo.count_weights(spec),
        "method": done.method,
        "bytes_before": report.bytes_before,
        "bytes_after": report.bytes_after,
        "smaller": round(report.bytes_before / report.bytes_after, 2),
        "cpu_ms_before": round(report.cpu_ms_before, 4),
        "cpu_ms_after": round(report.cpu_ms_after, 4),
        "faster": round(report.speed_up, 2),
        "agreement": round(report.agreement or 0, 4),
    }


def _settled(spec: ModelSpec, inputs: np.ndarray) -> nn.Module:
    """Norms have seen the inputs; else numbers run out of range and slow everything down."""
    network = zoo.build(spec, seed=0)
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.momentum = 1.0
    with torch.no_grad():
        network.train()(torch.from_numpy(inputs))
    return network
