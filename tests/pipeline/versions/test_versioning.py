"""Data follow their settings and files, and what differs from the record is refused, named and restored.

Takes a minute: every revision is made by DVC's stages, which are processes.
"""

import json
import os
import shutil
from hashlib import md5
from pathlib import Path

import pytest

from edgeline import revisions
from edgeline.code import code_digest
from edgeline.digest import canonical_json, sha256_file
from edgeline.errors import GateMissed, RecipeError, Tampered
from edgeline.recipe import load
from edgeline.recipe.data import settings_text
from edgeline.revisions import lockfile
from edgeline.revisions.code import MODULES
from edgeline.revisions.settings import write_settings

CHECKOUT = Path(__file__).parents[3]


def flip(path):
    """Change one bit and nothing that `ls` could show: size and modification time stay."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    path.chmod(before.st_mode)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def refused(flowers):
    with pytest.raises(Tampered) as error:
        revisions.check(flowers.root, flowers.name)
    return error.value


def put_right(flowers, error):
    """Do what the message says."""
    flowers.run("sh", "-c", error.remedy.partition("folder: ")[2])


def when_made(flowers):
    """Inodes alone do not tell: what is made anew may get the one that was just given up."""
    stats = {name: (flowers.folder / name).stat() for name in ("raw.npz", "prepared", "shares")}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in stats.items()}


def test_committed_settings_are_those_of_the_recipe():
    for path in (CHECKOUT / "data").glob("*/settings.yaml"):
        settings = load(CHECKOUT, path.parent.name).recipe.data

        assert path.read_text(encoding="utf-8") == settings_text(settings)


def test_the_recipe_on_the_page_is_one(tmp_path):
    page = (CHECKOUT / "docs" / "data.md").read_text(encoding="utf-8")
    block = page[page.index("    name: mine") :].partition("\n\n")[0]
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "mine.yaml").write_text(block)

    data = load(tmp_path, "mine").recipe.data

    assert data.validation + data.test + data.central + 135 == 300


def test_committed_lock_is_what_the_stages_make(fresh):
    """After a change of what a stage does: dvc repro, and commit dvc.lock."""
    for name in ("dvc.yaml", "dvc.lock"):
        shutil.copy2(CHECKOUT / name, fresh.root)
    settings = settings_text(load(CHECKOUT, "digits").recipe.data).encode()
    write_settings(fresh.root, "digits", settings)

    revisions.ensure(fresh.root, "digits")

    assert (fresh.root / "dvc.lock").read_text() == (CHECKOUT / "dvc.lock").read_text()


def test_committed_lock_is_of_the_code_as_it_is():
    """Of every recipe, without making its data again."""
    digests = {
        f"data/.code/{stage}": md5(f"{code_digest(CHECKOUT, [module])}\n".encode()).hexdigest()
        for stage, module in MODULES.items()
    }
    for path in (CHECKOUT / "data").glob("*/settings.yaml"):
        for stage in lockfile.read_stages(CHECKOUT, path.parent.name).values():
            own = {dep["path"]: dep["md5"] for dep in stage["deps"] if dep["path"] in digests}

            assert len(own) == 1
            assert own.items() <= digests.items()


def test_the_revision_names_the_data_twice(flowers):
    revision = flowers.ensure()

    assert revision.digest == sha256_file(flowers.folder / "card.json")
    assert revision.dvc in (flowers.root / "dvc.lock").read_text()
    assert revision.folder == flowers.folder


@pytest.mark.parametrize(
    "path", ["raw.npz", "prepared/test.npz", "shares/central.npz", "card.json"]
)
def test_a_flipped_bit_is_named_and_restored(flowers, path):
    intact = flowers.ensure()
    flip(flowers.folder / path)

    error = refused(flowers)
    assert f"data/plants/{path} " in error.expected

    put_right(flowers, error)
    revisions.check(flowers.root, "plants")
    assert flowers.ensure().digest == intact.digest


def test_it_is_restored_without_cache_too(flowers):
    intact = flowers.ensure()
    shutil.rmtree(flowers.root / ".dvc" / "cache")
    flip(flowers.folder / "prepared" / "train.npz")

    put_right(flowers, refused(flowers))

    revisions.check(flowers.root, "plants")
    assert flowers.ensure() == intact


def test_a_damaged_cache_is_put_right_as_well(flowers):
    intact = flowers.ensure()
    raw = flowers.folder / "raw.npz"
    md5 = lockfile.md5_file(raw)
    flip(flowers.cache / md5[:2] / md5[2:])
    flip(raw)

    put_right(flowers, refused(flowers))

    revisions.check(flowers.root, "plants")
    assert flowers.ensure() == intact


def test_settings_of_which_no_data_can_be_made_are_taken_back(flowers):
    path = flowers.folder / "settings.yaml"
    before = path.read_bytes()

    with pytest.raises(RecipeError):
        flowers.ensure(test=79)

    assert path.read_bytes() == before


def test_a_card_rewritten_to_fit_is_noticed(flowers):
    flip(flowers.folder / "raw.npz")
    content = json.loads((flowers.folder / "card.json").read_bytes())
    content["files"]["raw.npz"] = sha256_file(flowers.folder / "raw.npz")
    (flowers.folder / "card.json").write_bytes(canonical_json(content))

    assert "data/plants/card.json" in refused(flowers).expected


def test_a_file_too_many_is_named(flowers):
    (flowers.folder / "shares" / "more of it.npz").write_bytes(b"")

    error = refused(flowers)

    assert "data/plants/shares/more of it.npz not to be there" in error.expected
    put_right(flowers, error)
    revisions.check(flowers.root, "plants")


def test_missing_files_are_made_again(flowers):
    before = flowers.ensure()
    shutil.rmtree(flowers.root / ".dvc" / "cache")
    shutil.rmtree(flowers.folder / "shares")
    (flowers.folder / "raw.npz").unlink()

    assert flowers.ensure() == before


def test_settings_rerun_only_the_stages_they_touch(flowers):
    before, first = when_made(flowers), flowers.ensure()

    second = flowers.ensure(dirichlet=100.0)

    changed = {name for name, made in when_made(flowers).items() if made != before[name]}
    assert changed == {"shares"}
    assert (second.digest, second.dvc) != (first.digest, first.dvc)


def test_an_older_version_is_brought_up_to_date(flowers):
    lock, first = (flowers.root / "dvc.lock").read_bytes(), flowers.ensure()
    flowers.ensure(seed=2)

    # as a `git checkout` of an earlier commit would: settings and lock change, the data do not
    (flowers.root / "dvc.lock").write_bytes(lock)

    assert flowers.ensure() == first


def test_a_stage_that_fails_keeps_its_reason(flowers):
    with pytest.raises(RecipeError, match="petals"):
        flowers.ensure(label="petals")

    flowers.ensure()


def test_too_many_bad_rows_miss_the_gate(flowers):
    text = flowers.table.read_text()
    flowers.table.write_text(text.replace("0.0,", "nobody knows,").replace("1.1,", ","))

    with pytest.raises(GateMissed):
        flowers.ensure()


@pytest.mark.parametrize("change", ["content", "name", "gone"])
def test_own_files_that_changed_are_noticed(flowers, change):
    first = flowers.ensure()
    if change == "content":
        flowers.write(row_7="a")
        assert flowers.ensure().digest != first.digest
    elif change == "name":
        flowers.table.rename(flowers.table.with_name("roses.csv"))
        with pytest.raises(RecipeError, match=r"flowers\.csv"):
            flowers.ensure()
        flowers.ensure(path="my files/roses.csv")
    else:
        flowers.table.unlink()
        with pytest.raises(RecipeError, match=r"flowers\.csv"):
            flowers.ensure()
        flowers.write()
        assert flowers.ensure().digest == first.digest


def test_a_recipe_that_dvc_does_not_know(flowers):
    with pytest.raises(RecipeError, match="run the recipe of that name"):
        revisions.ensure(flowers.root, "letters")


def test_classes_may_be_named_yes_and_no(flowers):
    """In the YAML of dvc.lock these are names, in that of others they are not."""
    flowers.table.write_text(
        flowers.table.read_text().replace(",a\n", ",no\n").replace(",b\n", ",yes\n")
    )

    flowers.ensure(classes=("no", "yes"))

    stages = lockfile.read_stages(flowers.root, "plants")
    assert stages["fetch@plants"]["params"]["data/plants/settings.yaml"]["classes"] == ["no", "yes"]
    before = (flowers.root / "dvc.lock").read_bytes()
    lockfile.write_stages(flowers.root, stages)
    assert (flowers.root / "dvc.lock").read_bytes() == before
