"""The command line answers at once, and says what an installation for devices lacks."""

import json
import subprocess
import sys
from pathlib import Path

HEAVY = (
    "torch",
    "prefect",
    "mlflow",
    "dvc",
    "web3",
    "onnx",
    "onnxruntime",
    "numpy",
    "yaml",
    "pandas",
)

ASK_FOR_HELP = """
import json, sys
sys.argv = ["edgeline", "--help"]
from edgeline.cli import main
try:
    main()
except SystemExit:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def test_help_loads_nothing_heavy() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", ASK_FOR_HELP], capture_output=True, text=True, check=True
    )
    assert "predict" in asked.stdout
    assert set(json.loads(asked.stderr)).isdisjoint(HEAVY)


def test_outside_a_project_one_line_says_so(tmp_path: Path) -> None:
    asked = subprocess.run(
        [sys.executable, "-c", "from edgeline.cli import main; main()", "status"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 5
    assert len(asked.stderr.splitlines()) == 1
