import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edgeline.datasets import card
from edgeline.digest import canonical_json, sha256_file
from edgeline.errors import RecipeError, Tampered
from edgeline.recipe.data import Data, settings_text
from tasks import versioning

CHECKOUT = Path(__file__).parents[2]
BINARIES = Path(sys.executable).parent
VERSIONED = ("dvc.yaml", "dvc.lock", ".dvc", ".dvcignore", ".gitignore", "src", "recipes")
NOT_VERSIONED = shutil.ignore_patterns("__pycache__", "cache", "tmp", "config.local")


def archive(folder):
    """What a source archive of the project holds, as far as its data are concerned."""
    for name in VERSIONED:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=NOT_VERSIONED)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)
    settings = folder / "data" / "digits" / "settings.yaml"
    settings.parent.mkdir(parents=True)
    shutil.copy2(CHECKOUT / "data" / "digits" / "settings.yaml", settings)
    return folder


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """The data, made once, in a folder without .git whose name has a space and an accent."""
    root = archive(tmp_path_factory.mktemp("un projet") / "à part")
    versioning.ensure(root, "digits")
    return root


@pytest.fixture
def root(made, tmp_path):
    """A copy of the project with its data, for one test to spoil."""
    return shutil.copytree(made, tmp_path / "un projet à part")


