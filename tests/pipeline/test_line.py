"""The whole line as a person runs it: what it leaves behind, what it does not do twice, how it refuses.

Takes half a minute: the build is a process, one test does every step again, and others a few of them.
"""

import json
import os
import re
from functools import reduce

import mlflow
import onnx
import pytest

from edgeline.artifact import open_artifact
from edgeline.datasets import load_set
from edgeline.digest import sha256_file
from edgeline.edge.profile import find_deviations
from edgeline.workspace import Workspace, lock
from tests.pipeline.checkout import quick

pytestmark = pytest.mark.xdist_group("line")

STEPS = (
    "data", "pretrained", "finetune", "shrink", "federate", "quantise", "split", "seal", "rehearse", "gate",
    "anchor", "register",
)  # fmt: skip


def test_summary_names_every_step_and_proof(built, project):
    assert {
        "recipe",
        "data_revision",
        "steps",
        "artifact",
        "anchor",
        "split",
        "federated",
        "seconds",
        "links",
    } <= set(built)
    assert set(STEPS) <= set(built["steps"])
    assert {"transaction", "block", "contract"} <= set(built["anchor"])
    assert {"cut", "bytes_on_wire", "equal", "requests_per_s"} <= set(built["split"])
    assert built["split"]["equal"] is True
    assert len(built["federated"]["accuracy"]) == built["federated"]["rounds"] == 2
    assert built["federated"]["devices"] == 10
    artifact = open_artifact(project.root / built["artifact"]["path"])
    assert artifact.digest == built["artifact"]["digest"]
    assert artifact.model_path.stat().st_size == built["artifact"]["bytes"]


def test_no_digit_of_the_test_set_is_outside_and_every_negative_is(built, project):
    """Though the profile is of the 100 digits of the central site, and those of the devices are not seen."""
    artifact = open_artifact(project.root / built["artifact"]["path"])
    digits = load_set(project.root / "data" / "digits", "test").values
    found = find_deviations(artifact.profile, digits, artifact.preprocessing)
    negatives = find_deviations(artifact.profile, 255 - digits, artifact.preprocessing)
    assert artifact.profile.items == 100
    assert len(digits) == 1000
    assert sum(map(bool, found)) == 0
    assert all([one.measure for one in some] == ["polarity"] for some in negatives)


def test_registry_holds_exactly_the_sealed_bytes(built, project, tracked):
    sealed = project.root / built["artifact"]["path"] / "model.onnx"
    version = tracked.get_model_version("digits", built["registered"]["version"])
    stored = mlflow.artifacts.download_artifacts(f"models:/digits/{version.version}")
    assert sha256_file(f"{stored}/model.onnx") == sha256_file(sealed)
    onnx.checker.check_model(onnx.load(f"{stored}/model.onnx"))
    assert version.tags["artifact"] == built["artifact"]["digest"]
    assert version.tags["transaction"] == built["anchor"]["transaction"]
    assert version.tags["checkpoint"] == open_artifact(sealed.parent).manifest.checkpoint
    assert version.tags["prefect.flow_run_id"]


def test_tracking_has_a_child_per_step_with_curves(built, tracked):
    experiment = tracked.get_experiment_by_name("digits").experiment_id
    runs = {run.info.run_name: run for run in tracked.search_runs([experiment])}
    parent = runs[built["run"]]
    assert parent.info.status == "FINISHED"
    assert parent.inputs.dataset_inputs[0].dataset.digest == built["data_revision"]
    assert parent.data.tags["data.revision"] == built["data_revision"]
    assert parent.data.params["finetune.epochs"] == "4"
    assert runs["finetune"].data.tags["mlflow.parentRunId"] == parent.info.run_id
    curve = tracked.get_metric_history(runs["finetune"].info.run_id, "tuning.training.curve.loss")
    assert len(curve) == 4
    rounds, not_kept = (
        [point.value for point in tracked.get_metric_history(runs["federate"].info.run_id, name)]
        for name in ("rounds", "not_kept")
    )
    assert rounds + not_kept == built["federated"]["accuracy"]
    assert len(not_kept) == len(built["federated"]["not_kept"])
    files = {file.path for file in tracked.list_artifacts(runs["quantise"].info.run_id)}
    assert {"confusion.png", "samples.png"} <= files


def test_the_pretrained_step_has_in_mlflow_the_accuracy_that_the_summary_tells(built, tracked):
    """That on generated items is another thing, and has another name."""
    experiment = tracked.get_experiment_by_name("digits").experiment_id
    runs = {run.info.run_name: run for run in tracked.search_runs([experiment])}
    metrics = runs["pretrained"].data.metrics
    assert metrics["test.accuracy"] == built["steps"]["pretrained"]["accuracy"]
    assert "generated.accuracy" in metrics
    assert "training.accuracy" not in metrics


