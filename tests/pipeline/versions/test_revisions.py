"""Every revision of the data is listed, compared and restored whole, whatever was killed on the way.

Takes a minute: every revision is made by DVC's stages, which are processes.
"""

import json
import re
import shutil
import signal
import time
from datetime import UTC, datetime

import pytest

from edgeline import revisions
from edgeline.datasets import card
from edgeline.errors import EdgelineError, RecipeError, Tampered
from edgeline.revisions import ledger, lockfile

NOW = datetime(2026, 1, 2, tzinfo=UTC)
PLACED = {"raw.npz", "prepared", "shares", "card.json", "settings.yaml"}


@pytest.fixture(scope="module")
def grown(made, tmp_path_factory):
    """Three revisions: eighty flowers, one relabelled and one less, then fewer devices; with their digests."""
    flowers = type(made)(shutil.copytree(made.root, tmp_path_factory.mktemp("grown") / "à part"))
    first = flowers.ensure(0)
    flowers.write(without=79, row_7="a")
    second = flowers.ensure(1)
    third = flowers.ensure(2, devices=2)
    return flowers, (first.digest, second.digest, third.digest)


@pytest.fixture
def three(grown, tmp_path):
    """A copy for one test to spoil."""
    flowers, digests = grown
    return type(flowers)(shutil.copytree(flowers.root, tmp_path / "trois")), digests


