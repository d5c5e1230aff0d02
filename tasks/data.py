"""The data that a run learns from: one DVC revision, checked before anything is repaired."""

from dataclasses import dataclass
from pathlib import Path

from edgeline.datasets import card, prepared
from edgeline.recipe.data import Data
from tasks import pictures, tracking, versioning
from tasks.run import Run
from tasks.step import step


@dataclass(frozen=True)
class DataReport:
    """Which data, and how they are dealt."""

    revision: str
    """DVC's md5 of the card."""
    digest: str
    """SHA-256 of the card, which names every file by its own."""
    train: int
    validation: int
    test: int
    central: int
    """Labelled images at the central site."""
    devices: tuple[int, ...]
    """Images on each device."""
    skew: str
    """Mean distance of the devices' mixes of classes from that of all together, 0 to 1."""

    @property
    def figure(self) -> str:
        return f"{self.central} central, {sum(self.devices):,} on {len(self.devices)} devices, {self.revision[:12]}"


@step("data", reuse=False)
def version(run: Run, settings: Data) -> tuple[Path, DataReport]:
    """Bring the data to the revision that the recipe asks for; refuse bytes that were changed behind its back."""
    with versioning.settings_of(run.root, run.recipe, settings):
        versioning.check(run.root, run.recipe)
        revision = versioning.ensure(run.root, run.recipe)
    known = card.load(revision.folder)
    images, labels = prepared(revision.folder, "train")
    for tracked in (run.flow_run, run.tracked):
        tracking.log_dataset(tracked, run.recipe, revision.dvc, images, labels, revision.folder)
    tracking.log_tags(run.flow_run, {"data.revision": revision.dvc, "data.digest": revision.digest})
    tracking.log_figure(run.tracked, pictures.shares(known.central, known.devices), "shares.png")
    return revision.folder, DataReport(
        revision=revision.dvc,
        digest=revision.digest,
        train=known.sets["train"],
        validation=known.sets["validation"],
        test=known.sets["test"],
        central=sum(known.central),
        devices=tuple(sum(counts) for counts in known.devices),
        skew=known.skew,
    )
