"""What hostile files cost can be measured again."""

from benchmarks.intake import hostile, measure, tried


def test_every_hostile_file_of_the_tests_is_refused_or_set_aside():
    result = measure()

    assert result["files"] == len(list(hostile())) - 1
    assert result["refused"] + result["set_aside"] == result["files"]
    assert result["taken"] == []
    assert result["median_ms"] <= result["most_ms"] == max(result["slowest"].values())


def test_a_sound_folder_is_taken():
    sound = next(hostile())

    assert tried(sound)[0] == "taken"
