"""Residual networks for small images (He et al. 2015, arXiv 1512.03385, section 4.2).

Names of weights are those of github.com/akamaster/pytorch_resnet_cifar10, so its weights load.

Legend: B batch, C channels, H height, W width, K classes.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from edgeline.models.checkpoint import ModelSpec


class Block(nn.Module):
    """Two 3x3 convolutions beside a shortcut without weights (the paper's option A)."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.relu = nn.ReLU()
        self.shortcut = Shortcut(before, after, stride)

    def forward(self, features_BCHW: Tensor) -> Tensor:
        inner = self.relu(self.bn1(self.conv1(features_BCHW)))
        inner = self.bn2(self.conv2(inner))
        result: Tensor = self.relu(inner + self.shortcut(features_BCHW))
        return result


class Shortcut(nn.Module):
    """Every second pixel where the block halves the image, and zeros for channels it adds.

    For export it is written as the 1x1 convolution with ones and zeros that it is: runtimes keep
    their layout through a convolution, but not through a slice.
    """

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        front = (after - before) // 2
        self.before, self.stride, self.zeros = before, stride, (front, after - before - front)

    def forward(self, features_BCHW: Tensor) -> Tensor:
        if self.stride == 1:
            return features_BCHW
        if torch.compiler.is_exporting():
            picking = F.pad(torch.eye(self.before), (0, 0, *self.zeros))
            return F.conv2d(features_BCHW, picking[:, :, None, None], stride=self.stride)
        picked = features_BCHW[:, :, :: self.stride, :: self.stride]
        return F.pad(picked, (0, 0, 0, 0, *self.zeros))


class ResNet(nn.Module):
    """A convolution, three layers of `blocks` blocks each (the second and third halve the image),
    the mean over what is left of the image, and the linear output: 6 * blocks + 2 layers deep.
    """

    def __init__(self, spec: ModelSpec, blocks: int) -> None:
        super().__init__()
        first, second, third = spec.widths
        self.conv1 = nn.Conv2d(spec.shape[0], first, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(first)
        self.relu = nn.ReLU()
        self.layer1 = _layer(first, first, 1, blocks)
        self.layer2 = _layer(first, second, 2, blocks)
        self.layer3 = _layer(second, third, 2, blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.linear = nn.Linear(third, spec.classes)

    def forward(self, images_BCHW: Tensor) -> Tensor:
        features = self.relu(self.bn1(self.conv1(images_BCHW)))
        features = self.layer3(self.layer2(self.layer1(features)))
        logits_BK: Tensor = self.linear(self.flatten(self.pool(features)))
        return logits_BK


def _layer(before: int, after: int, stride: int, blocks: int) -> nn.Sequential:
    rest = (Block(after, after, 1) for _ in range(blocks - 1))
    return nn.Sequential(Block(before, after, stride), *rest)
