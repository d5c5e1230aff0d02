"""The project folder and its state folder `.edgeline/`: where things lie, who works there, what was done.

Deleting `.edgeline/` is always safe apart from history. Only `stack`, for its servers, builds paths below it besides.
"""

import contextlib
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgeline.digest import sha256_file
from edgeline.errors import EdgelineError, EnvironmentUnfit, RecipeError, WorkspaceBusy
from edgeline.files import acquire_lock

MARKER = "dvc.yaml"
STATE = ".edgeline"
LOCAL = "local"
"""The chain that the project runs itself; any other name is one that the user deployed to."""

AWKWARD = '%?:"$`\\'
"""In a path, one of these cuts an address of a database, a list of folders, or a line of a shell."""

KEYSTORE_PASSWORD = "EDGELINE_KEYSTORE_PASSWORD"
"""The variable with the password of the keystore that signs for a chain."""

CHAIN = re.compile(r"[a-z][a-z0-9-]{0,39}")

LOCK = "requirements.lock"

OWNER_ONLY = 0o700


class Workspace:
    """A checkout of the project."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.state = root / STATE
        self.checkpoints = self.state / "checkpoints"
        self.artifacts = self.state / "artifacts"
        self.plans = self.state / "plans"
        self.runs = self.state / "runs"
        self.open_runs = self.state / "open"
        """A file for each flow run that has not ended well, named by its id in Prefect."""
        self.logs = self.state / "logs"
        self.downloads = self.state / "downloads"
        """What was fetched from publishers, by digest."""
        self.dvc = self.state / "dvc"
        """What DVC keeps between calls, its own configuration included."""
        self.mlartifacts = self.state / "mlartifacts"
        """Where MLflow keeps the files of experiments that a database of this machine tracks."""
        self.registry = self.state / "mlflow.db"
        """MLflow's database: runs, curves, and the model registry."""
        self.chain_database = self.state / "chain" / "ganache"
        self.chain_key = self.state / "chain" / "account.key"
        """Of the one account of the project's own chain; its owner alone may read it."""
        self.code = root / "data" / ".code"
        """What the code of each stage of DVC does, as a digest."""
        self.contract = root / "contracts" / "ModelAnchor.json"
        """ABI and bytecode of the contract, as compiled."""
        self.key = self.state / "record.key"
        """By which this workspace knows the records that it wrote itself."""

    @classmethod
    def find(cls, start: Path | None = None) -> "Workspace":
        """The nearest folder at or above `start` (the current one) that is an edgeline project.

        Raises:
            EnvironmentUnfit: there is none, or its path would confuse the tools.
        """
        here = (start or Path.cwd()).resolve()
        for folder in (here, *here.parents):
            if (folder / MARKER).is_file() and (folder / "recipes").is_dir():
                return cls(folder).checked().closed()
        raise EnvironmentUnfit(
            expected=f"an edgeline project ({MARKER} and recipes/) here or above",
            found=str(here),
            remedy="run edgeline inside the project's folder",
        )

    def checked(self) -> "Workspace":
        """Itself. Raises EnvironmentUnfit: its path would confuse the tools."""
        path = str(self.root)
        if any(one in AWKWARD or one < " " or "\ud800" <= one <= "\udfff" for one in path):
            raise EnvironmentUnfit(
                expected=f"a project folder whose path has none of {' '.join(AWKWARD)}, all of it UTF-8",
                found=ascii(path),
                remedy="move or rename the folder",
            )
        return self

    def closed(self) -> "Workspace":
        """Itself, with a state folder that only its user can enter, also where it was made before and stood open."""
        # whoever cannot write there will be told by what is to be written
        with contextlib.suppress(OSError):
            self.state.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
            self.state.chmod(OWNER_ONLY)
        return self

    def revisions(self, recipe: str) -> Path:
        """The ledger of a recipe's data."""
        return self.state / "revisions" / recipe

    def lock_file(self, name: str) -> Path:
        return self.state / "locks" / f"{name}.lock"

    def unpacked(self, recipe: str) -> Path:
        """Where a recipe's archive is laid out to be read."""
        return self.state / "unpacked" / recipe

    def deployment(self, chain: str = LOCAL) -> Path:
        """Which contract on which chain holds this workspace's anchors, and how to reach it."""
        if chain == LOCAL:
            return self.state / "chain" / f"{LOCAL}.json"
        return self.root / "deployments" / f"{chain_name(chain)}.json"

    def has_public_chain(self) -> bool:
        """Whether its own chain began before it had a key of its own, with accounts whose keys everybody knows."""
        return self.chain_database.is_dir() and not self.chain_key.is_file()

    def anchoring(self, chain: str = LOCAL) -> Path:
        """Folder of what is to be sent to a chain, and of what was read from it."""
        return self.state / "anchoring" / chain_name(chain)

    def chains(self) -> list[str]:
        """Names of the chains that this workspace can anchor on, its own first."""
        others = sorted(path.stem for path in (self.root / "deployments").glob("*.json"))
        own = [LOCAL] if self.deployment(LOCAL).is_file() else []
        return own + [name for name in others if CHAIN.fullmatch(name) and name != LOCAL]

    def data(self, recipe: str) -> Path:
        return self.root / "data" / recipe

    def datasets(self) -> list[Path]:
        """Folders of the data sets that lie here, complete."""
        return sorted(path.parent for path in (self.root / "data").glob("*/card.json"))

    def run(self, name: str) -> Path:
        """Folder of one run: its steps in the order of their end, and its summary."""
        return self.runs / name

    def journal(self, name: str) -> Path:
        """One line of JSON for each step that a run has finished or reused."""
        return self.run(name) / "steps.jsonl"

    def latest(self, recipe: str) -> Path:
        """The summary of the newest finished build of a recipe, with its fingerprint."""
        return self.state / "latest" / f"{recipe}.json"

    def step(self, name: str, key: str) -> Path:
        """Folder in which the step `name` works when its inputs are `key`."""
        return self.state / "steps" / name / key

    def relative(self, path: Path) -> str:
        """POSIX path below the root, for records that survive a move of the project."""
        return path.resolve().relative_to(self.root).as_posix()


