"""Recurrent networks over a series: plain (Elman 1990), LSTM (Hochreiter, Schmidhuber 1997) and GRU
(arXiv 1406.1078), alike in everything but their cell.

Legend: B batch, T steps, C channels, H units, K classes.
"""

from torch import Tensor, nn

from edgeline.models.checkpoint import ModelSpec

CELLS: dict[str, type[nn.RNN | nn.LSTM | nn.GRU]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class Recurrent(nn.Module):
    """For each width a layer that reads the series from both ends, with so many units each way; the
    mean of the last one over the steps that are known goes through the linear output.

    A step of zeros in every channel is one of the unknown past before a short series, and stays one
    through all layers: so each layer's answer says all that the next one needs. On Japanese Vowels
    both ends against one, and known steps against all, are worth two points each.
    """

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        cell = CELLS[spec.architecture]
        before = (spec.shape[1], *(2 * units for units in spec.widths))
        self.layers = nn.ModuleList(
            cell(size, units, batch_first=True, bidirectional=True)
            for size, units in zip(before, spec.widths, strict=False)
        )
        self.output = nn.Linear(before[-1], spec.classes)

    def forward(self, series_BTC: Tensor) -> Tensor:
        steps = series_BTC
        for layer in self.layers:
            steps = layer(steps)[0] * _known(steps)
        mean_BH = steps.sum(1) / _known(steps).sum(1).clamp(min=1)
        logits_BK: Tensor = self.output(mean_BH)
        return logits_BK


def _known(steps_BTC: Tensor) -> Tensor:
    """(B, T, 1): one where some channel is not zero."""
    return steps_BTC.detach().abs().amax(-1, keepdim=True).sign()
