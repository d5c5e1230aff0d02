"""What hostile files cost can be measured again."""

from benchmarks.intake import hostile, measure, tried


def test_every_hostile_file_of_the_tests_is_refused_or_set_aside():
    found = measure()

    assert found["files"] == len(list(hostile())) - 1
    assert found["refused"] + found["set_aside"] == found["files"]
    assert found["taken"] == []
    assert found["median_ms"] <= found["most_ms"] == max(found["slowest"].values())


def test_a_sound_folder_is_taken():
    sound = next(hostile())

    assert tried(sound)[0] == "taken"