def content(path):
    """Nothing where there is no file, or none any more."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def test_revisions_are_listed_newest_first(grown):
    flowers, digests = grown

    listed = revisions.read_history(flowers.root, "plants")

    assert tuple(line.revision for line in listed) == digests[::-1]
    assert [line.when[:16] for line in listed] == [f"2026-01-01T{hour}:00" for hour in (14, 13, 12)]
    assert [line.current for line in listed] == [True, False, False]
    assert {line.places for line in listed} == {("cache", "local")}
    assert listed[0].changed == {"devices": (3, 2)}
    assert set(listed[1].changed) == {"digest"}
    assert listed[2].changed == {}
    assert listed[0].sets == {"train": 59, "validation": 10, "test": 10}


def test_a_revision_that_comes_again_is_no_new_one(three):
    flowers, digests = three

    assert flowers.ensure(5).digest == digests[1]

    assert [entry.digest for entry in ledger.list_entries(flowers.root, "plants")] == [
        *digests[::-1]
    ]


def test_a_difference_names_settings_and_items(grown):
    flowers, (first, second, third) = grown

    found = revisions.compare(flowers.root, "plants", first[:8], second[:8])

    assert (found.before, found.after) == (first, second)
    assert set(found.settings) == {"digest"}
    assert found.sets["train"] == (60, 59)
    assert len(found.removed) == 1
    assert found.added == ()
    assert list(found.relabelled.values()) == [("b", "a")]
    assert not found.drift.alarms

    devices = revisions.compare(flowers.root, "plants", second, third)
    assert devices.settings == {"devices": (3, 2)}
    assert (devices.added, devices.removed, devices.relabelled, devices.moved) == ((), (), {}, {})


@pytest.mark.parametrize("without", ["", "cache", "data"])
def test_a_revision_is_restored_whole(three, without):
    flowers, (first, _, third) = three
    if without == "cache":
        shutil.rmtree(flowers.root / ".dvc" / "cache")
    if without == "data":
        shutil.rmtree(flowers.folder)

    restored = revisions.restore(flowers.root, "plants", first[:10], NOW)

    assert (restored.digest, restored.fetched > 0) == (first, without == "cache")
    assert card.check(flowers.folder).digest == first
    assert (flowers.folder / "settings.yaml").read_text() == restored.settings
    assert lockfile.read_card_md5(flowers.root, "plants") == lockfile.md5_file(
        flowers.folder / "card.json"
    )
    revisions.check(flowers.root, "plants")
    assert revisions.ensure(flowers.root, "plants").digest == first
    # and a run of the recipe makes what the recipe asks for
    assert flowers.ensure(devices=2).digest == third


def test_data_that_were_changed_are_not_covered_by_a_restore(three):
    flowers, (first, *_) = three
    raw = flowers.folder / "raw.npz"
    raw.chmod(0o644)
    raw.write_bytes(raw.read_bytes() + b"x")

    with pytest.raises(Tampered, match=r"data/plants/raw\.npz"):
        revisions.restore(flowers.root, "plants", first, NOW)

    assert raw.read_bytes().endswith(b"x")


@pytest.mark.parametrize("damage", ["content", "list"])
def test_a_damaged_cache_restores_nothing(three, damage):
    flowers, (first, _, third) = three
    entry = ledger.find_entry(flowers.root, "plants", first)
    md5 = entry.objects["raw.npz" if damage == "content" else "shares"]
    place = flowers.cache / md5[:2] / md5[2:]
    place.chmod(0o644)
    outside = b'[{"md5": "' + b"0" * 32 + b'", "relpath": "../../../outside"}]'
    place.write_bytes(b"something else" if damage == "content" else outside)

    with pytest.raises(Tampered, match=first[:12]):
        revisions.restore(flowers.root, "plants", first, NOW)

    assert card.check(flowers.folder).digest == third


def test_a_beginning_must_mean_one_revision(grown):
    flowers, digests = grown

    assert ledger.find_entry(flowers.root, "plants", digests[0][:12].upper()).digest == digests[0]
    for prefix in ("", "0123456789", "g"):
        with pytest.raises(RecipeError, match="no revisions that begin with"):
            ledger.find_entry(flowers.root, "plants", prefix)


def test_an_ambiguous_beginning_is_refused(three):
    flowers, (first, *_) = three
    folder = flowers.root / ".edgeline" / "revisions" / "plants"
    other = first[:-1] + ("0" if first[-1] != "0" else "1")
    text = (folder / f"{first}.json").read_text().replace(first, other)
    (folder / f"{other}.json").write_text(text)

    with pytest.raises(RecipeError, match="2 revisions that begin with"):
        ledger.find_entry(flowers.root, "plants", first[:12])


def test_the_revision_before_is_known_by_its_card(grown):
    flowers, (first, second, third) = grown

    assert revisions.previous_card(flowers.root, "plants", third).digest == second
    assert revisions.previous_card(flowers.root, "plants", second).digest == first
    assert revisions.previous_card(flowers.root, "plants", first) is None
    assert revisions.previous_card(flowers.root, "herbs", third) is None


@pytest.mark.parametrize("moment", ["card.json", "settings.yaml", "dvc.lock"])
def test_a_restore_that_was_killed_is_finished_by_the_same_command(three, moment):
    flowers, (first, *_) = three
    watched = flowers.root / moment if moment == "dvc.lock" else flowers.folder / moment
    before = content(watched)

    with flowers.killed_when("data", "restore", "plants", first) as process:
        while process.poll() is None and content(watched) == before:
            time.sleep(0.001)
        process.kill()
    assert process.returncode in (0, -signal.SIGKILL)

    revisions.check(flowers.root, "plants")
    flowers.edgeline("data", "restore", "plants", first)
    assert card.check(flowers.folder).digest == first
    assert len(ledger.list_entries(flowers.root, "plants")) == 3


@pytest.mark.parametrize("file", ["settings.yaml", "raw.npz", "card.json"])
def test_a_restore_that_was_killed_while_it_wrote_is_finished_too(three, deadly, file):
    flowers, (first, *_) = three

    with deadly(file), flowers.killed_when("data", "restore", "plants", first) as process:
        process.communicate()
    assert process.returncode == -signal.SIGKILL

    left = {path.name for path in flowers.folder.iterdir()} - PLACED
    assert [name for name in left if "settings" in name] == []
    revisions.check(flowers.root, "plants")
    flowers.edgeline("data", "restore", "plants", first)
    assert card.check(flowers.folder).digest == first
    assert {path.name for path in flowers.folder.iterdir()} == PLACED


@pytest.mark.parametrize("file", ["raw.npz", "train.npz", "card.json"])
def test_what_a_killed_dvc_was_writing_is_not_taken_for_data(three, deadly, file):
    flowers, (first, _, third) = three

    flowers.write()
    with deadly(file), pytest.raises(EdgelineError):
        flowers.ensure()
    flowers.write(without=79, row_7="a")

    assert flowers.ensure(devices=2).digest == third
    flowers.write()
    assert flowers.ensure().digest == first
    assert {path.name for path in flowers.folder.iterdir()} == PLACED


def test_a_push_that_was_killed_is_finished_by_the_same_command(three):
    flowers, digests = three
    shutil.rmtree(flowers.remote)

    with flowers.killed_when("data", "push", "plants") as process:
        while process.poll() is None and not list(flowers.remote.rglob("*")):
            time.sleep(0.001)
        process.kill()

    sent = json.loads(flowers.edgeline("data", "push", "plants", "--json").stdout)
    assert set(sent["revisions"]) == set(digests)
    shutil.rmtree(flowers.root / ".dvc" / "cache")
    for digest in digests:
        flowers.edgeline("data", "restore", "plants", digest)
        assert card.check(flowers.folder).digest == digest


def test_the_command_line_answers_people_and_programs(three):
    flowers, (first, second, third) = three

    lines = flowers.edgeline("data", "list", "plants").stdout.splitlines()
    assert [line[:14].strip("* ") for line in lines[1:]] == [third[:12], second[:12], first[:12]]
    assert lines[1].startswith("* ")
    assert lines[1].endswith("devices: 3 > 2")
    assert re.search(r"  digest: [0-9a-f]{12} > [0-9a-f]{12}$", lines[2])
    listed = json.loads(flowers.edgeline("data", "list", "plants", "--json").stdout)
    assert [one["revision"] for one in listed["revisions"]] == [third, second, first]

    said = flowers.edgeline("data", "diff", "plants", first[:12], third[:12]).stdout
    assert "data.devices     3 > 2" in said
    assert re.search(r"^data\.digest +[0-9a-f]{12} > [0-9a-f]{12}$", said, re.MULTILINE)
    assert "b > a" in said
    assert "no more than chance" in said
    found = json.loads(flowers.edgeline("data", "diff", "plants", first, third, "--json").stdout)
    assert (found["before"], found["after"]) == (first, third)
    assert len(found["relabelled"]) == 1