def test_no_run_is_left_running_and_nothing_is_pickled(built, project, tracked):
    experiment = tracked.get_experiment_by_name("digits").experiment_id
    assert not tracked.search_runs([experiment], "attributes.status = 'RUNNING'")
    state = project.root / ".edgeline"
    assert not [
        path for pattern in ("*.pkl", "*.pickle", "*.pt", "*.pth") for path in state.rglob(pattern)
    ]


def test_unchanged_run_answers_from_its_fingerprint(built, project, tracked):
    experiment = tracked.get_experiment_by_name("digits").experiment_id
    before = len(tracked.search_runs([experiment]))
    again = project.run()
    assert all(step["reused"] for step in again["steps"].values())
    assert again["artifact"] == built["artifact"]
    assert again["run"] == built["run"]
    assert len(tracked.search_runs([experiment])) == before


def test_a_damaged_checkpoint_is_noticed_and_made_again(built, copy):
    artifact = open_artifact(copy.root / built["artifact"]["path"])
    digests = {ancestor.kind: ancestor.digest for ancestor in artifact.manifest.lineage}
    path = copy.root / ".edgeline" / "checkpoints" / f"{digests['tuned']}.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)

    again = copy.run()

    assert not again["steps"]["finetune"]["reused"]
    assert again["steps"]["pretrained"]["reused"]
    assert sha256_file(path) == digests["tuned"]
    assert again["artifact"]["digest"] == built["artifact"]["digest"]


def test_a_forged_score_is_never_shown(built, copy):
    """Neither from the record of a step, nor from the summary that an unchanged run would repeat."""
    (record,) = (copy.root / ".edgeline" / "steps" / "untaught").glob("*.json")
    latest = copy.root / ".edgeline" / "latest" / "digits.json"
    for path, (*places, last) in {
        record: ("report", "test", "accuracy"),
        latest: ("summary", "steps", "untaught", "accuracy"),
    }.items():
        forged = json.loads(path.read_bytes())
        reduce(dict.__getitem__, places, forged)[last] = 0.99
        path.write_text(json.dumps(forged))

    done = copy.edgeline("run", "digits", *quick(), "--json")

    steps = json.loads(done.stdout)["steps"]
    assert steps["untaught"]["accuracy"] == built["steps"]["untaught"]["accuracy"]
    assert not steps["untaught"]["reused"]
    assert steps["shrink"]["reused"]
    said = " ".join(done.stderr.split())
    for beginning in ("the line is run again", "untaught is done again"):
        assert said.count(f"{beginning}: expected the record .edgeline/") == 1


def test_late_setting_redoes_only_what_follows_it_and_only_the_newest_runs_are_kept(built, copy):
    later = copy.run("rehearse.items=60", "keep.runs=1")
    reused = {name for name, step in later["steps"].items() if step["reused"]}
    assert {"pretrained", "finetune", "shrink", "federate", "quantise", "split", "seal"} <= reused
    assert not later["steps"]["rehearse"]["reused"]
    assert later["artifact"]["digest"] == built["artifact"]["digest"]
    assert later["steps"]["anchor"]["reused"]
    assert later["steps"]["register"]["reused"]

    folders = [path.name for path in (copy.root / ".edgeline" / "runs").glob("digits-*")]
    assert folders == [later["run"]]
    assert (
        open_artifact(copy.root / built["artifact"]["path"]).digest == built["artifact"]["digest"]
    )


def test_forced_run_ends_at_the_same_digest(built, copy):
    forced = copy.run(options=("--force",))
    assert not any(
        forced["steps"][name]["reused"]
        for name in ("pretrained", "finetune", "federate", "quantise")
    )
    assert forced["artifact"]["digest"] == built["artifact"]["digest"]
    assert forced["registered"]["version"] == built["registered"]["version"]


def test_rounds_continue_from_the_candidate(built, copy):
    more = copy.run(story="federate")
    lineage = open_artifact(copy.root / more["artifact"]["path"]).manifest.lineage
    assert [ancestor.kind for ancestor in lineage[:4]] == ["data", "pretrained", "tuned", "small"]
    earlier = {
        ancestor.digest
        for ancestor in open_artifact(copy.root / built["artifact"]["path"]).manifest.lineage
    }
    assert earlier <= {ancestor.digest for ancestor in lineage}
    assert "pretrained" not in more["steps"]


