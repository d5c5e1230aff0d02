"""Inverted residuals (MobileNetV2, arXiv 1801.04381) for small images.

Legend: B batch, C channels, H height, W width, K classes.
"""

from itertools import pairwise

from torch import Tensor, nn

from edgeline.models.checkpoint import ModelSpec

EXPANSION = 4
"""Channels inside a block for each that enters it."""


class InvertedResidual(nn.Module):
    """1x1 up, 3x3 channel by channel, 1x1 down without an activation; beside it the input, where
    the block keeps its size.
    """

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        inside = before * EXPANSION
        self.expand = _convolution(before, inside, 1)
        self.depthwise = _convolution(inside, inside, 3, stride=stride, groups=inside)
        self.project = nn.Conv2d(inside, after, 1, bias=False)
        self.norm = nn.BatchNorm2d(after)
        self.residual = stride == 1 and before == after

    def forward(self, features_BCHW: Tensor) -> Tensor:
        inner: Tensor = self.norm(self.project(self.depthwise(self.expand(features_BCHW))))
        return inner + features_BCHW if self.residual else inner


class MobileNet(nn.Module):
    """A 3x3 convolution to the first width; for each further one a block that halves the image
    and one that keeps it; the mean over what is left of the image, and the linear output.

    The first convolution keeps the image's size, since small images have no pixels to give away.
    """

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.stem = _convolution(spec.shape[0], spec.widths[0], 3)
        blocks: list[nn.Module] = []
        for before, after in pairwise(spec.widths):
            blocks += [InvertedResidual(before, after, 2), InvertedResidual(after, after, 1)]
        self.blocks = nn.Sequential(*blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.output = nn.Linear(spec.widths[-1], spec.classes)

    def forward(self, images_BCHW: Tensor) -> Tensor:
        features = self.blocks(self.stem(images_BCHW))
        logits_BK: Tensor = self.output(self.flatten(self.pool(features)))
        return logits_BK


def _convolution(
    before: int, after: int, size: int, *, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, size, stride=stride, padding=size // 2, groups=groups, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU6(),
    )
