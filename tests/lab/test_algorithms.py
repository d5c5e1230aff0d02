"""Algorithms by hand: what a client sends, and what the server makes of the mean."""

import numpy as np

from edgeline.federated.fedavg import FEDAVG
from edgeline.federated.weighted_sum import Limits, Update, WeightedSum
from edgeline.recipe.federate import RoundSettings

BEFORE = {"weight": np.array([1.0, -2.0], np.float32), "batches": np.array(10)}


def test_fedavg_is_the_mean_of_the_weights_by_examples():
    # By hand: one times [0, 4] and three times [4, 0], over four examples.
    after = {
        "a": {"weight": np.array([0.0, 4.0], np.float32), "batches": np.array(12)},
        "b": {"weight": np.array([4.0, 0.0], np.float32), "batches": np.array(17)},
    }
    total = WeightedSum(BEFORE, Limits(2, 10))
    total.add(Update("b", 3, FEDAVG.client(BEFORE, after["b"])))
    total.add(Update("a", 1, FEDAVG.client(BEFORE, after["a"])))
    weights, state = FEDAVG.server(BEFORE, total.mean(), FEDAVG.init(BEFORE), RoundSettings())

    assert weights["weight"].tolist() == [3.0, 1.0]
    assert weights["weight"].dtype == np.float32
    assert weights["batches"].tolist() == 12
    assert state == {}


def test_one_client_alone_gets_its_own_weights_back():
    draw = np.random.default_rng(3)
    before, after = (
        {"weight": draw.normal(0, 0.1, 10_000).astype(np.float32)} for _ in ("before", "after")
    )
    total = WeightedSum(before, Limits(1, 1000))
    total.add(Update("a", 777, FEDAVG.client(before, after)))
    weights, _ = FEDAVG.server(before, total.mean(), {}, RoundSettings())

    # One difference was rounded to float32, and one sum.
    error = np.abs(weights["weight"] - after["weight"])
    largest = np.maximum(np.abs(before["weight"]), np.abs(after["weight"]))
    assert (error <= np.spacing(2 * largest)).all()


def test_fedavg_sends_how_far_the_weights_moved():
    sent = FEDAVG.client(
        BEFORE, {"weight": np.array([1.5, -2.25], np.float32), "batches": np.array(13)}
    )

    assert sent["weight"].tolist() == [0.5, -0.25]
    assert sent["batches"].tolist() == 13
