"""Weights from elsewhere: what goes where, what is made anew, and what is never opened."""

import io
import json
import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save as bytes_of
from safetensors.torch import save_file

from edgeline.digest import sha256_file
from edgeline.errors import EdgelineError, EnvironmentUnfit, RecipeError, Tampered
from edgeline.models import zoo
from edgeline.models.checkpoint import Checkpoint, save
from edgeline.models.pretrained import load_weights
from edgeline.preprocess import Preprocessing

COLOUR = zoo.spec("resnet20", (3, 16, 16), 10, (2, 4, 8))
GREY = zoo.spec("resnet20", (1, 16, 16), 3, (2, 4, 8))


@pytest.fixture
def colour(tmp_path: Path) -> Path:
    """Another's file: no metadata of ours, no counters."""
    state = zoo.build(COLOUR, seed=5).state_dict()
    kept = {name: one for name, one in state.items() if not name.endswith("num_batches_tracked")}
    save_file(kept, tmp_path / "theirs.safetensors")
    return tmp_path / "theirs.safetensors"


def test_all_matches_where_all_is_alike(colour):
    state, loaded = load_weights(str(colour), COLOUR, seed=0)

    theirs = zoo.build(COLOUR, seed=5).state_dict()
    assert all(torch.equal(state[name], theirs[name]) for name in state)
    assert (loaded.adapted, loaded.fresh, loaded.unused, loaded.share) == ((), (), (), 1.0)
    assert (loaded.source, loaded.sha256) == ("theirs.safetensors", sha256_file(colour))
    assert len(loaded.matched) == 97


def test_a_federated_algorithms_state_is_not_taken_for_weights(tmp_path):
    weights = zoo.build(COLOUR, seed=5).state_dict()
    state = {f"fedavgm/{name}": tensor.clone() for name, tensor in weights.items()}
    form = Preprocessing("image", (16, 16, 3), (0.5,) * 3, (0.5,) * 3)
    path = save(Checkpoint(COLOUR, form, weights, state), tmp_path)
    _, loaded = load_weights(str(path), COLOUR, seed=0)

    assert (loaded.unused, loaded.share) == ((), 1.0)


def test_grey_and_other_classes_are_adapted(colour):
    state, loaded = load_weights(str(colour), GREY, seed=0)

    theirs, new = (zoo.build(one, seed).state_dict() for one, seed in ((COLOUR, 5), (GREY, 0)))
    assert torch.equal(state["conv1.weight"][:, 0], theirs["conv1.weight"].sum(1))
    assert torch.equal(state["linear.weight"], new["linear.weight"])
    assert loaded.adapted == ("conv1.weight",)
    assert loaded.fresh == loaded.unused[::-1] == ("linear.weight", "linear.bias")
    network = zoo.restore(Checkpoint(loaded.spec, None, state))
    assert network.eval()(torch.zeros(1, 1, 16, 16)).shape == (1, 3)


def test_grey_image_answers_as_it_would_in_three_alike_channels(colour):
    grey = zoo.spec("resnet20", (1, 16, 16), 10, (2, 4, 8))
    networks = [
        zoo.restore(Checkpoint(spec, None, load_weights(str(colour), spec, seed=0)[0])).eval()
        for spec in (grey, COLOUR)
    ]
    image = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0))

    assert torch.allclose(networks[0](image), networks[1](image.repeat(1, 3, 1, 1)), atol=1e-4)


def test_colour_takes_a_third_of_grey(tmp_path):
    save_file(zoo.build(GREY, seed=5).state_dict(), tmp_path / "grey.safetensors")
    state, loaded = load_weights(str(tmp_path / "grey.safetensors"), COLOUR, seed=0)

    theirs = zoo.build(GREY, seed=5).state_dict()["conv1.weight"]
    assert torch.equal(state["conv1.weight"], theirs.repeat(1, 3, 1, 1) / 3)
    assert loaded.adapted == ("conv1.weight",)


def test_a_checkpoint_of_ours_is_one_more_file(tmp_path):
    spec = zoo.spec("gru", (9, 3), 4, (5,))
    state = zoo.build(spec, seed=2).state_dict()
    preprocessing = Preprocessing("series", (9, 3), (0.0,) * 3, (1.0,) * 3)
    path = save(Checkpoint(spec, preprocessing, state), tmp_path)
    assert load_weights(str(path), spec, seed=0)[1].share == 1

    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(Tampered, match="SHA-256"):
        load_weights(str(path), spec, seed=0)


def test_wrapped_names_and_half_precision_are_read(tmp_path):
    state = zoo.build(COLOUR, seed=5).state_dict()
    half = {f"module.{name}": one.half() for name, one in state.items() if one.ndim}
    save_file(half, tmp_path / "half.safetensors")
    loaded_state, loaded = load_weights(str(tmp_path / "half.safetensors"), COLOUR, seed=0)

    assert loaded.share == 1
    assert loaded_state["conv1.weight"].dtype == torch.float32
    assert torch.equal(loaded_state["conv1.weight"], state["conv1.weight"].half().float())


