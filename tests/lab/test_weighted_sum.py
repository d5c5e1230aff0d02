"""The exact mean of updates: by hand, in any order, and up to its limits."""

import numpy as np
import pytest

from edgeline.errors import EdgelineError
from edgeline.federated.weighted_sum import Limits, Update, WeightedSum

LIMITS = Limits(updates=16, examples=1000)
SHAPES = {"kernel": (3, 4), "bias": (5,), "scale": ()}


def update(device: str, examples: int, *values: float) -> Update:
    return Update(device, examples, {"weight": np.array(values, np.float32)})


def sum_of(*updates: Update, limits: Limits = LIMITS) -> WeightedSum:
    total = WeightedSum(updates[0].arrays, limits)
    for one in updates:
        total.add(one)
    return total


def mean(*updates: Update) -> dict[str, np.ndarray]:
    return dict(sum_of(*updates).mean())


def random_updates(count: int) -> list[Update]:
    draw = np.random.default_rng(7)
    sizes = draw.integers(1, 500, count).tolist()
    return [
        Update(
            f"{number:02}",
            size,
            {name: draw.normal(0, 0.1, shape).astype(np.float32) for name, shape in SHAPES.items()}
            | {"batches": np.array(number)},
        )
        for number, size in enumerate(sizes)
    ]


def bits(total: WeightedSum) -> bytes:
    return b"".join(array.tobytes() for array in total.mean().values())


def test_mean_of_three_numbers_by_hand():
    # (1 * 0.5 + 2 * -1 + 5 * 0.25) / 8 = -0.25 / 8
    assert mean(update("a", 1, 0.5), update("b", 2, -1.0), update("c", 5, 0.25))["weight"] == [
        -0.03125
    ]


def test_sum_is_in_fixed_point_as_declared():
    # 16 updates * 1000 examples * 1024 lie between 2**23 and 2**24, so 62 - 24 bits are left.
    assert LIMITS.fraction_bits == 38
    # A value of a quarter of the last bit counts for nothing alone, and for one bit with 4 examples.
    tiny = 2.0**-40
    assert mean(update("a", 1, tiny))["weight"] == [0.0]
    assert mean(update("a", 4, tiny))["weight"] == [tiny]


def test_twenty_orders_give_the_same_bits():
    updates, draw = random_updates(16), np.random.default_rng(1)
    results = {bits(sum_of(*(updates[at] for at in draw.permutation(16)))) for _ in range(20)}

    assert len(results) == 1
    # In float32, as a plain loop would have it, the same orders give different sums.
    plain = {
        sum(
            (updates[at].arrays["kernel"] * np.float32(updates[at].examples) for at in order),
            np.zeros(SHAPES["kernel"], np.float32),
        ).tobytes()
        for order in (draw.permutation(16) for _ in range(20))
    }
    assert len(plain) > 1


def test_error_is_below_what_float32_rounds_away():
    updates = random_updates(16)
    counts = np.array([one.examples for one in updates], np.float64)
    kernels = np.stack([one.arrays["kernel"].astype(np.float64) for one in updates])
    exact = np.tensordot(counts / counts.sum(), kernels, axes=1)
    error = np.abs(sum_of(*updates).mean()["kernel"] - exact)

    assert (error < np.spacing(np.abs(exact).astype(np.float32)) / 2).all()
    # What the quantisation can cost at most: half a last bit of every update, over all examples.
    assert error.max() <= 16 * 2.0**-39 / counts.sum() + 1e-16


def test_one_device_alone_is_its_own_mean():
    assert mean(update("a", 7, 0.1, -0.2))["weight"].astype(np.float32).tolist() == (
        update("a", 1, 0.1, -0.2).arrays["weight"].tolist()
    )


def test_counters_are_those_of_the_first_device_by_name():
    # Their mean is 10: a number of batches that no device saw.
    counted = [
        Update(device, examples, {"batches": np.array(batches)})
        for device, examples, batches in (("b", 30, 12), ("a", 10, 4), ("c", 1, 1))
    ]

    assert mean(*counted)["batches"].tolist() == 4
    assert mean(*counted)["batches"].dtype == np.int64


def test_a_declared_count_is_capped():
    honest, boaster = update("a", 1000, 0.0), update("b", 10**9, 1.0)
    total = sum_of(honest, boaster)

    assert total.mean()["weight"] == [0.5]
    assert total.examples == 2000


def test_sum_holds_the_most_that_its_limits_allow():
    extreme = [
        update(f"{number:02}", LIMITS.examples, sign * LIMITS.magnitude)
        for sign in (1, -1)
        for number in range(LIMITS.updates)
    ]
    for half in (extreme[: LIMITS.updates], extreme[LIMITS.updates :]):
        assert mean(*half)["weight"].tolist() == half[0].arrays["weight"].tolist()


@pytest.mark.parametrize(
    "limits", [Limits(1000, 10**8), Limits(10**9, 100_000), Limits(10, 100_000, 1e12)]
)
def test_limits_whose_sum_could_overflow_are_refused(limits):
    with pytest.raises(EdgelineError, match=r"fits into 64 bits; found .* fraction bits are left"):
        WeightedSum({"weight": np.zeros(1, np.float32)}, limits)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_not_finite_name_the_device(value):
    with pytest.raises(EdgelineError, match=r"device 07; found weight holds values .* not finite"):
        mean(update("03", 1, 1.0), update("07", 1, value))


def test_a_value_beyond_the_limit_names_the_device():
    with pytest.raises(EdgelineError, match=r"device 07; found weight holds a value of size 1025"):
        mean(update("03", 1, 1.0), update("07", 1, -1025.0))


def test_a_refused_update_leaves_the_sum_as_it_was():
    total = sum_of(update("a", 1, 1.0, 3.0))
    before = bits(total)
    with pytest.raises(EdgelineError):
        total.add(update("b", 1, 1.0, np.nan))

    assert (bits(total), total.devices, total.examples) == (before, {"a"}, 1)


def test_a_device_counts_once():
    with pytest.raises(EdgelineError, match="device a; found a second update"):
        mean(update("a", 1, 1.0), update("a", 1, 1.0))


def test_more_updates_than_declared_are_refused():
    with pytest.raises(EdgelineError, match="device c; found more than 2 updates"):
        sum_of(*(update(device, 1, 1.0) for device in "abc"), limits=Limits(2, 10))


@pytest.mark.parametrize(
    ("arrays", "found"),
    [
        ({"weight": np.zeros(2, np.float32)}, r"weight is float32\[2\]"),
        ({"weight": np.zeros(1)}, r"weight is float64\[1\]"),
        ({"bias": np.zeros(1, np.float32)}, "arrays named bias"),
    ],
)
def test_other_shapes_types_and_names_name_the_device(arrays, found):
    with pytest.raises(EdgelineError, match=f"device b; found {found}"):
        mean(update("a", 1, 1.0), Update("b", 1, arrays))


@pytest.mark.parametrize("examples", [0, -5])
def test_update_without_examples_is_refused(examples):
    with pytest.raises(EdgelineError, match=f"device a; found {examples} examples"):
        mean(update("a", examples, 1.0))
