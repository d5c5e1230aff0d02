"""An item that looks unlike all training items is named, by numbers that can be checked by hand."""

import numpy as np
import pytest

from edgeline.edge.profile import find_deviations, learn_profile
from edgeline.manifest import InputProfile, Spread
from edgeline.preprocess import Preprocessing, Values

GREY = Preprocessing("image", (8, 8, 1), (0.5,), (0.25,))
ROWS = Preprocessing("table", (1,), (0.0,), (1.0,), columns=("heat",))
PULSE = Preprocessing("series", (4, 2), (0.0,) * 2, (1.0,) * 2, columns=("left", "right"))


def rows(*values: float) -> Values:
    return np.array(values, np.float32)[:, None]


def measures(profile: InputProfile, items: Values, form: Preprocessing) -> list[list[str]]:
    return [[one.measure for one in found] for found in find_deviations(profile, items, form)]


def outside(profile: InputProfile, *values: float) -> list[float]:
    found = find_deviations(profile, rows(*values), ROWS)
    return [value for value, some in zip(values, found, strict=True) if some]


def test_a_value_far_beyond_all_training_rows_is_outside() -> None:
    # ten rows, two limits: ln(2 / 0.001) / ln(10) - 1 = 2.301 times the farthest distance more
    profile = learn_profile(rows(-1, 1, *[0] * 8), ROWS)

    assert profile == InputProfile((Spread(-1, 0, 1),), items=10)
    assert outside(profile, -3.31, -3.3, 0, 3.3, 3.31) == [-3.31, 3.31]


def test_amounts_are_compared_by_their_square_roots() -> None:
    # 2, 3 and 4 become 2 - 2.301 = -0.301 and 4 + 2.301 = 6.301, whose squares are -0.09 and 39.7
    profile = learn_profile(rows(4, 16, *[8.75] * 8), ROWS)

    assert profile.channels == (Spread(4, 9, 16),)
    assert outside(profile, -0.1, 0, 39, 40) == [-0.1, 40]


def test_the_margin_shrinks_with_the_number_of_training_items_to_a_quarter() -> None:
    def farthest(items: int) -> float:
        profile = InputProfile((Spread(-1, 0, 1),), items=items)
        steps = np.arange(1, 15, 0.01)
        return min(outside(profile, *steps), default=steps[-1])

    assert farthest(2) == pytest.approx(np.log(2000) / np.log(2), abs=0.02)
    assert farthest(100) == pytest.approx(np.log(2000) / np.log(100), abs=0.02)
    assert farthest(1_000_000) == pytest.approx(1.25, abs=0.02)


def test_the_message_says_what_was_found_and_expected_and_what_to_do() -> None:
    profile = learn_profile(rows(4, 16, *[8.75] * 8), ROWS)
    ((one,),) = find_deviations(profile, rows(123456), ROWS)

    assert (one.measure, one.column) == ("value", "heat")
    assert one.message == (
        "heat 123500, where 10 training rows have 4 to 16: check its unit and its sensor"
    )
    unnamed = Preprocessing("table", (1,), (0.0,), (1.0,))
    assert find_deviations(profile, rows(50), unnamed)[0][0].column == "column 1"


def test_what_is_not_known_is_not_outside() -> None:
    profile = learn_profile(rows(4, float("nan"), 6), ROWS)

    assert profile.channels == (Spread(4, 5, 6),)
    assert outside(profile, float("nan")) == []


def test_a_column_that_never_varied_must_not_vary() -> None:
    profile = learn_profile(rows(*[0.1] * 20), ROWS)
    assert outside(profile, 0.1, 0.2, 0) == [0.2, 0]


def test_one_training_item_says_nothing_of_a_spread() -> None:
    assert outside(learn_profile(rows(4), ROWS), 1e9) == []


def test_a_series_has_level_variation_and_length() -> None:
    # channels of mean 10 and 20 and deviation 1 and 2, ten of each of 3 and of 4 steps
    four = np.array([[9, 18], [11, 22]] * 2, np.float32)
    three = np.array([[np.nan] * 2, [10 - 1.5**0.5, 20], [10, 20 - 6**0.5], [10 + 1.5**0.5] * 2])
    three[3, 1] = 20 + 6**0.5
    profile = learn_profile(np.stack([four, three] * 10).astype(np.float32), PULSE)

    assert profile.measures == {
        "level": (Spread(10, 10, 10), Spread(20, 20, 20)),
        "variation": (Spread(1, 1, 1), Spread(2, 2, 2)),
        "length": (Spread(3, 3.5, 4),),
    }
    higher, louder, shorter = four + [0, 5], 10 + (four - [10, 20]) * [1, 3] + [0, 10], four.copy()
    shorter[:2] = np.nan
    dead = np.where([False, True], 20, four)
    found = find_deviations(profile, np.stack([four, higher, louder, dead]), PULSE)
    told = [[(one.measure, one.column) for one in some] for some in found]
    assert told == [[], [("level", "right")], [("variation", "right")], [("variation", "right")]]
    # the one of which nothing is known on the right is like the others on the left
    unknown = np.where([False, True], np.nan, four)
    assert measures(profile, unknown[None], PULSE) == [[]]
    # of 20 windows with ten limits, the shortest may have sqrt(3) - (sqrt(3.5) - sqrt(3)) * 2.07 squared = 2.1
    ((short,),) = find_deviations(profile, shorter[None], PULSE)
    assert (
        short.message == "2 steps, where 20 training windows have 3 to 4: give a longer recording"
    )


