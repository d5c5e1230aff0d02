"""DVC as its users know it: links into its cache, its locks, and its own commands beside ours."""

import json
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import yaml

from edgeline.datasets import card
from edgeline.digest import sha256_file
from edgeline.errors import RecipeError, WorkspaceBusy
from edgeline.recipe.data import settings_text
from edgeline.revisions import lockfile
from edgeline.revisions.settings import write_list, write_settings
from tests.pipeline.versions.test_versioning import CHECKOUT, flip, put_right, refused


@pytest.mark.parametrize("place", ["", "a shared cache"])
def test_data_that_are_links_into_the_cache_are_as_good(made, fresh, tmp_path, place):
    fresh.configure("config", "--local", "cache.type", "symlink")
    if place:
        fresh.configure("config", "--local", "cache.dir", str(tmp_path / place))

    revision = fresh.ensure()

    raw = fresh.folder / "raw.npz"
    assert raw.is_symlink()
    assert revision.digest == sha256_file(made.folder / "card.json")
    flip(raw)
    put_right(fresh, refused(fresh))
    assert fresh.ensure() == revision
    raw.unlink()
    raw.symlink_to(fresh.table)
    assert "not a plain file" in refused(fresh).found


@pytest.mark.parametrize("content", [b"", b"{", b'{"write": {"prepared": 1}}', None])
def test_what_a_killed_dvc_left_of_its_lock_blocks_nobody(flowers, content):
    """None: it names a process of this machine, which began after the file was written."""
    path = flowers.root / ".dvc" / "tmp" / "rwlock"
    holder = {"pid": os.getpid(), "cmd": "dvc repro"}
    named = {"write": {str(flowers.folder / "raw.npz"): holder}, "read": {}}
    path.write_bytes(content if content is not None else json.dumps(named).encode())
    if content is None:
        os.utime(path, (0, 0))

    assert flowers.ensure(dirichlet=100.0).digest


def test_a_dvc_of_the_users_that_is_at_work_is_not_disturbed(flowers):
    path = flowers.root / ".dvc" / "tmp" / "rwlock"
    holder = {"pid": os.getpid(), "cmd": "dvc repro"}
    path.write_text(json.dumps({"write": {str(flowers.folder / "raw.npz"): holder}, "read": {}}))

    with pytest.raises(WorkspaceBusy):
        flowers.ensure(dirichlet=100.0)


@pytest.mark.parametrize("other", ["plants", "herbs"])
def test_two_at_once_wait_for_each_other_in_silence(flowers, other):
    shutil.rmtree(flowers.folder / "shares")
    write_settings(flowers.root, "herbs", (flowers.folder / "settings.yaml").read_bytes())
    program = (
        "import sys; from pathlib import Path; from edgeline import revisions; "
        "revisions.ensure(Path(sys.argv[1]), sys.argv[2])"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(flowers.root), name],
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for name in ("plants", other)
    ]

    assert [process.communicate(timeout=300)[0] for process in both] == [b"", b""]
    assert [process.returncode for process in both] == [0, 0]
    for name in ("plants", other):
        assert len(lockfile.read_stages(flowers.root, name)) == 3
        assert card.check(flowers.root / "data" / name)


def test_plain_dvc_in_a_clone_leaves_git_clean(fresh, tmp_path):
    settings = settings_text(fresh.settings()).encode()
    write_settings(fresh.root, "plants", settings)
    write_settings(fresh.root, "herbs", settings)
    fresh.dvc("repro")
    git = ("git", "-c", "user.name=someone", "-c", "user.email=someone@example.org")
    fresh.run(*git, "init", "-q")
    fresh.run(*git, "add", "-A")
    fresh.run(*git, "commit", "-qm", "first")
    fresh.run("git", "clone", "-q", ".", str(tmp_path / "a clone"))
    clone = type(fresh)(tmp_path / "a clone")

    clone.dvc("repro")

    assert clone.run("dvc", "status").stdout == "code:\n\talways changed\n"
    assert clone.run("git", "status", "--porcelain").stdout == ""
    assert clone.edgeline("data", "revision", "plants").stdout.strip() == fresh.ensure().digest


def test_the_list_of_recipes_keeps_itself(fresh):
    """A recipe is on it as soon as it has settings; one that failed at first, or was removed, is not."""
    fresh.ensure()
    assert listed(fresh) == ["plants"]

    herbs = replace(fresh, name="herbs")
    with pytest.raises(RecipeError):
        herbs.ensure(label="no such column")
    assert not (herbs.folder / "settings.yaml").exists()
    assert listed(fresh) == ["plants"]

    herbs.ensure()
    assert listed(fresh) == ["herbs", "plants"]
    shutil.rmtree(herbs.folder)
    fresh.ensure(dirichlet=100.0)
    assert listed(fresh) == ["plants"]


def test_many_recipes_at_once_lose_no_name(fresh):
    settings = settings_text(fresh.settings()).encode()
    names = [f"plot-{at:02d}" for at in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: write_settings(fresh.root, name, settings), names))

    assert listed(fresh) == names


def test_a_list_whose_writer_was_killed_is_whole(fresh, deadly):
    write_settings(fresh.root, "plants", b"")
    program = "import sys; from pathlib import Path; from edgeline.revisions.settings import *; "
    program += "write_settings(Path(sys.argv[1]), 'herbs', b'')"
    with deadly("recipes.yaml"):
        ended = subprocess.run([sys.executable, "-c", program, str(fresh.root)], check=False)

    assert ended.returncode == -signal.SIGKILL
    assert listed(fresh) == ["plants"]
    write_list(fresh.root)
    assert listed(fresh) == ["herbs", "plants"]


def listed(flowers) -> list[str]:
    return yaml.safe_load((flowers.root / "data" / "recipes.yaml").read_text())["recipes"]