def flip(path):
    """Change one bit and nothing that `ls` could show: size and modification time stay."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    path.chmod(before.st_mode)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def run(command, root, **variables):
    """A command of a person who has not activated the environment; DVC keeps to the project."""
    surroundings = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(root),
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(root / ".edgeline" / "site"),
        **{name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ},
        **variables,
    }
    return subprocess.run(
        command, shell=True, cwd=root, env=surroundings, capture_output=True, text=True, check=True
    )


def refused(root):
    with pytest.raises(Tampered) as error:
        versioning.check(root, "digits")
    return error.value


def put_right(root, error):
    """Do what the message says."""
    run(error.remedy.partition("folder: ")[2], root)


def inodes(root):
    folder = root / "data" / "digits"
    return {name: (folder / name).stat().st_ino for name in ("raw.npz", "prepared", "shares")}


def test_committed_lock_is_what_the_stages_make(made):
    """After a change of a stage, or of a module it depends on: dvc repro, and commit dvc.lock."""
    assert (made / "dvc.lock").read_text() == (CHECKOUT / "dvc.lock").read_text()


def test_committed_settings_are_those_of_the_recipe():
    from edgeline.recipe import load

    settings = load(CHECKOUT, "digits").recipe.data
    written = (CHECKOUT / "data" / "digits" / "settings.yaml").read_text(encoding="utf-8")
    assert written == settings_text(settings)


def test_the_revision_names_the_data_twice(made):
    revision = versioning.ensure(made, "digits")

    assert revision.digest == sha256_file(made / "data" / "digits" / "card.json")
    assert revision.dvc in (made / "dvc.lock").read_text()
    assert revision.folder == made / "data" / "digits"


@pytest.mark.parametrize(
    "path", ["raw.npz", "prepared/test.npz", "shares/central.npz", "card.json"]
)
def test_a_flipped_bit_is_named_and_restored(root, path):
    intact = versioning.ensure(root, "digits")
    flip(root / "data" / "digits" / path)

    error = refused(root)

    assert f"data/digits/{path} " in error.expected
    put_right(root, error)
    versioning.check(root, "digits")
    assert versioning.ensure(root, "digits").digest == intact.digest


def test_it_is_restored_without_cache_too(root):
    intact = versioning.ensure(root, "digits")
    shutil.rmtree(root / ".dvc" / "cache")
    flip(root / "data" / "digits" / "prepared" / "train.npz")

    put_right(root, refused(root))

    versioning.check(root, "digits")
    assert versioning.ensure(root, "digits") == intact


def test_a_damaged_cache_is_put_right_as_well(root):
    intact = versioning.ensure(root, "digits")
    raw = root / "data" / "digits" / "raw.npz"
    objects = (root / ".dvc" / "cache" / "files" / "md5").glob("??/*")
    flip(next(path for path in objects if path.stat().st_size == raw.stat().st_size))
    flip(raw)

    put_right(root, refused(root))

    versioning.check(root, "digits")
    assert versioning.ensure(root, "digits") == intact


def test_settings_of_which_no_data_can_be_made_are_taken_back(root):
    path = root / "data" / "digits" / "settings.yaml"
    before = path.read_bytes()
    with pytest.raises(RecipeError), versioning.settings_of(root, "digits", Data(devices=3000)):
        versioning.ensure(root, "digits")
    assert path.read_bytes() == before


def test_a_card_rewritten_to_fit_is_noticed(root):
    folder = root / "data" / "digits"
    flip(folder / "raw.npz")
    content = json.loads((folder / "card.json").read_bytes())
    content["files"]["raw.npz"] = sha256_file(folder / "raw.npz")
    (folder / "card.json").write_bytes(canonical_json(content))

    assert "data/digits/card.json" in refused(root).expected


def test_a_file_too_many_is_named(root):
    (root / "data" / "digits" / "shares" / "more of it.npz").write_bytes(b"")

    error = refused(root)

    assert "data/digits/shares/more of it.npz not to be there" in error.expected
    put_right(root, error)
    versioning.check(root, "digits")


def test_missing_files_are_made_again(root):
    before = versioning.ensure(root, "digits")
    shutil.rmtree(root / ".dvc" / "cache")
    shutil.rmtree(root / "data" / "digits" / "shares")
    (root / "data" / "digits" / "raw.npz").unlink()

    versioning.check(root, "digits")

    assert versioning.ensure(root, "digits") == before


def test_settings_rerun_only_the_stages_they_touch(root):
    before, first = inodes(root), versioning.ensure(root, "digits")
    versioning.write_settings(root, "digits", Data(dirichlet=100.0))

    versioning.check(root, "digits")
    second = versioning.ensure(root, "digits")

    changed = {name for name, inode in inodes(root).items() if inode != before[name]}
    assert changed == {"shares"}
    assert (second.digest, second.dvc) != (first.digest, first.dvc)
    assert float(card.load(second.folder).skew) < 0.1


def test_means_and_deviations_rerun_no_stage(root):
    first = versioning.ensure(root, "digits")
    versioning.write_settings(root, "digits", Data(mean=(0.5,), std=(0.5,)))

    assert versioning.ensure(root, "digits") == first


def test_an_older_version_is_brought_up_to_date(root):
    lock, first = (root / "dvc.lock").read_bytes(), versioning.ensure(root, "digits")
    versioning.write_settings(root, "digits", Data(seed=2))
    versioning.ensure(root, "digits")

    # as a `git checkout` of an earlier commit would: settings and lock change, the data do not
    versioning.write_settings(root, "digits", Data())
    (root / "dvc.lock").write_bytes(lock)

    versioning.check(root, "digits")
    assert versioning.ensure(root, "digits") == first


def test_a_stage_that_fails_keeps_its_reason(root):
    versioning.write_settings(root, "digits", Data(test=4900))

    with pytest.raises(RecipeError) as error:
        versioning.ensure(root, "digits")

    assert error.value.found == "500 + 4900"
    versioning.write_settings(root, "digits", Data())
    versioning.check(root, "digits")
    versioning.ensure(root, "digits")


def test_a_recipe_that_dvc_does_not_know(made):
    with pytest.raises(RecipeError, match=r"`recipes` at the top of dvc\.yaml"):
        versioning.ensure(made, "letters")


def test_two_at_once_wait_for_each_other_in_silence(root):
    shutil.rmtree(root / "data" / "digits" / "shares")
    program = (
        "import sys; from pathlib import Path; from tasks import versioning; "
        "versioning.ensure(Path(sys.argv[1]), 'digits')"
    )
    command = [sys.executable, "-c", program, str(root)]
    both = [
        subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(2)
    ]

    assert [process.communicate()[0] for process in both] == [b"", b""]
    assert [process.returncode for process in both] == [0, 0]


def test_plain_dvc_in_a_clone_leaves_git_clean(tmp_path):
    git = "git -c user.name=someone -c user.email=someone@example.org -c init.defaultBranch=main"
    archive(tmp_path / "origin")
    run(f"git init -q && git add -A && {git} commit -qm first", tmp_path / "origin")
    run("git clone -q origin 'a clone'", tmp_path)
    clone = tmp_path / "a clone"

    run(f"{shlex.quote(str(BINARIES / 'dvc'))} repro", clone, PATH=f"{BINARIES}:/usr/bin:/bin")

    assert run("git status --porcelain", clone).stdout == ""
    assert run(
        f"{shlex.quote(str(BINARIES / 'edgeline'))} data revision digits", clone
    ).stdout.strip() == (versioning.ensure(clone, "digits").digest)
