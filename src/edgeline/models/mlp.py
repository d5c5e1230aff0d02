"""A multilayer perceptron for rows of a table.

Legend: B batch, F features, K classes.
"""

from torch import Tensor, nn

from edgeline.models.checkpoint import ModelSpec


class Mlp(nn.Module):
    """A linear layer and a ReLU for each width, then the linear `output`."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        sizes = (spec.shape[0], *spec.widths)
        self.hidden = nn.ModuleList(
            nn.Linear(size, width) for size, width in zip(sizes, spec.widths, strict=False)
        )
        self.relu = nn.ReLU()
        self.output = nn.Linear(sizes[-1], spec.classes)

    def forward(self, features_BF: Tensor) -> Tensor:
        for layer in self.hidden:
            features_BF = self.relu(layer(features_BF))
        logits_BK: Tensor = self.output(features_BF)
        return logits_BK
