"""What is stored against what was sealed and anchored: every byte counts, and an unreachable chain is no verdict."""

import json
import shutil
from pathlib import Path

import mlflow
import pytest
from mlflow.tracking import MlflowClient

from edgeline.digest import canonical_json, sha256_bytes
from edgeline.errors import EnvironmentUnfit, Tampered
from flows.audit import audit

pytestmark = pytest.mark.xdist_group("line")


@pytest.fixture
def artifact(built, project, tmp_path):
    """A copy of the released artifact."""
    folder = project.root / built["artifact"]["path"]
    return shutil.copytree(folder, tmp_path / folder.name)


@pytest.fixture
def inside(built, module_copy):
    """This process in the copy whose store the tests spoil and put right."""
    with module_copy.entered():
        yield module_copy


@pytest.fixture
def tracked(inside):
    """MLflow's own client on that copy's database."""
    return MlflowClient()


def flip(path, position):
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)


def test_untouched_artifact_verifies(artifact, project):
    verified = project.edgeline("verify", str(artifact), "--json")
    assert verified.returncode == 0
    assert json.loads(verified.stdout)["digest"] == artifact.name


@pytest.mark.parametrize("place", [0, 0.5, -1], ids=["first", "middle", "last"])
@pytest.mark.parametrize(
    "name",
    [
        "model.onnx", "parts/0.onnx", "parts/1.onnx", "preprocessing.json", "golden/inputs.npy",
        "golden/outputs.npy", "manifest.json", "receipt.json",
    ],
)  # fmt: skip
def test_flipped_byte_in_any_file_is_named(artifact, project, name, place):
    size = (artifact / name).stat().st_size
    flip(artifact / name, int(place * size) if isinstance(place, float) else place)
    refused = project.edgeline("verify", str(artifact))
    assert refused.returncode == 4
    # a receipt may be well formed and prove something else: then it is not the file that is wrong
    assert name.replace("receipt.json", "receipt") in refused.stderr


def test_unreachable_chain_says_what_to_do(artifact, project):
    refused = project.edgeline("verify", str(artifact), "--url", "http://127.0.0.1:9")
    assert refused.returncode == 5
    assert "edgeline up" in refused.stderr


def test_intact_but_never_anchored_is_told_apart(built, project, tmp_path):
    sealed = json.loads((project.root / built["artifact"]["path"] / "manifest.json").read_bytes())
    folder = unanchored(project.root / built["artifact"]["path"], sealed, tmp_path)
    refused = project.edgeline("verify", str(folder))
    assert refused.returncode == 6


def unanchored(original, manifest, store):
    """The same artifact under another recipe's name: whole, well formed, and unknown to the chain."""
    content = canonical_json({**manifest, "recipe": "other"})
    folder = store / sha256_bytes(content)
    shutil.copytree(
        original, folder, ignore=shutil.ignore_patterns("receipt.json"), dirs_exist_ok=True
    )
    (folder / "manifest.json").write_bytes(content)
    return folder


def test_audit_finds_everything_as_anchored(built, inside, tracked):
    assert audit() >= 2
    version = tracked.get_model_version("digits", built["registered"]["version"])
    assert version.tags["audit"] == "ok"


@pytest.fixture
def stored(built, tracked):
    """Folder of the registered model in MLflow's store, put right after the test."""
    number = built["registered"]["version"]
    folder = Path(mlflow.artifacts.download_artifacts(f"models:/digits/{number}"))
    copy = folder.with_name("copy of it")
    shutil.copytree(folder, copy)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
    copy.rename(folder)


def test_registered_model_is_verified_by_its_alias_and_number(built, stored, module_copy):
    for name in ("models:/digits@candidate", f"models:/digits/{built['registered']['version']}"):
        assert module_copy.edgeline("verify", name).returncode == 0
    assert module_copy.edgeline("verify", "models:/digits@nobody").returncode == 2
    flip(stored / "model.onnx", 1000)
    refused = module_copy.edgeline("verify", "models:/digits@candidate")
    assert refused.returncode == 4
    assert "model.onnx" in refused.stderr


def spoiled(folder, how):
    """Do to a stored model what an attacker, or an accident, might."""
    model, manifest = folder / "model.onnx", folder / "extra_files" / "manifest.json"
    if how == "manifest":
        flip(manifest, 50)
    elif how == "no model":
        model.unlink()
    elif how == "no folder":
        shutil.rmtree(folder)
    elif how == "another file served":
        shutil.copy(model, folder / "evil.onnx")
        flip(folder / "evil.onnx", 1000)
        described = folder / "MLmodel"
        described.write_text(described.read_text().replace("model.onnx", "evil.onnx"))
    elif how == "code beside it":
        described = folder / "MLmodel"
        described.write_text(described.read_text().replace("code: null", "code: code"))
    elif how == "broken description":
        (folder / "MLmodel").write_text("[broken")
    elif how == "other code served":
        described = folder / "MLmodel"
        described.write_text(described.read_text().replace("mlflow.onnx", "os"))


@pytest.mark.parametrize(
    ("how", "verdict"),
    [
        ("manifest", "tampered"),
        ("no model", "tampered"),
        ("no folder", "unreadable"),
        ("another file served", "tampered"),
        ("other code served", "tampered"),
        ("code beside it", "tampered"),
        ("broken description", "unreadable"),
    ],
)
def test_audit_fails_whatever_is_wrong_with_the_store(built, inside, tracked, stored, how, verdict):
    spoiled(stored, how)
    with pytest.raises(Tampered, match="digits version"):
        audit()
    tags = tracked.get_model_version("digits", built["registered"]["version"]).tags
    assert tags["audit"] == verdict


