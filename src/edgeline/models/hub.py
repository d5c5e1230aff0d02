"""The Hugging Face hub: weights by name, safetensors only.

huggingface_hub is optional (`pip install edgeline[hub]`) and keeps what it fetched in its own cache.
"""

from pathlib import Path

from edgeline.errors import EnvironmentUnfit, RecipeError, ServiceUnavailable

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
            expected="huggingface_hub, to fetch weights by name",
            found=f"{type(error).__name__}: {error}",
            remedy="pip install edgeline[hub]",
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
    # An EntryNotFoundError too, but of its cache, when it does not reach the hub.
    except errors.LocalEntryNotFoundError as error:
        raise _silent(name, error) from error
    except absent as error:
        raise RecipeError(
            expected=f"{FILE} in hub:{name}",
            found=f"{type(error).__name__}: {_first_line(error)}",
            remedy="give a public OWNER/NAME that holds safetensors",
        ) from error
    except OSError as error:
        raise _silent(name, error) from error


def _silent(name: str, error: Exception) -> ServiceUnavailable:
    return ServiceUnavailable(
        expected=f"the Hugging Face hub, to fetch {name}",
        found=f"{type(error).__name__}: {_first_line(error)}",
        remedy="connect to the network, or give a .safetensors file",
    )


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]