def test_without_rounds_the_small_network_is_released(copy, monkeypatch):
    summary = copy.run("federate.rounds=0")
    assert summary["federated"]["accuracy"] == []
    assert summary["federated"]["chosen"] == 0
    tracked = copy.tracked(monkeypatch)
    experiment = tracked.get_experiment_by_name("digits").experiment_id
    (federate, *_) = tracked.search_runs([experiment], "attributes.run_name = 'federate'")
    (shrink, *_) = tracked.search_runs([experiment], "attributes.run_name = 'shrink'")
    assert federate.data.metrics["validation"] == shrink.data.metrics["distillation.after"]


def test_missed_gate_anchors_nothing_and_moves_no_alias(built, copy, monkeypatch):
    tracked = copy.tracked(monkeypatch)
    candidate = tracked.get_model_version_by_alias("digits", "candidate").version
    before = copy.ask("audit", "log")["entries"]
    refused = copy.edgeline(
        "run", "digits", *quick("quantise.calibration_items=50", "gate.min_accuracy=0.999")
    )
    assert refused.returncode == 3
    assert "gate.min_accuracy" in refused.stderr
    assert copy.ask("audit", "log")["entries"] == before
    assert tracked.get_model_version_by_alias("digits", "candidate").version == candidate

    a_model_below_its_baseline_is_held_back_unless_the_recipe_says_so(built, copy)


def a_model_below_its_baseline_is_held_back_unless_the_recipe_says_so(built, copy):
    before = copy.ask("audit", "log")["entries"]

    refused = copy.edgeline(
        "run", "digits", *quick("quantise.calibration_items=50", "gate.allow_below_baseline=false")
    )

    assert refused.returncode == 3
    logistic = f"{built['baseline']['logistic']['accuracy']:.4f}"
    assert f"not below that of the logistic regression, {logistic}" in refused.stderr
    assert "(gate.allow_below_baseline)" in refused.stderr
    assert re.search(
        r"found 0\.\d{4}, a gain of -0\.\d{4} \(-0\.\d{4} to -0\.\d{4}\)", refused.stderr
    )
    assert copy.ask("audit", "log")["entries"] == before
    assert copy.run("quantise.calibration_items=50")["registered"]


def test_a_step_that_harms_is_named_wherever_the_run_is_told(built, copy, monkeypatch):
    """Networks of a few hundred weights, shrunken further, which logistic regression beats."""
    told = {(one["step"], one["against"]): one for one in built["effects"]}
    shrink, sealed = told["shrink", "finetune"], told["gate", "logistic regression"]
    assert shrink["effect"] == sealed["effect"] == "harmed"
    assert shrink["high"] < 0
    assert (shrink["fixed"] - shrink["broken"]) / 1000 == pytest.approx(shrink["gain"])
    assert sealed["before"] == built["baseline"]["logistic"]["accuracy"]
    assert sealed["after"] == built["steps"]["quantise"]["accuracy"]
    assert list(told)[:3] == [
        ("finetune", "pretrained"), ("shrink", "finetune"), ("federate", "shrink"),
    ]  # fmt: skip
    tracked = copy.tracked(monkeypatch)
    experiment = tracked.get_experiment_by_name("digits").experiment_id
    (run, *_) = tracked.search_runs([experiment], f"attributes.run_name = '{built['run']}'")
    assert "shrink harmed against finetune, -" in run.data.tags["effects"]

    again = copy.edgeline("run", "digits", *quick("rehearse.items=30"))
    (line,) = [one for one in again.stderr.splitlines() if one[3:].startswith("shrink ")]
    assert line.startswith(" ! ")
    assert "harmed against finetune, -" in line
    assert "harmed: shrink -" in again.stdout
    assert "worse than the logistic regression, 0." in again.stdout


def test_unknown_setting_names_the_nearest(project):
    refused = project.edgeline("run", "digits", "-p", "finetune.epocs=3")
    assert refused.returncode == 2
    assert "finetune.epocs" in refused.stderr
    assert "finetune.epochs" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_changed_byte_in_the_data_stops_before_training(copy):
    path = copy.root / "data" / "digits" / "shares" / "devices" / "03" / "examples.npz"
    whole = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:])
    refused = copy.edgeline("run", "digits", *quick("rehearse.items=60"))
    assert refused.returncode == 4
    assert "devices/03/examples.npz" in refused.stderr
    assert "dvc repro" in refused.stderr
    assert "finetune" not in refused.stderr


def test_second_run_at_once_says_who_holds_the_lock(copy):
    with lock(Workspace(copy.root), "digits", "a test"):
        second = copy.edgeline("run", "digits", *quick(), "--force")
    assert second.returncode == 5
    assert f"process {os.getpid()}" in second.stderr
