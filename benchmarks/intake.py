"""What does a file cost that was made to do harm: is it kept out, and how soon?

    edgeline bench intake --json
    edgeline bench intake --json -p data.path=pillow-13.0.0.tar.gz

The files are those of the tests, by form: pictures and odd files in a folder, archives, .npz and
tables. Each is fetched in a folder of its own, after one sound folder, so that what is imported once
is not counted. CPU time of all threads.

With the source archive of Pillow (`pip download pillow --no-binary pillow --no-deps`), also its own
test files, hundreds of odd and broken pictures: does a device see of each what the lab sees?
"""

import importlib.util
import tarfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import numpy as np

from edgeline.edge import readings
from edgeline.errors import RecipeError
from edgeline.preprocess import Preprocessing
from edgeline.recipe.data import Data
from edgeline.sources.fetch import fetch

TESTS = Path(__file__).resolve().parents[1] / "tests" / "lab"
SLOW_MS = 50
SLOWEST = 5
SIDE = 32
NO_OVERRIDES: Mapping[str, str] = {}
TO_SHAPE = Preprocessing("image", (SIDE, SIDE, 3), (0.0,) * 3, (1.0,) * 3)


@dataclass(frozen=True)
class Attack:
    """A file, and the form of data that it is given for."""

    name: str
    source: str
    path: str
    """Of the data, below a folder into which `plant` writes them."""
    plant: Callable[[Path], object]


def measure(overrides: Mapping[str, str] = NO_OVERRIDES) -> dict[str, object]:
    """Milliseconds of CPU, and what became of the files; none may be taken."""
    if overrides.keys() - {"data.path"}:
        raise RecipeError(
            expected="-p data.path=ARCHIVE, or nothing",
            found=f"-p {' -p '.join(overrides)}",
            remedy="leave the others out",
        )
    warm, *attacks = hostile()
    tried(warm)
    found = [(attack.name, *tried(attack)) for attack in attacks]
    spent = [ms for _, _, ms in found]
    outcomes = [outcome for _, outcome, _ in found]
    slowest = sorted(found, key=lambda one: -one[2])[:SLOWEST]
    return {
        "files": len(found),
        "refused": outcomes.count("refused"),
        "set_aside": outcomes.count("set aside"),
        "taken": [name for name, outcome, _ in found if outcome == "taken"],
        "median_ms": round(median(spent), 1),
        "most_ms": round(max(spent), 1),
        "slower_than_50_ms": sum(ms > SLOW_MS for ms in spent),
        "slowest": {name: round(ms, 1) for name, _, ms in slowest},
        "pictures": compare_pictures(Path(overrides["data.path"])) if overrides else "not measured",
    }


def compare_pictures(archive: Path) -> dict[str, object]:
    """Of the test files in Pillow's source archive: how many look the same to lab and device."""
    with TemporaryDirectory() as name:
        root = Path(name)
        with tarfile.open(archive) as members:
            files = [one for one in members if one.isreg() and "/Tests/images/" in one.name]
            for number, member in enumerate(files):
                path = root / "odd" / str(number % 2) / f"{number} {Path(member.name).name}"
                path.parent.mkdir(parents=True, exist_ok=True)
                content = members.extractfile(member)
                path.write_bytes(content.read() if content else b"")
        settings = Data(source="image-folder", path="odd", image_size=SIDE, channels=3)
        source = fetch(root / "data" / "x", settings, root=root)
        learned = dict(zip(source.items.ids.tolist(), source.items.values, strict=True))
        seen = {id: look(root / "odd" / id) for id in learned}
        differ = [id for id in learned if not np.array_equal(seen[id], learned[id])]
        reasons = {bad.id: bad.reason for bad in source.quarantine}
        differ += [id for id in reasons if not isinstance(look(root / "odd" / id), str)]
    return {
        "files": len(files),
        "equal": len(learned) - len(set(differ) & learned.keys()),
        "refused_by_both": len(reasons) - len(set(differ) & reasons.keys()),
        "reasons": dict(Counter(reasons.values()).most_common()),
        "differ": differ,
    }


def look(path: Path) -> Any:
    """What a device sees of a file, in the shape of a network's input; the reason where it refuses."""
    try:
        [(_, pixels)] = readings.read(path, TO_SHAPE)
    except RecipeError as error:
        return error.found
    return TO_SHAPE.fit(pixels)


def hostile() -> Iterator[Attack]:
    """A sound folder, then every hostile file of the tests."""
    intake, archives, medmnist, tables = (
        _loaded(name)
        for name in ("test_intake", "test_archives", "test_medmnist", "test_hostile_tables")
    )
    sound = partial(_pets, picture=intake.saved("PNG", intake.GREY))
    yield Attack("sound", "image-folder", "pets", sound)
    for name, (content, _) in intake.PICTURES.items():
        yield Attack(f"picture: {name}", "image-folder", "pets", partial(sound, content=content))
    for name, (make, _) in intake.FILES.items():
        yield Attack(f"file: {name}", "image-folder", "pets", partial(sound, make=make))
    for source, path, module in (
        ("image-folder", "pets.bin", archives),
        ("medmnist", "a.npz", medmnist),
        ("table", "a.csv", tables),
    ):
        for name, (content, _) in module.ATTACKS.items():
            yield Attack(f"{path}: {name}", source, path, partial(_alone, path, content))


def tried(attack: Attack) -> tuple[str, float]:
    """What became of it, and the milliseconds of CPU that this took."""
    with TemporaryDirectory() as name:
        root = Path(name)
        attack.plant(root)
        settings = Data(source=attack.source, path=attack.path, image_size=8)
        outcome = "refused"
        begun = time.process_time()
        with suppress(RecipeError):
            fetched = fetch(root / "data" / "x", settings, root=root)
            outcome = "set aside" if fetched.quarantine else "taken"
        return outcome, 1000 * (time.process_time() - begun)


def _pets(
    root: Path,
    picture: bytes,
    content: bytes | None = None,
    make: Callable[[Path, Path], object] | None = None,
) -> None:
    """Two classes with a sound picture each, and one bad file among them."""
    for name in ("cat", "dog"):
        (root / "pets" / name).mkdir(parents=True)
        (root / "pets" / name / "1.png").write_bytes(picture)
    (root / "outside.png").write_bytes(picture)
    bad = root / "pets" / "cat" / "bad.png"
    if content is not None:
        bad.write_bytes(content)
    if make is not None:
        make(bad, root / "outside.png")


def _alone(path: str, content: bytes | str, root: Path) -> None:
    (root / path).write_bytes(content if isinstance(content, bytes) else content.encode())


def _loaded(name: str) -> ModuleType:
    """A module of tests, wherever the command is given."""
    spec = importlib.util.spec_from_file_location(f"hostile.{name}", TESTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