@pytest.fixture
def tagged(built, tracked):
    """Sets tags of the registered version; they are put right after the test."""
    number = built["registered"]["version"]
    before = dict(tracked.get_model_version("digits", number).tags)

    def tag(**tags):
        for key, value in tags.items():
            tracked.set_model_version_tag("digits", number, key, value)

    yield tag
    tag(**before)


@pytest.mark.parametrize("chain", ["nowhere", "../..", ""])
def test_a_tag_that_names_no_chain_hides_nothing_else(
    built, module_copy, tracked, tagged, published, chain
):
    folder = module_copy.root / built["artifact"]["path"]
    whole = (folder / "model.onnx").read_bytes()
    flip(folder / "model.onnx", 1000)
    tagged(chain=chain)
    try:
        with pytest.raises(Tampered, match=f"artifact {folder.name[:16]}"):
            audit()
    finally:
        (folder / "model.onnx").write_bytes(whole)
    verdicts = {one["what"]: one["verdict"] for one in published()}
    assert verdicts["chain local"] == "ok"
    assert verdicts[f"artifact {folder.name[:16]}"] == "tampered"
    version = f"digits version {built['registered']['version']}"
    assert verdicts[version] in ("unasked", "unreadable")


@pytest.fixture
def published(monkeypatch):
    """What the last audit showed in Prefect."""
    shown = []
    monkeypatch.setattr("tasks.audit.create_table_artifact", lambda rows, **_: shown.append(rows))
    return lambda: shown[-1]


def test_a_chain_that_is_away_is_said_after_everything_else(
    built, inside, tracked, published, monkeypatch
):
    monkeypatch.setenv("WEB3_PROVIDER_URI", "http://127.0.0.1:9")
    with pytest.raises(EnvironmentUnfit, match="127.0.0.1:9"):
        audit()
    verdicts = {one["what"]: one["verdict"] for one in published()}
    assert verdicts["chain local"] == "unasked"
    assert verdicts[f"digits version {built['registered']['version']}"] == "unasked"


def test_an_mlflow_that_is_away_is_said_after_everything_else(built, copy, published):
    """Released artifacts, the chain and the data are looked at all the same."""
    folder = copy.root / built["artifact"]["path"]
    with copy.entered({"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}):
        with pytest.raises(EnvironmentUnfit, match="mlflow at http://127.0.0.1:9, as MLFLOW_TRACK"):
            audit()
        before = {one["what"]: one["verdict"] for one in published()}
        flip(folder / "model.onnx", 1000)
        with pytest.raises(Tampered, match=f"artifact {folder.name[:16]}"):
            audit()
    assert before.pop("MLflow") == "unasked"
    assert set(before.values()) == {"ok"}
    assert {"chain local", "data digits", f"artifact {folder.name[:16]}"} <= set(before)
    assert {one["what"]: one["verdict"] for one in published()}["MLflow"] == "unasked"


@pytest.mark.parametrize(
    "name", ["requirements.txt", "MLmodel", "code/loader.py", "extra_files/more"]
)
def test_whatever_is_stored_beside_the_model_is_audited(built, inside, stored, name):
    path = stored / name
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        file.write("\n")
    with pytest.raises(Tampered, match=r"requirements\.txt and all others"):
        audit()


def test_a_candidate_that_was_taken_away_and_a_version_that_was_deleted_are_found(
    built, copy, published, monkeypatch
):
    number, tracked = built["registered"]["version"], copy.tracked(monkeypatch)
    with copy.entered():
        tracked.delete_registered_model_alias("digits", "candidate")
        with pytest.raises(Tampered, match="candidate of digits is tampered"):
            audit()
        tracked.set_registered_model_alias("digits", "candidate", number)
        audit()
        tracked.delete_model_version("digits", number)
        with pytest.raises(Tampered, match="2 of 7 otherwise"):  # its alias went with it
            audit()
    verdicts = {one["what"]: one["verdict"] for one in published()}
    assert verdicts[f"digits version {number}"] == "missing"
    assert verdicts["candidate of digits"] == "tampered"


def test_released_artifact_without_receipt_is_audited_all_the_same(built, module_copy, inside):
    folder = module_copy.root / built["artifact"]["path"]
    receipt, model = (folder / "receipt.json").read_bytes(), (folder / "model.onnx").read_bytes()
    (folder / "receipt.json").unlink()
    flip(folder / "model.onnx", 1000)
    try:
        with pytest.raises(Tampered, match=f"artifact {folder.name[:16]}"):
            audit()
    finally:
        (folder / "receipt.json").write_bytes(receipt)
        (folder / "model.onnx").write_bytes(model)


def test_version_that_was_sealed_again_by_a_stranger_is_tampered(built, inside, tracked, stored):
    """Manifest, model and tag agree with one another; only the chain does not know them."""
    number, path = built["registered"]["version"], stored / "extra_files" / "manifest.json"
    content = canonical_json({**json.loads(path.read_bytes()), "recipe": "evil"})
    path.write_bytes(content)
    true = tracked.get_model_version("digits", number).tags["artifact"]
    tracked.set_model_version_tag("digits", number, "artifact", sha256_bytes(content))
    try:
        with pytest.raises(Tampered, match=f"digits version {number}"):
            audit()
    finally:
        tracked.set_model_version_tag("digits", number, "artifact", true)


def test_audit_names_and_tags_a_tampered_version(built, inside, tracked, stored):
    number, model = built["registered"]["version"], stored / "model.onnx"
    flip(model, 1000)
    with pytest.raises(Tampered, match=f"digits version {number}"):
        audit()
    assert tracked.get_model_version("digits", number).tags["audit"] == "tampered"
    flip(model, 1000)
    audit()
    assert tracked.get_model_version("digits", number).tags["audit"] == "ok"
