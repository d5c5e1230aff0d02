"""The data that a run learns from: one DVC revision, checked before anything is repaired, shown as a card."""

from dataclasses import dataclass
from pathlib import Path

from prefect import get_run_logger
from prefect.artifacts import create_markdown_artifact

from edgeline import revisions
from edgeline.datacard.markdown import markdown
from edgeline.datacard.page import page_of
from edgeline.datasets import card, load_set
from edgeline.datasets.card import Card, Form
from edgeline.datasets.raw import ColumnNote
from edgeline.figures import shares
from edgeline.recipe.data import Data
from edgeline.tracking import runs
from tasks.run import Run
from tasks.step import step

MOST_COLUMNS = 10
"""That a progress line names of each kind; the card has all."""


@dataclass(frozen=True)
class DataReport:
    """Which data, and how they are dealt."""

    revision: str
    """DVC's md5 of the card."""
    digest: str
    """SHA-256 of the card, which names every file by its own."""
    form: Form
    train: int
    validation: int
    test: int
    left_out: int
    """Raw items that are in no set; the card's page says why."""
    suspects: int
    """Labels suspected wrong; the card's page lists them."""
    central: int
    """Labelled items at the central site."""
    devices: tuple[int, ...]
    """Items on each device."""
    published: str
    """What others reached on these data with all labels, where it is known."""
    column_notes: tuple[ColumnNote, ...] = ()
    """On columns that were turned, left out or lack values."""

    @property
    def figure(self) -> str:
        shares = f"{self.central} central, {sum(self.devices):,} on {len(self.devices)} devices"
        return "; ".join((f"{shares}, {self.digest[:12]}", *self._columns))

    @property
    def _columns(self) -> list[str]:
        """Where columns were turned, left out or lack values: the first of those that are read, and of the notes."""
        if not self.column_notes:
            return []
        columns = self.form.preprocessing.columns
        more = len(self.column_notes) - MOST_COLUMNS
        return [
            f"columns {', '.join(columns[:MOST_COLUMNS])}"
            + ", ..." * (len(columns) > MOST_COLUMNS),
            *map(str, self.column_notes[:MOST_COLUMNS]),
            *([f"{more} more columns turned, incomplete or left out"] if more > 0 else []),
        ]


@step("data", reuse=False)
def ensure_data(run: Run, settings: Data) -> tuple[Path, DataReport]:
    """Bring the data to the revision that the recipe asks for; refuse bytes that were changed behind its back."""
    with revisions.use_settings(run.root, run.recipe, settings):
        revisions.check(run.root, run.recipe)
        revision = revisions.ensure(run.root, run.recipe)
    if revision.unsent:
        get_run_logger().warning(revision.unsent)
    folder = revision.folder
    loaded = card.load(folder)
    values, labels = load_set(folder, "train").examples
    for run_id in (run.flow_run, run.tracked):
        runs.log_dataset(run_id, run.recipe, revision.dvc, values, labels, folder)
    runs.log_tags(run.flow_run, {"data.revision": revision.dvc, "data.digest": revision.digest})
    _publish(run, loaded, folder)
    return folder, DataReport(
        revision=revision.dvc,
        digest=revision.digest,
        form=loaded.form,
        train=loaded.sets["train"],
        validation=loaded.sets["validation"],
        test=loaded.sets["test"],
        left_out=sum(loaded.left_out.values()),
        suspects=loaded.suspects,
        central=sum(loaded.central),
        devices=tuple(sum(counts) for counts in loaded.devices),
        published=loaded.source.get("published", ""),
        column_notes=loaded.column_notes,
    )


def _publish(run: Run, loaded: Card, folder: Path) -> None:
    """The card as a page and a picture in MLflow, and its figures in Prefect."""
    before = revisions.previous_card(run.root, run.recipe, loaded.digest)
    page, drift = page_of(folder, before)
    runs.log_text(run.tracked, page, "card.html")
    runs.log_file(run.tracked, folder / card.CARD)
    picture = shares.shares(loaded.central, loaded.devices, loaded.form.classes)
    runs.log_figures(run.tracked, {"shares": picture})
    create_markdown_artifact(
        markdown(loaded, drift), key=f"{run.recipe}-data", description=loaded.digest
    )
