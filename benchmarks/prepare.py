"""What does it cost that nothing is believed? Checked and dealt data against reading and decoding alone.

    python benchmarks/prepare.py [--json]

100,000 small pictures as PNG files in a folder per class: the digits that ship, each moved and made
noisy in 20 ways. `fetch`, `prepare` and `partition` of them are timed against a loop that opens and
decodes each with Pillow, in the same process. Then, of 10,000 files, how long it takes to learn that
none has changed, and whether a renamed one is noticed.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from edgeline.datasets.partition import partition
from edgeline.datasets.prepare import prepare
from edgeline.recipe.data import Data
from edgeline.sources.fetch import content_digest, fetch
from edgeline.sources.wheels import digits

PICTURES, FILES = 100_000, 10_000


def measure(pictures: int = PICTURES, files: int = FILES) -> dict[str, object]:
    """Seconds of each step, and reading and decoding as a share of all of them together."""
    with TemporaryDirectory() as name:
        root = Path(name)
        made = write(root / "pictures", pictures)
        settings = Data(source="image-folder", path="pictures", devices=100)
        folder = root / "data" / "timed"
        folder.mkdir(parents=True)
        seconds = {
            "decode": timed(lambda: decode(root / "pictures")),
            "fetch": timed(lambda: fetch(folder, settings, root=root)),
            "prepare": timed(lambda: prepare(folder, settings)),
            "partition": timed(lambda: partition(folder, settings)),
        }
    work = seconds["fetch"] + seconds["prepare"] + seconds["partition"]
    return {
        "pictures": made,
        "seconds": {step: round(spent, 2) for step, spent in seconds.items()},
        "ratio": round(seconds["decode"] / work, 3),
        "unchanged": unchanged(files),
    }


def unchanged(files: int) -> dict[str, object]:
    """Seconds to learn that `files` files are as they were, and whether one new name is noticed."""
    with TemporaryDirectory() as name:
        root = Path(name)
        write(root / "pictures", files)
        settings = Data(source="image-folder", path="pictures")
        known = content_digest(settings, root)
        again: list[str] = []
        spent = timed(lambda: again.append(content_digest(settings, root)))
        first = min((root / "pictures").rglob("*.png"))
        first.rename(first.with_name("renamed.png"))
        noticed = content_digest(settings, root) != known
    return {
        "files": files,
        "seconds": round(spent, 2),
        "same": again == [known],
        "renamed_noticed": noticed,
    }


def write(folder: Path, count: int) -> int:
    """`count` PNG files, about as many of each digit; how many there are."""
    for label in range(10):
        (folder / str(label)).mkdir(parents=True)
    for number, (pixels, label) in enumerate(_moved(count)):
        Image.fromarray(pixels).save(folder / str(label) / f"{number:06d}.png")
    return count


def decode(folder: Path) -> int:
    """Read every picture and do nothing with it; the sum of its sizes."""
    total = 0
    for path in sorted(folder.rglob("*.png")):
        with Image.open(path) as picture:
            total += np.asarray(picture).size
    return total


def timed(work: Callable[[], object]) -> float:
    """Seconds on the wall."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _moved(count: int) -> Iterator[tuple[NDArray[np.uint8], int]]:
    known = digits().items
    generator = np.random.default_rng(0)
    for number in range(count):
        at = number % len(known)
        shifted = np.roll(known.values[at], generator.integers(-5, 6, 2), (0, 1))
        noisy = shifted + generator.normal(0, 12, shifted.shape)
        yield np.clip(noisy, 0, 255).astype(np.uint8), int(known.labels[at])


def _print_table(result: dict[str, object]) -> None:
    seconds, no_op = result["seconds"], result["unchanged"]
    assert isinstance(seconds, dict)
    assert isinstance(no_op, dict)
    for step, spent in seconds.items():
        print(f"{step:>10}  {spent:7.2f} s")
    print(f"{'ratio':>10}  {result['ratio']:7.3f}   (decode / the other three)")
    print(
        f"{no_op['files']} files unchanged: {no_op['seconds']} s; "
        f"renamed file noticed: {no_op['renamed_noticed']}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    as_json = parser.parse_args().json
    measured = measure()
    print(json.dumps(measured)) if as_json else _print_table(measured)
