"""MLflow's model registry: versions by the artifact they came from, and exactly the sealed bytes."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import mlflow
import mlflow.onnx
import numpy as np
import onnx
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models import Model, ModelSignature
from mlflow.store.artifact.models_artifact_repo import REGISTERED_MODEL_META_FILE_NAME
from mlflow.store.entities import PagedList
from mlflow.tracking import MlflowClient
from mlflow.types import Schema
from mlflow.types import TensorSpec as MlflowTensor
from sqlalchemy.exc import SQLAlchemyError

from edgeline.digest import folder_root
from edgeline.errors import (
    EdgelineError,
    RecipeError,
    ServiceUnavailable,
    Tampered,
    first_line,
    hide_secrets,
)
from edgeline.manifest import Net, TensorSpec
from edgeline.workspace import LOCAL

CANDIDATE = "candidate"
URI = "models:/"
"""Beginning of a registered model's name: `models:/NAME@ALIAS` or `models:/NAME/NUMBER`."""


@dataclass(frozen=True)
class Version:
    """A registered model version: `name` is the recipe's; the tags tell where it comes from."""

    name: str
    number: str
    tags: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.name} version {self.number}"

    @property
    def artifact(self) -> str:
        """Digest of the sealed artifact whose `model.onnx` was registered."""
        return self.tags.get("artifact", "")

    @property
    def chain(self) -> str:
        """Name of the chain on which that artifact is anchored."""
        return self.tags.get("chain", LOCAL)

    @property
    def claims(self) -> dict[str, str]:
        """What the version says of its release, in the words of the release's statement."""
        accuracy = self.tags.get("validation_accuracy", "")
        with contextlib.suppress(ValueError):
            accuracy = f"{float(accuracy):.4f}"
        return {"validation": accuracy}


class StoredModel(NamedTuple):
    """What MLflow keeps of a version."""

    model: Path
    """The file that it would serve."""
    beside: Path
    """The folder of what was kept with it."""
    files: str
    """Digest of the folder with all of its files: loader, requirements, signature and whatever else is there."""


@contextmanager
def answering() -> Iterator[None]:
    """Whatever MLflow fails with inside of the block is a ServiceUnavailable, for whoever must go on without it."""
    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError) as error:
        if isinstance(error, EdgelineError):
            raise
        raise ServiceUnavailable(
            expected=f"MLflow at {hide_secrets(mlflow.get_tracking_uri())} to answer",
            found=first_line(error),
            remedy="start it, or correct MLFLOW_TRACKING_URI",
        ) from error


def candidate(recipe: str) -> Version | None:
    """The version that passed the recipe's gate last, if there is one."""
    return version_of_uri(f"{URI}{recipe}@{CANDIDATE}")


def version_of_uri(uri: str) -> Version | None:
    """The version that `models:/NAME@ALIAS` or `models:/NAME/NUMBER` names, if there is one."""
    client = MlflowClient()
    path, at, alias = uri.removeprefix(URI).partition("@")
    name, _, number = path.rpartition("/")
    try:
        return _version(
            client.get_model_version_by_alias(path, alias)
            if at
            else client.get_model_version(name, number)
        )
    except MlflowException as error:
        # for a missing model, and for a missing alias or a number that is none
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def checkpoint_of(uri: str, checkpoints: Path) -> Path:
    """The checkpoint behind a registered version, since the registered model itself cannot learn.

    Raises:
        RecipeError: there is no such version, or its checkpoint is not in that folder.
    """
    version = version_of_uri(uri)
    digest = version.tags.get("checkpoint", "") if version else ""
    path = checkpoints / f"{digest}.safetensors"
    if version is None or not path.is_file():
        raise RecipeError(
            expected=f"a registered model {uri} whose checkpoint is on this machine",
            found=f"no {path.name} among the checkpoints" if version else "no such model or alias",
            remedy="name another, as models:/NAME@ALIAS or models:/NAME/NUMBER, or a .safetensors file",
        )
    return path


def versions() -> list[Version]:
    """Every version of every registered model, by name and number."""
    everything = map(_version, _every(MlflowClient().search_model_versions))
    return sorted(everything, key=lambda version: (version.name, int(version.number)))


def _every(search: Callable[..., PagedList[ModelVersion]]) -> Iterator[ModelVersion]:
    """What a search finds, page by page: a server gives as many as it likes at once."""
    page = search()
    yield from page
    while page.token:
        page = search(page_token=page.token)
        yield from page


