"""The Hugging Face hub: weights by name, safetensors only.

huggingface_hub is optional (`pip install edgeline[hub]`) and keeps files in its own cache.
"""

from pathlib import Path

from edgeline.errors import EnvironmentUnfit, RecipeError, ServiceUnavailable, first_line

FILE = "model.safetensors"


def download(name: str) -> Path:
    """The weights of OWNER/NAME, or of OWNER/NAME@REVISION (a branch, a tag, better a commit).

    Raises:
        EnvironmentUnfit: huggingface_hub is not installed, or the hub does not answer.
        RecipeError: no such repository, or no model.safetensors in it.
    """
    try:
        from huggingface_hub import errors, hf_hub_download
    except ImportError as error:
        raise EnvironmentUnfit(
            expected="the package huggingface_hub, to fetch weights by name",
            found=f"{type(error).__name__}: {error}",
            remedy="install it with `pip install edgeline[hub]`",
        ) from error
    repository, _, revision = name.partition("@")
    absent = (
        errors.RepositoryNotFoundError,
        errors.RevisionNotFoundError,
        errors.EntryNotFoundError,
        errors.HFValidationError,
    )
    try:
        return Path(hf_hub_download(repository, FILE, revision=revision or None))
    except (*absent, OSError) as error:
        found = f"{type(error).__name__}: {first_line(error)[:200]}"
        # A subclass of EntryNotFoundError, raised when the hub does not answer.
        silent = isinstance(error, errors.LocalEntryNotFoundError)
        if silent or not isinstance(error, absent):
            raise ServiceUnavailable(
                expected=f"an answer of the Hugging Face hub, to fetch {name}",
                found=found,
                remedy="connect to the network, or set pretrained.weights to a .safetensors file",
            ) from error
        raise RecipeError(
            expected=f"{FILE} in hub:{name}",
            found=found,
            remedy="set pretrained.weights to a public hub:OWNER/NAME that holds safetensors",
        ) from error
