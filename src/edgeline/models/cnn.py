"""The two convolutions of the article "Everything is a mapping: deep learning in edge computing".

Legend: B batch, C channels, H height, W width, K classes.
"""

from torch import Tensor, nn

from edgeline.models.checkpoint import ModelSpec


class Cnn(nn.Module):
    """Two 3x3 convolutions, each followed by a ReLU and a 2x2 maximum, then two linear layers.

    Zero padding keeps the size through a convolution; there is no batch normalisation, so the
    layers are what a device runs and federated averaging meets no running statistics.
    """

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        first, second, hidden = spec.widths
        channels, height, width = spec.shape
        self.conv1 = nn.Conv2d(channels, first, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(first, second, kernel_size=3, padding=1)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.flatten = nn.Flatten()
        self.hidden = nn.Linear(second * (height // 4) * (width // 4), hidden)
        self.output = nn.Linear(hidden, spec.classes)

    def forward(self, images_BCHW: Tensor) -> Tensor:
        features = self.pool(self.relu(self.conv1(images_BCHW)))
        features = self.pool(self.relu(self.conv2(features)))
        hidden_BD = self.relu(self.hidden(self.flatten(features)))
        logits_BK: Tensor = self.output(hidden_BD)
        return logits_BK
