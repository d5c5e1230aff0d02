"""Inverted residuals: what a block costs, and where it adds its input."""

import torch

from edgeline.models import zoo
from edgeline.models.mobilenet import InvertedResidual


def test_a_block_has_the_weights_counted_by_hand():
    # 2 to 8 by 1x1, 8 times 3x3, 8 to 3 by 1x1, and two numbers per channel for three norms
    block = InvertedResidual(before=2, after=3, stride=2)

    assert sum(one.numel() for one in block.parameters()) == 16 + 72 + 24 + 2 * (8 + 8 + 3)


def test_only_a_block_that_keeps_its_size_adds_its_input():
    image = torch.rand(1, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    for after, stride, size in ((2, 1, 4), (3, 1, 4), (2, 2, 2)):
        block = InvertedResidual(2, after, stride).eval()
        torch.nn.init.zeros_(block.project.weight)
        answer = block(image)

        assert answer.shape == (1, after, size, size)
        assert torch.equal(answer, image) if (after, stride) == (2, 1) else not answer.any()


def test_each_width_but_the_first_halves_the_image():
    network = zoo.build(zoo.spec("mobilenet", (3, 32, 24), 10, (4, 6, 8)), seed=0).eval()

    assert network.blocks(network.stem(torch.zeros(1, 3, 32, 24))).shape == (1, 8, 8, 6)
