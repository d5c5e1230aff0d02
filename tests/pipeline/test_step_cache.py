"""What a step is keyed by: its inputs by content, and the code that it can reach."""

import contextlib
import json
import re
import shutil
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import grimp
import pytest
from prefect.logging import disable_run_logger
from pydantic import TypeAdapter

from edgeline.code import code_digest
from edgeline.keyed_record import KEYED_DIGEST, write_record
from edgeline.recipe.gate import Gate
from edgeline.recipe.steps import STEPS
from tasks.run import Run
from tasks.step_cache import described, parents_of, recall, remember
from tasks.step_result import StepResult, identity
from tasks.watch import Nobody, watched_by, watcher

CHECKOUT = Path(__file__).parents[2]


def result_of(digest: str) -> StepResult[None]:
    return StepResult("tune", Path("anywhere"), digest, (), None, 1.0, reused=False)


def test_input_is_described_by_content_not_by_path():
    assert described(result_of("ab")) == '{"product": "ab"}'
    assert described([0.5, (None, "x")]) == '[0.5, [null, "x"]]'
    with pytest.raises(TypeError, match="known by its content"):
        described(Path("anywhere"))


def test_settings_that_differ_are_described_differently():
    assert described(Gate()) != described(Gate(min_accuracy=0.5))


def test_parents_are_the_results_among_the_inputs_once():
    assert parents_of([result_of("b"), 3, [result_of("a"), result_of("b")]]) == ("b", "a")


def test_identity_follows_bytes_and_names_not_the_place(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_bytes(b"1")
    assert identity(tmp_path / "one") == identity(tmp_path / "two")
    (tmp_path / "two" / "x").rename(tmp_path / "two" / "y")
    assert identity(tmp_path / "one") != identity(tmp_path / "two")


@dataclass(frozen=True)
class Report:
    accuracy: float


@pytest.fixture
def run(tmp_path):
    return Run("run", "digits", tmp_path, "", "", tmp_path)


@pytest.fixture
def remembered(run):
    """A result whose record lies in the cache."""
    path = run.root / "made"
    path.write_bytes(b"made")
    result = StepResult("tune", path, identity(path), (), Report(0.5), 1.0, reused=False)
    remember(run, result, "key")
    return result


class Notes(Nobody):
    """Keeps what a person would read."""

    def __init__(self):
        self.notes = []

    def note(self, text):
        self.notes.append(text)


@pytest.fixture
def watched():
    with watched_by(Notes()), disable_run_logger():
        yield watcher()


def recalled(run):
    return recall(run, "tune", "key", TypeAdapter(StepResult[Report]))


def record_of(run, key="key"):
    return run.workspace.step("tune", key).with_suffix(".json")


def forged(record, *, accuracy):
    """The same record with another score."""
    value = json.loads(record.read_bytes())
    record.write_text(json.dumps({**value, "report": {"accuracy": accuracy}}))


def unsigned(record):
    value = json.loads(record.read_bytes())
    record.write_text(json.dumps({name: value[name] for name in value if name != KEYED_DIGEST}))


@pytest.mark.parametrize("forge", [partial(forged, accuracy=0.99), unsigned])
def test_a_record_that_others_wrote_is_not_believed_and_said_so(run, remembered, watched, forge):
    assert recalled(run) == replace(remembered, reused=True)
    forge(record_of(run))
    assert recalled(run) is None
    assert [text.startswith("tune is done again") for text in watched.notes] == [True]


def test_a_record_of_other_inputs_or_of_another_workspace_is_not_believed(
    run, remembered, watched, tmp_path
):
    shutil.copy(record_of(run), record_of(run, "other"))
    assert recall(run, "tune", "other", TypeAdapter(StepResult[Report])) is None

    there = replace(run, root=tmp_path / "there")
    shutil.copytree(run.root / ".edgeline" / "steps", there.root / ".edgeline" / "steps")
    shutil.copy(remembered.path, there.root)
    assert recalled(there) is None
    shutil.copy(run.workspace.key, there.workspace.key)
    assert recalled(there) is not None


def test_the_key_is_its_users_alone_and_a_damaged_one_is_made_anew(run, remembered, watched):
    assert run.workspace.key.stat().st_mode & 0o777 == 0o600
    run.workspace.key.write_bytes(b"half")
    assert recalled(run) is None
    assert len(run.workspace.key.read_bytes()) == 32
    assert run.workspace.key.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"[]",
        b"{}",
        b"{'",
        b'{"path": 7, "digest": "", "report": {}, "parents": [], "seconds": 1}',
        b'{"path": "../outside", "digest": "", "report": {}, "parents": [], "seconds": 1}',
        b'{"path": "made", "digest": "other", "report": {}, "parents": null, "seconds": 1}',
    ],
)
def test_damaged_record_counts_as_none(run, remembered, watched, damage):
    """Also one that this workspace would have written so."""
    record_of(run).write_bytes(damage)
    assert recalled(run) is None
    with contextlib.suppress(ValueError, TypeError):
        write_record(run.workspace, record_of(run), json.loads(damage))
        watched.notes.clear()
        assert recalled(run) is None
        assert watched.notes == []


def test_changed_file_is_not_recalled(run, remembered):
    remembered.path.write_bytes(b"mode")
    assert recalled(run) is None


def test_steps_that_reach_other_code_have_other_digests():
    assert code_digest(CHECKOUT, ["tasks.pretrain"]) != code_digest(CHECKOUT, ["tasks.split"])


def test_a_step_reaches_no_other_step_but_for_types():
    """What a step reads of another's report is typed; its key must not follow the other's code."""
    graph = grimp.build_graph("tasks", cache_dir=None, exclude_type_checking_imports=True)
    steps = {
        module
        for module in graph.find_children("tasks")
        if "tasks.step" in graph.find_modules_directly_imported_by(module)
    }
    assert {"tasks.data", "tasks.seal", "tasks.register"} <= steps
    for module in steps:
        assert not graph.find_modules_directly_imported_by(module) & steps


def test_one_list_names_every_step_and_the_vocabulary_explains_them():
    sources = "".join(path.read_text("utf-8") for path in (CHECKOUT / "tasks").glob("*.py"))
    vocabulary = (CHECKOUT / "docs" / "vocabulary.md").read_text("utf-8")
    (row,) = (line for line in vocabulary.splitlines() if line.startswith("| step |"))

    assert set(re.findall(r'step\("([a-z]+)"', sources)) == {*STEPS, "round"}
    assert set(STEPS) <= set(re.findall("[a-z]+", row))


def test_changed_helper_counts_only_where_it_is_reached(tmp_path):
    for name in ("src", "tasks", "flows"):
        shutil.copytree(CHECKOUT / name, tmp_path / name)
    curves = tmp_path / "src" / "edgeline" / "figures" / "curves.py"
    before = curves.read_text()
    steps = ["tasks.finetune", "tasks.pretrain"]
    tuned, pretrained = (code_digest(tmp_path, [step]) for step in steps)

    curves.write_text(before.replace("#2b6cb0", "#2b6cb1"))

    assert curves.read_text() != before
    assert code_digest(tmp_path, ["tasks.finetune"]) != tuned
    assert code_digest(tmp_path, ["tasks.pretrain"]) == pretrained
