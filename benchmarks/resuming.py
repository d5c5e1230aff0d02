"""A fine-tuning that is killed at any moment goes on where it stood: are the weights in the end the same bits?

    edgeline bench resuming --json

A process fine-tunes a ResNet-20 on random images; at a random moment it is killed with SIGKILL, the
same call is made again, and its weights are compared with those of a call that nobody disturbed.
How long that one took is measured first: moments are drawn evenly from its beginning to its end.
"""

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from edgeline.datasets import items
from edgeline.datasets.items import Items
from edgeline.finetuning.finetune import finetune
from edgeline.models import zoo
from edgeline.models.checkpoint import Checkpoint, load, save
from edgeline.preprocess import Preprocessing
from edgeline.recipe.finetune import Finetune

ROOT = Path(__file__).parents[1]
KILLS = 20
SETTINGS = Finetune(epochs=6, batch_size=32, optimiser="adamw", patience=3, reestimate=True)
POLICY = "radiograph"


@dataclass(frozen=True)
class Kills:
    """What killing changed."""

    kills: int
    resumed: int
    """Kills that left an epoch to go on from."""
    equal: bool
    """Whether the weights in the end are those of a training that nobody disturbed, bit for bit."""
    undisturbed_s: float
    """How long that one took."""
    seconds: float


def measure() -> dict[str, object]:
    """Twenty kills."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        order(folder, SETTINGS, size=16, many=400)
        return asdict(kill(folder, KILLS, seed=0))


def order(folder: Path, settings: Finetune, size: int, many: int) -> None:
    """Lay into `folder` what a process needs that fine-tunes there and is killed."""
    draw = np.random.default_rng(0)
    for name, count in (("learning", many), ("validation", 40)):
        images = draw.integers(0, 256, (count, size, size), dtype=np.uint8)
        ids = np.arange(count).astype(np.str_)
        labels = np.arange(count, dtype=np.int64) % 2
        items.write(folder / f"{name}.npz", Items(images, labels, ids, np.full(count, "")))
    preprocessing = Preprocessing("image", (size, size, 1), (0.5,), (0.29,))
    spec = zoo.spec("resnet20", preprocessing.input_shape, 2)
    save(Checkpoint(spec, preprocessing, zoo.build(spec, 0).state_dict()), folder / "start")
    (folder / "settings.json").write_text(settings.model_dump_json(), encoding="utf-8")


def kill(folder: Path, kills: int, seed: int) -> Kills:
    """Fine-tune undisturbed, then so often with a kill at a random moment and a second call."""
    chance, begun, resumed = random.Random(seed), time.monotonic(), 0
    command = [sys.executable, "-m", "benchmarks.resuming", str(folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as nursery:
        _tell(nursery, "start undisturbed")
        started = time.monotonic()
        _tell(nursery, "wait")
        undisturbed_s = time.monotonic() - started
        for trial in range(kills):
            # Each trial has a folder of its own, so that every kill finds a training under way.
            pid = int(_tell(nursery, f"start trial-{trial}"))
            time.sleep(chance.uniform(0, undisturbed_s))
            os.kill(pid, signal.SIGKILL)
            _tell(nursery, "wait")
            resumed += any((folder / f"trial-{trial}").rglob("training-*.safetensors"))
            _tell(nursery, f"start trial-{trial}")
            _tell(nursery, "wait")
        nursery.communicate()
    made = [path.name for path in (folder / "made").rglob("*.safetensors")]
    return Kills(
        kills=kills,
        resumed=resumed,
        equal=len(made) == kills + 1 and len(set(made)) == 1,
        undisturbed_s=round(undisturbed_s, 2),
        seconds=round(time.monotonic() - begun, 1),
    )


def _tell(nursery: subprocess.Popen[str], word: str) -> str:
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    nursery.stdin.write(f"{word}\n")
    nursery.stdin.flush()
    return nursery.stdout.readline()


def nurse(folder: Path) -> None:
    """A process that has everything imported, and forks one that fine-tunes when it is told to."""
    child = 0
    for line in sys.stdin:
        word, _, own = line.strip().partition(" ")
        if word == "wait":
            os.waitpid(child, 0)
        elif not (child := os.fork()):
            try:
                _finetune(folder, own)
            finally:
                os._exit(0)
        print(child, flush=True)


def _finetune(folder: Path, own: str) -> None:
    """The ordered training, with its epochs in its own folder, and its weights in one in made/."""
    learning, validation = (
        items.read(folder / f"{name}.npz").examples for name in ("learning", "validation")
    )
    settings = Finetune.model_validate_json((folder / "settings.json").read_text(encoding="utf-8"))
    start = next((folder / "start").iterdir())
    made, _ = finetune(
        load(start),
        *learning,
        validation,
        settings,
        augmentation=POLICY,
        folder=folder / own,
    )
    save(made, folder / "made" / own)


if __name__ == "__main__":
    nurse(Path(sys.argv[1]))
