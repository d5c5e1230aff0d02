"""What must stay true of the folders at the top, whose names other packages use too."""

import importlib
import inspect
import subprocess
import sys
import tomllib
from pathlib import Path

import mlflow
import yaml
from prefect.client.schemas.schedules import CronSchedule

ROOT = Path(__file__).resolve().parents[2]


def test_no_python_lies_below_the_mlflow_folder() -> None:
    assert not list((ROOT / "mlflow").rglob("*.py"))


def test_the_mlflow_that_is_imported_is_the_package() -> None:
    assert mlflow.__version__
    assert ROOT / "mlflow" not in Path(mlflow.__file__).parents


def test_the_package_wins_also_from_the_project_folder() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import mlflow; print(mlflow.__version__)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.strip() == mlflow.__version__


def test_test_folders_hold_no_package_files() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_every_library_folder_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "src" / "edgeline").rglob("*.py")}

    assert [folder.name for folder in folders if not (folder / "__init__.py").exists()] == []


def test_only_the_library_goes_into_the_wheel() -> None:
    built = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]

    assert built["targets"] == {"wheel": {"packages": ["src/edgeline"]}}
    assert built["dev-mode-dirs"] == ["src", "."]


def test_the_lock_names_no_place_on_the_network() -> None:
    for name in ("requirements.lock", "package-lock.json", ".npmrc"):
        text = (ROOT / name).read_text()
        assert '"resolved"' not in text, name
        assert "index-url" not in text, name
        assert "registry=" not in text, name


def test_make_and_ci_call_the_same_script() -> None:
    assert "bootstrap.py $@" in (ROOT / "Makefile").read_text()
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == "exec make test"


def test_every_deployment_calls_a_flow_as_it_can_be_called() -> None:
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]

    for deployment in deployments:
        file, name = deployment["entrypoint"].split(":")
        flow = getattr(importlib.import_module(file.removesuffix(".py").replace("/", ".")), name)
        given = deployment.get("parameters", {})
        assert inspect.signature(flow.fn).bind(**given).arguments == given


def test_schedules_are_proper_cron_lines() -> None:
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    lines = [schedule["cron"] for one in deployments for schedule in one["schedules"]]

    assert [CronSchedule(cron=line).cron for line in lines] == [
        "0 2 * * *",
        "0 * * * *",
        "*/15 * * * *",
    ]
