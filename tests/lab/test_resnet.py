"""Residual networks for small images: their size, their shortcuts, their names."""

import pytest
import torch

from edgeline.models import zoo
from edgeline.models.resnet import Shortcut


@pytest.mark.parametrize(("name", "weights"), [("resnet20", 269_722), ("resnet56", 853_018)])
def test_weights_are_as_many_as_in_the_paper(name, weights):
    # 0.27 and 0.85 million in table 6
    assert zoo.count_weights(zoo.spec(name, (3, 32, 32), 10)) == weights


def test_names_are_those_of_the_known_weights():
    state = zoo.build(zoo.spec("resnet20", (3, 32, 32), 10), seed=0).state_dict()
    names = [name for name in state if not name.endswith("num_batches_tracked")]

    assert len(names) == 97
    assert names[:5] == [
        "conv1.weight",
        "bn1.weight",
        "bn1.bias",
        "bn1.running_mean",
        "bn1.running_var",
    ]
    assert "layer3.2.conv2.weight" in names
    assert names[-2:] == ["linear.weight", "linear.bias"]


def test_shortcut_takes_every_second_pixel_and_adds_channels_of_zeros():
    image = torch.arange(16.0).reshape(1, 1, 4, 4)
    short = Shortcut(before=1, after=3, stride=2)(image)

    assert short.tolist() == [[[[0, 0], [0, 0]], [[0, 2], [8, 10]], [[0, 0], [0, 0]]]]


def test_shortcut_is_exported_as_the_same_selection():
    class Alone(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.shortcut = Shortcut(before=2, after=5, stride=2)

        def forward(self, features: torch.Tensor) -> torch.Tensor:
            return self.shortcut(features)

    features = torch.randn(3, 2, 5, 5, generator=torch.Generator().manual_seed(0))
    traced = torch.export.export(Alone(), (features,)).module()

    assert torch.equal(traced(features), Alone()(features))