def crosses(count: int, ground: int, ink: int) -> Values:
    """Upright crosses of two strokes on a ground, at different places."""
    pictures = np.full((count, 8, 8), ground, np.uint8)
    for at, picture in enumerate(pictures):
        picture[1:7, 2 + at % 4] = picture[2 + at % 3, 1:7] = ink
    return pictures


def test_ink_on_paper_is_not_light_on_dark() -> None:
    profile = learn_profile(crosses(12, 0, 200), GREY)
    paper = crosses(5, 255, 55)

    assert profile.polarity == "light on dark"
    # each cross has 11 of 64 pixels of 200
    (contrast,) = profile.measures["contrast"]
    assert (profile.brightness, profile.items) == (Spread(*[34.375] * 3), 12)
    assert contrast.mean == pytest.approx((11 / 64 * 53 / 64) ** 0.5 * 200, rel=1e-5)
    assert measures(profile, crosses(5, 0, 200), GREY) == [[]] * 5
    assert measures(profile, paper, GREY) == [["polarity"]] * 5
    assert find_deviations(profile, paper, GREY)[0][0].message == (
        "dark on light, unlike 12 training pictures: invert it, each pixel to 255 less its value"
    )
    inverted = learn_profile(paper.repeat(3, axis=0)[..., None].repeat(3, axis=3), GREY3)
    assert inverted.polarity == "dark on light"
    (found,) = find_deviations(inverted, crosses(1, 0, 200)[..., None].repeat(3, axis=3), GREY3)
    assert found[0].message.startswith("light on dark, unlike 15 training pictures")


GREY3 = Preprocessing("image", (8, 8, 3), (0.5,) * 3, (0.25,) * 3)


def test_a_picture_of_another_shape_is_to_be_cropped() -> None:
    pictures = crosses(12, 0, 200)
    sizes = np.array([[90, 120]] * 6 + [[30, 30]] * 6)
    profile = learn_profile(pictures, GREY, sizes)

    # the margin is ln(2 * 3 / 0.001) / ln(12) - 1 = 2.5, and a fifth is free on either side:
    # (1.155 + 2.5 * (1.155 - 1.080)) ** 2 + 4 / 3 / 5 = 2.07, (1 - 2.5 * (1.080 - 1)) ** 2 - 1 / 5 = 0.44
    assert profile.measures["aspect"] == (Spread(1, 1.16667, 1.33333),)
    asked = np.array([[90, 120], [100, 205], [100, 210], [100, 45], [100, 40]])
    found = find_deviations(profile, crosses(5, 0, 200), GREY, asked)
    assert [[one.measure for one in some] for some in found] == [[], [], ["aspect"], [], ["aspect"]]
    assert found[2][0].message == (
        "2.1 times as wide as high, where 12 training pictures have 1 to 1.333: crop it to that shape"
    )
    square = learn_profile(pictures, GREY)
    asked = np.array([[20, 20], [20, 23], [3, 4], [4, 3]])
    found = find_deviations(square, crosses(4, 0, 200), GREY, asked)
    assert [bool(some) for some in found] == [False, False, True, True]


def test_faint_and_glaring_pictures_are_outside() -> None:
    profile = learn_profile(crosses(12, 0, 200), GREY)
    faint, glaring = crosses(1, 0, 20), crosses(1, 150, 255)

    assert measures(profile, faint, GREY) == [["brightness", "contrast"]]
    assert measures(profile, glaring, GREY) == [["brightness", "contrast"]]


def test_pictures_without_a_ground_are_compared_with_their_mean() -> None:
    # the left half is dark
    draw = np.random.default_rng(0)
    shade = np.where(np.arange(8) < 4, 60, 160)[None, :] * np.ones((8, 1))
    pictures = np.clip(shade + draw.normal(0, 30, (40, 8, 8)), 0, 255).astype(np.uint8)
    profile = learn_profile(pictures[:30], GREY)

    assert profile.polarity is None
    assert np.abs(np.array(profile.picture) - shade).max() < 25
    assert measures(profile, pictures[30:], GREY) == [[]] * 10
    found = find_deviations(profile, 255 - pictures[30:], GREY)
    assert [some[0].message.split(":")[0] for some in found] == [
        "like a negative of 30 training pictures"
    ] * 10


@pytest.mark.parametrize("count", [5, 100])
def test_pictures_of_all_kinds_have_no_polarity(count: int) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (count, 8, 8)).astype(np.uint8)
    profile = learn_profile(noise, GREY)

    assert (profile.polarity, profile.picture) == (None, ())
    assert measures(profile, 255 - noise, GREY) == [[]] * count


def test_a_profile_that_counts_no_items_marks_by_polarity_alone() -> None:
    profile = InputProfile((Spread(0, 34, 200),), Spread(30, 34, 40), "light on dark")
    assert measures(profile, crosses(1, 250, 40), GREY) == [["polarity"]]
    assert measures(profile, crosses(1, 0, 20), GREY) == [[]]
