"""Recurrent networks: what is not known does not count, and each is one node when exported."""

from collections import Counter
from pathlib import Path

import onnx
import pytest
import torch

from edgeline.export.onnx import export_module
from edgeline.graph import file as onnx_file
from edgeline.models import zoo

CELLS = ("rnn", "lstm", "gru")


@pytest.mark.parametrize("name", CELLS)
def test_the_unknown_past_weighs_nothing_in_the_mean(name):
    network = zoo.build(zoo.spec(name, (6, 2), 3, (4,)), seed=0)
    with torch.no_grad():
        for parameter in network.layers.parameters():
            parameter.zero_()
        network.layers[0].get_parameter("bias_ih_l0").fill_(1.0)
        network.layers[0].get_parameter("weight_ih_l0")[:] = 0
    series = torch.ones(1, 6, 2)
    longer = network(series)
    layer = network.layers[0](series)[0]
    # by hand: the mean over all six steps, through the head
    assert torch.allclose(longer, network.output(layer.mean(1)))

    series[:, :4] = 0
    layer = network.layers[0](series)[0]
    assert torch.allclose(network(series), network.output(layer[:, 4:].mean(1)))


@pytest.mark.parametrize("name", CELLS)
def test_a_series_of_which_nothing_is_known_gives_the_bias(name):
    network = zoo.build(zoo.spec(name, (6, 2), 3, (4, 3)), seed=0)
    torch.nn.init.normal_(network.output.bias, generator=torch.Generator().manual_seed(0))

    assert torch.equal(network(torch.zeros(1, 6, 2))[0], network.output.bias)


def test_an_lstm_begins_by_remembering():
    state = zoo.build(zoo.spec("lstm", (6, 2), 3, (4,)), seed=0).state_dict()

    assert state["layers.0.bias_ih_l0"].tolist() == [0.0] * 4 + [1.0] * 4 + [0.0] * 8
    assert not state["layers.0.bias_hh_l0"].any()


@pytest.mark.parametrize("name", CELLS)
def test_each_gate_sees_the_state_through_an_orthogonal_matrix(name):
    state = zoo.build(zoo.spec(name, (6, 2), 3, (5,)), seed=0).state_dict()

    for gate in state["layers.0.weight_hh_l0_reverse"].split(5):
        assert torch.allclose(gate @ gate.T, torch.eye(5), atol=1e-6)


def test_first_weights_do_not_depend_on_threads():
    spec = zoo.spec("gru", (6, 2), 3, (128,))
    threads = torch.get_num_threads()
    states = []
    for count in (1, 2):
        torch.set_num_threads(count)
        states.append(zoo.build(spec, seed=0).state_dict())
    torch.set_num_threads(threads)

    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@pytest.mark.parametrize("name", CELLS)
def test_a_long_series_is_still_one_node(name, tmp_path: Path):
    network = zoo.build(zoo.spec(name, (500, 2), 3, (4,)), seed=0)
    before = {one: tensor.clone() for one, tensor in network.state_dict().items()}
    onnx_file.write(export_module(network, (500, 2)), tmp_path / "model.onnx")
    kinds = Counter(node.op_type for node in onnx.load(tmp_path / "model.onnx").graph.node)

    assert kinds[name.upper()] == 1
    assert kinds.total() == 16
    assert all(torch.equal(network.state_dict()[one], tensor) for one, tensor in before.items())
