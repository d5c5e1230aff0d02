"""A checkpoint is named by its bytes, and its bytes by nothing but its content."""

import pytest
import torch
from safetensors.torch import save_file

from edgeline.digest import sha256_file
from edgeline.errors import EdgelineError, RecipeError, Tampered
from edgeline.models.checkpoint import Checkpoint, ModelSpec, load, save
from edgeline.models.zoo import build, count_weights, restore
from edgeline.preprocess import Preprocessing

SPEC = ModelSpec("cnn", shape=(1, 8, 8), classes=2, widths=(2, 3, 4))
GREY = Preprocessing("image", (8, 8, 1), mean=(0.5,), std=(0.25,))


def checkpoint(seed: int = 0) -> Checkpoint:
    return Checkpoint(SPEC, GREY, build(SPEC, seed).state_dict())


def test_saved_checkpoint_is_named_by_its_digest(tmp_path):
    path = save(checkpoint(), tmp_path)

    assert path.name == f"{sha256_file(path)}.safetensors"
    assert list(tmp_path.iterdir()) == [path]


def test_same_weights_in_any_order_save_alike(tmp_path):
    turned = dict(reversed(checkpoint().state.items()))

    assert save(checkpoint(), tmp_path) == save(Checkpoint(SPEC, GREY, turned), tmp_path)


def test_loading_gives_back_what_was_saved(tmp_path):
    loaded = load(save(checkpoint(), tmp_path))

    assert (loaded.spec, loaded.preprocessing) == (SPEC, GREY)
    assert all(
        torch.equal(loaded.state[name], tensor) for name, tensor in checkpoint().state.items()
    )


def test_checkpoint_without_an_algorithms_state_has_the_bytes_that_it_always_had(tmp_path):
    state = {
        "layer.weight": torch.arange(6, dtype=torch.float32).reshape(2, 3),
        "layer.count": torch.tensor(7),
    }
    path = save(Checkpoint(SPEC, GREY, state), tmp_path)

    assert path.stem == "29837bde0f9968a791ddeddbfb15b16fd0a0fe7471a87545022643ff8e041ef7"


def test_an_algorithms_state_is_kept_apart_from_the_weights(tmp_path):
    state = {"fedavgm/output.bias": torch.ones(2), "fedavgm/steps": torch.tensor(3)}
    path = save(Checkpoint(SPEC, GREY, checkpoint().state, state), tmp_path)
    loaded = load(path)

    assert loaded.algorithm_state.keys() == state.keys()
    assert loaded.algorithm_state["fedavgm/steps"].item() == 3
    assert loaded.state.keys() == checkpoint().state.keys()
    assert path != save(checkpoint(), tmp_path)


def test_one_changed_bit_is_tampering(tmp_path):
    path = save(checkpoint(), tmp_path)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)

    with pytest.raises(Tampered, match=r"SHA-256"):
        load(path)


def test_renamed_checkpoint_still_loads(tmp_path):
    path = save(checkpoint(), tmp_path).rename(tmp_path / "mine.safetensors")

    assert load(path).spec == SPEC


@pytest.mark.parametrize("data", [b"", b"not a checkpoint", b"\xff" * 64])
def test_file_of_another_kind_is_refused(tmp_path, data):
    path = tmp_path / "model.safetensors"
    path.write_bytes(data)

    with pytest.raises(EdgelineError, match=r"checkpoint in model\.safetensors"):
        load(path)


def test_foreign_safetensors_file_is_refused(tmp_path):
    save_file({"weight": torch.zeros(2)}, tmp_path / "foreign.safetensors")

    with pytest.raises(EdgelineError, match="__metadata__"):
        load(tmp_path / "foreign.safetensors")


def test_missing_file_is_named(tmp_path):
    with pytest.raises(EdgelineError, match=r"gone\.safetensors; found no such file"):
        load(tmp_path / "gone.safetensors")


def test_weights_of_another_spec_are_refused():
    with pytest.raises(EdgelineError, match=r"size mismatch"):
        restore(Checkpoint(ModelSpec("cnn", (1, 8, 8), 2, (2, 3, 5)), GREY, checkpoint().state))


@pytest.mark.parametrize(
    ("widths", "expected"),
    [((100_000,) * 3, "the weights of"), ((2, 3, 10**30), "nothing above 100000")],
)
def test_weights_that_are_not_there_take_no_memory(widths, expected):
    with pytest.raises(EdgelineError, match=f"expected .*{expected}"):
        restore(Checkpoint(ModelSpec("cnn", (1, 8, 8), 2, widths), GREY, checkpoint().state))


def test_header_nested_without_end_is_refused(tmp_path):
    header = b"[" * 100_000
    path = tmp_path / "deep.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)

    with pytest.raises(EdgelineError, match="RecursionError"):
        load(path)


def test_unknown_architecture_names_the_known():
    with pytest.raises(RecipeError, match=r"among cnn, cnn1d, gru"):
        count_weights(ModelSpec("transformer", (1, 8, 8), 2, (1,)))
