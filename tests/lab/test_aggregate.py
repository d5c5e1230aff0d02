"""The mean of updates, to be checked by hand."""

from itertools import permutations

import numpy as np
import pytest
from safetensors.numpy import save

from edgeline.digest import sha256_bytes
from edgeline.errors import EdgelineError, Tampered
from edgeline.federated.aggregate import Update, average, read_update


def update(device: str, examples: int, *values: float) -> Update:
    return Update(device, examples, {"weight": np.array(values, np.float32)})


def test_mean_is_weighted_by_examples():
    mean = average([update("a", 1, 0.0, 4.0), update("b", 3, 4.0, 0.0)])

    assert mean["weight"].tolist() == [3.0, 1.0]
    assert mean["weight"].dtype == np.float32


def test_order_of_updates_does_not_matter():
    draw = np.random.default_rng(0)
    updates = [
        update(name, size, *draw.normal(size=50))
        for name, size in zip("abcd", (3, 50, 7, 11), strict=True)
    ]
    means = {average(order)["weight"].tobytes() for order in permutations(updates)}

    assert len(means) == 1


def test_one_device_alone_is_its_own_mean():
    assert (
        average([update("a", 7, 0.1, 0.2)])["weight"].tolist()
        == update("a", 1, 0.1, 0.2).weights["weight"].tolist()
    )


def test_counters_are_not_averaged():
    counted = [
        Update(device, examples, {"batches": np.array(batches)})
        for device, examples, batches in (("b", 30, 12), ("a", 10, 4))
    ]

    # Their mean is 10: a number of batches that no device saw.
    assert average(counted)["batches"].tolist() == 4
    assert average(counted)["batches"].dtype == np.int64


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_not_finite_name_the_device(value):
    with pytest.raises(
        EdgelineError, match=r"device 07; found weight holds values that are not finite"
    ):
        average([update("03", 1, 1.0), update("07", 1, value)])


def test_other_shapes_name_the_device():
    with pytest.raises(EdgelineError, match=r"device b; found weight is float32\[2\]"):
        average([update("a", 1, 1.0), update("b", 1, 1.0, 2.0)])


def test_other_types_name_the_device():
    odd = Update("b", 1, {"weight": np.array([1.0])})
    with pytest.raises(EdgelineError, match=r"device b; found weight is float64\[1\]"):
        average([update("a", 1, 1.0), odd])


def test_other_names_name_the_device():
    odd = Update("b", 1, {"bias": np.array([1.0], np.float32)})
    with pytest.raises(EdgelineError, match=r"device b; found weights named bias"):
        average([update("a", 1, 1.0), odd])


@pytest.mark.parametrize("examples", [0, -5])
def test_update_without_examples_is_refused(examples):
    with pytest.raises(EdgelineError, match=f"device a; found {examples} examples"):
        average([update("a", examples, 1.0)])


def test_update_is_read_as_it_was_sent(tmp_path):
    sent = update("a", 5, 1.0, 2.0)
    data = save(sent.weights)
    (tmp_path / "a.safetensors").write_bytes(data)
    read = read_update(tmp_path / "a.safetensors", "a", 5, sha256_bytes(data), sent.weights)

    assert read.weights["weight"].tolist() == [1.0, 2.0]
    assert (read.device, read.examples) == ("a", 5)


def test_update_changed_on_its_way_is_refused(tmp_path):
    sent = update("a", 5, 1.0)
    (tmp_path / "a.safetensors").write_bytes(save(update("a", 5, 2.0).weights))

    with pytest.raises(Tampered, match="of device a"):
        read_update(
            tmp_path / "a.safetensors", "a", 5, sha256_bytes(save(sent.weights)), sent.weights
        )


@pytest.mark.parametrize("data", [b"", b"rubbish, and enough of it"])
def test_unreadable_update_names_the_device(tmp_path, data):
    (tmp_path / "a.safetensors").write_bytes(data)

    with pytest.raises(EdgelineError, match="device a; found SafetensorError"):
        read_update(tmp_path / "a.safetensors", "a", 5, sha256_bytes(data), {})


def test_missing_update_names_the_device(tmp_path):
    with pytest.raises(EdgelineError, match="device a; found FileNotFoundError"):
        read_update(tmp_path / "a.safetensors", "a", 5, "0" * 64, {})
