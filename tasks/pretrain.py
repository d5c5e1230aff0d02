"""The pretrained start: learned here from generated items, loaded from a file of weights, or random."""

from dataclasses import dataclass
from pathlib import Path

from edgeline.datasets.card import Form
from edgeline.datasets.printed import generate
from edgeline.digest import sha256_file
from edgeline.finetuning.finetune import train_from_scratch
from edgeline.finetuning.loop import TrainReport
from edgeline.models import zoo
from edgeline.models.checkpoint import Checkpoint, save
from edgeline.models.pretrained import LoadReport, load_weights
from edgeline.recipe.pretrained import Pretrained
from edgeline.sources.recipe_files import locate_weights
from edgeline.tracking import registry
from tasks.run import Run
from tasks.step import step
from tasks.step_result import StepResult
from tasks.watch import epochs

HELD_OUT = 500
"""Generated items, of another seed, on which the learning is watched."""


@dataclass(frozen=True)
class PretrainReport:
    bytes: int
    generated: TrainReport | None = None
    """How it learned from generated items; its accuracy is that on others of them, held out."""
    loaded: LoadReport | None = None
    """What of the weights that were brought along fits the network."""

    @property
    def has_learned(self) -> bool:
        """Whether the network has seen anything before."""
        return self.generated is not None or self.loaded is not None

    @property
    def figure(self) -> str:
        if self.generated is not None:
            return f"{self.generated.accuracy:.3f} on generated items"
        if self.loaded is not None:
            return f"{self.loaded.share:.0%} of the weights from {self.loaded.source}"
        return "random weights: nothing was pretrained"


def pretrain(run: Run, settings: Pretrained, form: Form) -> StepResult[PretrainReport]:
    """The large network as it is before it has seen the task's labels."""
    source, digest = identify_weights(run, settings)
    return make_network(run, settings, form, digest, source)


@step("pretrained", not_in_key=("source",))
def make_network(
    run: Run, settings: Pretrained, form: Form, digest: str, source: str
) -> tuple[Path, PretrainReport]:
    """Make the large network and its weights; `digest` is that of the weights at `source`, where they are a file."""
    shape = form.preprocessing.input_shape
    spec = zoo.spec(settings.architecture, shape, len(form.classes), settings.widths)
    generated: TrainReport | None = None
    loaded: LoadReport | None = None
    if settings.is_generated:
        checkpoint, generated = train_from_scratch(
            spec,
            form.preprocessing,
            *generate(settings.items, form, settings.seed),
            generate(HELD_OUT, form, settings.seed + 1),
            settings,
            augmentation=form.augmentation,
            on_epoch=epochs("pretrained"),
        )
    elif source == "none":
        checkpoint = zoo.snapshot(zoo.build(spec, settings.seed), spec, form.preprocessing)
    else:
        state, loaded = load_weights(source, spec, seed=settings.seed)
        checkpoint = Checkpoint(loaded.spec, form.preprocessing, state)
    path = save(checkpoint, run.workspace.checkpoints)
    return path, PretrainReport(path.stat().st_size, generated, loaded)


def identify_weights(run: Run, settings: Pretrained) -> tuple[str, str]:
    """Where to take the weights from, and the digest by which they are known; empty where a name is all there is.

    Raises:
        RecipeError: no such file, or no such model.
    """
    weights = settings.weights
    if settings.is_file:
        path = locate_weights(settings, run.root)
    elif weights.startswith(registry.URI):
        path = registry.checkpoint_of(weights, run.workspace.checkpoints)
    else:
        return weights, ""
    return str(path), sha256_file(path)
