"""Convolutions along time (Wang, Yan, Oates 2017, arXiv 1611.06455).

Legend: B batch, T steps, C channels, K classes.
"""

from itertools import pairwise

from torch import Tensor, nn

from edgeline.models.checkpoint import ModelSpec

# The paper's are 8, 5, 3; an odd one keeps the length of the series.
KERNELS = (7, 5, 3)


class Cnn1d(nn.Module):
    """For each width a convolution, a batch norm and a ReLU; then the mean over time and the linear
    output. Kernels see 7, 5 and then 3 steps.
    """

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for index, (before, after) in enumerate(pairwise((spec.shape[1], *spec.widths))):
            size = KERNELS[min(index, len(KERNELS) - 1)]
            layers += [
                nn.Conv1d(before, after, size, padding=size // 2, bias=False),
                nn.BatchNorm1d(after),
                nn.ReLU(),
            ]
        self.layers = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool1d(1)
        self.flatten = nn.Flatten()
        self.output = nn.Linear(spec.widths[-1], spec.classes)

    def forward(self, series_BTC: Tensor) -> Tensor:
        features_BCT = self.layers(series_BTC.transpose(1, 2))
        logits_BK: Tensor = self.output(self.flatten(self.pool(features_BCT)))
        return logits_BK