@pytest.mark.parametrize(
    "spec",
    [
        zoo.spec("resnet56", (3, 16, 16), 10, (2, 4, 8)),
        zoo.spec("resnet20", (3, 16, 16), 10, (3, 4, 8)),
        zoo.spec("mobilenet", (3, 16, 16), 10, (4, 8)),
    ],
)
def test_weights_of_another_network_are_refused(colour, spec):
    with pytest.raises(
        EdgelineError, match=r"theirs\.safetensors, in which .*% of the tensors' names match"
    ):
        load_weights(str(colour), spec, seed=0)


def test_weights_that_are_not_finite_are_refused(colour):
    state = zoo.build(COLOUR, seed=5).state_dict()
    state["bn1.weight"][0] = torch.nan
    save_file(state, colour)

    with pytest.raises(EdgelineError, match=r"bn1\.weight, which holds numbers that are not"):
        load_weights(str(colour), COLOUR, seed=0)


@pytest.mark.parametrize("name", ["net.pt", "net.PTH", "net.bin", "net.pkl", "net.ckpt", "net.h5"])
def test_files_that_may_run_code_are_refused_by_name(tmp_path, name):
    (tmp_path / name).write_bytes(bytes_of({"a": torch.zeros(1)}))

    with pytest.raises(EdgelineError, match="may run code"):
        load_weights(str(tmp_path / name), COLOUR, seed=0)


class Touch:
    """What a hostile pickle does when it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def contents(kind: str, mark: Path) -> bytes:
    if kind == "torch":
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("archive/data.pkl", pickle.dumps(Touch(mark)))
        return stream.getvalue()
    if kind == "hdf5":
        return b"\x89HDF\r\n\x1a\n" + bytes(64)
    return pickle.dumps(Touch(mark), protocol=int(kind))


@pytest.mark.parametrize("kind", ["torch", "hdf5", "0", "2", "3", "4", "5"])
def test_pickles_under_another_name_are_not_opened(tmp_path, kind):
    path, mark = tmp_path / "net.safetensors", tmp_path / "opened"
    path.write_bytes(contents(kind, mark))

    with pytest.raises(EdgelineError, match=r"found (a pickle|a zip archive|an HDF5 file)"):
        load_weights(str(path), COLOUR, seed=0)
    assert not mark.exists()


def test_header_as_long_as_a_pickle_begins_is_read(tmp_path):
    """640 is 0x280: the two bytes with which a pickle of protocol 2 begins."""
    path, state = tmp_path / "net.safetensors", zoo.build(zoo.spec("mlp", (5,), 2), 0).state_dict()
    data = next(
        data
        for size in range(700)
        if (data := bytes_of(state, metadata={"note": "x" * size}))[:2] == b"\x80\x02"
    )
    path.write_bytes(data)

    assert load_weights(str(path), zoo.spec("mlp", (5,), 2), seed=0)[1].share == 1


def safetensors(header: dict[str, object], data: bytes = bytes(16)) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def tensor(shape: list[int], start: int, end: int) -> dict[str, object]:
    return {"dtype": "F32", "shape": shape, "data_offsets": [start, end]}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        (2**60).to_bytes(8, "little") + b"{}",
        (2**64 - 1).to_bytes(8, "little") + b"{}" + bytes(64),
        safetensors({"a": tensor([4], 0, 16), "b": tensor([2], 8, 16)}),
        safetensors({"a": tensor([2**40], 0, 2**42)}),
        safetensors({"a": tensor([2**33, 2**33], 0, 16)}),
        safetensors({"a": tensor([4], 0, 2**63)}),
        safetensors({"a": tensor([-4], 0, 16)}),
        safetensors({"a": {"dtype": "O", "shape": [4], "data_offsets": [0, 16]}}),
        b"\x40\x0d\x03\x00\x00\x00\x00\x00" + b'{"a":' + b"[" * 199_995,
        safetensors({}),
    ],
)
def test_hostile_headers_give_one_line(tmp_path, data):
    path = tmp_path / "net.safetensors"
    path.write_bytes(data)

    with pytest.raises(EdgelineError) as caught:
        load_weights(str(path), COLOUR, seed=0)
    assert len(str(caught.value)) < 500
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("source", ["timm:no_such_network", "hub:nobody/nothing/at/all"])
def test_names_of_a_hub_need_its_packages(source):
    with pytest.raises((EnvironmentUnfit, RecipeError), match=r"edgeline\[hub\]|timm has|hub:"):
        load_weights(source, COLOUR, seed=0)


def test_a_missing_file_is_named():
    with pytest.raises(EdgelineError, match=r"gone\.safetensors"):
        load_weights("gone.safetensors", COLOUR, seed=0)
