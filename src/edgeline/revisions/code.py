"""What the code of the stages does, in files on which dvc.yaml makes each stage depend."""

from pathlib import Path

from edgeline.code import code_digest
from edgeline.files import write_atomically
from edgeline.workspace import Workspace

MODULES = {
    "fetch": "edgeline.sources.fetch",
    "prepare": "edgeline.datasets.prepare",
    "partition": "edgeline.datasets.partition",
}


def write_code_digests(root: Path) -> dict[str, str]:
    """Write the digest of each stage's code to data/.code, and return them."""
    workspace = Workspace(root)
    digests = {stage: code_digest(root, [module]) for stage, module in MODULES.items()}
    for stage, digest in digests.items():
        path, line = workspace.code / stage, f"{digest}\n"
        if not path.is_file() or path.read_text(encoding="utf-8") != line:
            write_atomically(path, line)
    return digests
