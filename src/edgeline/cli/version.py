"""Versions of MLflow's model registry, as `models:/NAME/NUMBER` or `models:/NAME@ALIAS` name them.

`edgeline verify FILE` loads this module, too. So MLflow, and what asks a chain, is imported where a version was named.
"""

import os
from typing import TYPE_CHECKING

from edgeline.auditing.verdict import Verdict
from edgeline.cli.ask import deferred_session
from edgeline.errors import RecipeError
from edgeline.provenance.receipt import read_receipt, receipt_path
from edgeline.workspace import Workspace

if TYPE_CHECKING:
    from edgeline.tracking.registry import Version


def is_version(text: str) -> bool:
    return text.startswith("models:")


def verify_version(text: str, chain: str | None, url: str | None) -> Verdict:
    """The bytes that MLflow keeps against the manifest it keeps, and that against the chain."""
    from edgeline.auditing.stored import verify_stored

    version = _version(text)
    from edgeline.tracking import registry

    stored = registry.stored_model(version)
    with deferred_session(chain, url, read_receipt(receipt_path(stored.beside))) as open_session:
        return verify_stored(*stored, version, open_session)


def artifact_of(text: str) -> str:
    """Digest of the artifact that a version says it was registered from."""
    return _version(text).artifact


def _version(text: str) -> "Version":
    from edgeline.stack.environment import environment
    from edgeline.stack.outside import require_given

    # MLflow reads its address when it is imported.
    os.environ.update(environment(Workspace.find().root))
    require_given(["mlflow"])
    from edgeline.tracking import registry

    version = registry.version_of_uri(text)
    if version is None:
        raise RecipeError(
            expected="a version in MLflow, as models:/NAME/NUMBER or models:/NAME@ALIAS",
            found=f"none named {text}",
            remedy="look at the models in MLflow: `edgeline up`",
        )
    return version