def register(
    run_id: str, recipe: str, model: Path, beside: list[Path], net: Net, tags: dict[str, str]
) -> tuple[Version, bool]:
    """Register exactly the bytes of `model` as the recipe's candidate, and whether a version already held them.

    `beside` are files kept with the model; `tags` must name the artifact, by which a version is recognised.

    Raises:
        Tampered: what the registry stored is not what was sealed.
    """
    client = MlflowClient()
    same = (
        version
        for version in versions()
        if version.name == recipe and version.artifact == tags["artifact"]
    )
    # a version whose files are gone, as after a move of the project, is registered anew
    held = next(filter(_is_readable, same), None)
    version = held or _create(run_id, recipe, model, beside, net, tags)
    if stored_model(version).model.read_bytes() != model.read_bytes():
        raise Tampered(
            expected=f"the sealed bytes of {model.name} in model {recipe} version {version.number}",
            found="other bytes in MLflow's store",
            remedy=f"delete that version and run `edgeline run {recipe}` again",
        )
    client.set_registered_model_alias(recipe, CANDIDATE, version.number)
    return version, held is not None


class Unreadable(ServiceUnavailable):
    """The store does not hand out what it should hold."""


def stored_model(version: Version) -> StoredModel:
    """The files that MLflow keeps of a version.

    Raises:
        Unreadable: the store does not hand them out.
        Tampered: the version would be served by other code than MLflow's for ONNX.
    """
    name = f"model {version.name} version {version.number}"
    try:
        folder = Path(
            mlflow.artifacts.download_artifacts(f"models:/{version.name}/{version.number}")
        )
        flavors = Model.load(str(folder)).flavors
        python, served = flavors["python_function"], flavors["onnx"]["data"]
        plain = not python.get("code") and not flavors["onnx"].get("code")
        alone = set(flavors) == {"python_function", "onnx"} and python["data"] == served
        whole = plain and alone and python["loader_module"] == "mlflow.onnx"
        file = folder / str(served)
        readable = file.is_file() and file.resolve().is_relative_to(folder.resolve())
        files = folder_root(folder, without=[REGISTERED_MODEL_META_FILE_NAME])
    except Exception as error:  # noqa: BLE001  (a spoiled description breaks its readers in any way)
        raise Unreadable(
            expected=f"the stored files of {name}",
            found=first_line(error),
            remedy="look at MLflow's artifact store",
        ) from None
    if not (whole and readable):
        raise Tampered(
            expected=f"{name} as an ONNX file in its own folder, loaded by mlflow.onnx",
            found=f"{served}, loaded by {python['loader_module']}",
            remedy="register the model again from an intact artifact",
        )
    return StoredModel(file, folder / "extra_files", files)


def tag_version(version: Version, tags: Mapping[str, str]) -> None:
    for key, value in tags.items():
        MlflowClient().set_model_version_tag(version.name, version.number, key, value)


def tag_artifacts(tags: Mapping[str, Mapping[str, str]]) -> None:
    """Tag every version that was registered from one of these artifacts, by their digests."""
    for version in versions():
        tag_version(version, tags.get(version.artifact, {}))


def _is_readable(version: Version) -> bool:
    try:
        stored_model(version)
    except Unreadable:
        return False
    return True


def _create(
    run_id: str,
    recipe: str,
    model: Path,
    beside: list[Path],
    net: Net,
    tags: dict[str, str],
) -> Version:
    with mlflow.start_run(run_id=run_id):
        logged = mlflow.onnx.log_model(
            onnx.load(model),
            name="model",
            signature=ModelSignature(_schema(net.inputs), _schema(net.outputs)),
            pip_requirements=["onnxruntime", "numpy"],
            onnx_execution_providers=["CPUExecutionProvider"],
            save_as_external_data=False,
            extra_files=[str(path) for path in beside],
        )
    client = MlflowClient()
    if not client.search_registered_models(f"name='{recipe}'"):
        client.create_registered_model(recipe)
    # tags go in with the creation: a process killed after it leaves a version that the next run recognises
    where = logged.model_uri, run_id
    return _version(client.create_model_version(recipe, *where, tags, model_id=logged.model_id))


def _schema(tensors: tuple[TensorSpec, ...]) -> Schema:
    """Shapes as MLflow writes them, where -1 stands for any number of examples."""
    return Schema([MlflowTensor(np.dtype(one.dtype), _sides(one), one.name) for one in tensors])


def _sides(tensor: TensorSpec) -> tuple[int, ...]:
    return tuple(side if isinstance(side, int) else -1 for side in tensor.shape)


def _version(entry: ModelVersion) -> Version:
    return Version(str(entry.name), str(entry.version), dict(entry.tags))