def chain_name(text: str) -> str:
    """The name of a chain, which is also that of a file and of a folder.

    Raises:
        RecipeError: it is none.
    """
    if CHAIN.fullmatch(text):
        return text
    raise RecipeError(
        expected="the name of a chain: a letter, then up to 39 letters, digits and hyphens",
        found=repr(text[:60]),
        remedy=f"name a file in deployments/ without its ending, or `{LOCAL}`",
    )


@contextmanager
def lock(workspace: Workspace, name: str, doing: str) -> Iterator[None]:
    """Hold the workspace's lock `name`.

    Raises:
        WorkspaceBusy: another process holds it; the message says which and since when.
    """
    with acquire_lock(workspace.lock_file(name), f"no other run of {name}", doing):
        yield


@contextmanager
def open_run(workspace: Workspace, flow_run: str) -> Iterator[None]:
    """Keep a flow run on record, by its id, until it ends by itself; what is killed meanwhile stays on it."""
    path = workspace.open_runs / flow_run
    with acquire_lock(path, "nobody else in this run"):
        try:
            yield
        except EdgelineError:
            path.unlink(missing_ok=True)
            raise
        path.unlink(missing_ok=True)


def abandoned(workspace: Workspace) -> Iterator[str]:
    """The flow runs on record whose processes are gone; each is off it when the next is asked for."""
    for path in sorted(workspace.open_runs.glob("*-*-*-*-*")):
        with contextlib.suppress(WorkspaceBusy), acquire_lock(path, "nobody in this run"):
            yield path.name
            path.unlink(missing_ok=True)


def lock_digest(root: Path) -> str:
    """SHA-256 of the locked versions; empty where the project is used without its lock."""
    path = root / LOCK
    return sha256_file(path) if path.is_file() else ""


def forget_runs(workspace: Workspace, recipe: str, keep: int) -> None:
    """Remove the folders of all but the newest runs of a recipe, and the step folders that only they used."""
    folders = sorted(workspace.runs.iterdir(), key=lambda folder: folder.stat().st_mtime)
    ours = re.compile(rf"{re.escape(recipe)}-[a-z]+-\d{{8}}-\d{{6}}")
    old = [folder for folder in folders if ours.fullmatch(folder.name)][:-keep]
    used = {use for folder in set(folders) - set(old) for use in _steps_of(workspace, folder.name)}
    for name, key in {use for folder in old for use in _steps_of(workspace, folder.name)} - used:
        folder = workspace.step(name, key)
        folder.with_suffix(".json").unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
    for folder in old:
        shutil.rmtree(folder)


def _steps_of(workspace: Workspace, run: str) -> list[tuple[str, str]]:
    """Name and key of the steps in a journal; its last line may have been cut off when the run was killed."""
    steps = []
    with contextlib.suppress(FileNotFoundError, ValueError, KeyError):
        for line in workspace.journal(run).read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            steps.append((str(entry["step"]), str(entry["key"])))
    return steps
