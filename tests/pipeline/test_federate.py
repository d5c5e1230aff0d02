"""Federated rounds as mapped tasks: who sees what, and what happens without a device."""

from pathlib import Path

import numpy as np
import pytest
from prefect import flow, unmapped

from edgeline.datasets.items import Items, write
from edgeline.models.checkpoint import Checkpoint, ModelSpec, save
from edgeline.models.zoo import build
from edgeline.preprocess import Preprocessing
from edgeline.recipe.federate import RoundSettings
from edgeline.rounds import shard
from edgeline.rounds.spec import RoundSpec
from tasks import federate

SPEC = RoundSpec(
    number=1,
    devices=("00", "01", "02"),
    learning_rate=0.01,
    augmentation="none",
    settings=RoundSettings(local_epochs=1, batch_size=4, augment=0.0, min_devices=1),
)


@pytest.fixture
def checkpoint(tmp_path):
    spec = ModelSpec("cnn", (1, 8, 8), 2, (2, 2, 4))
    state = build(spec, 0).state_dict()
    form = Preprocessing("image", (8, 8, 1), (0.5,), (0.5,))
    return save(Checkpoint(spec, form, state), tmp_path / "checkpoints")


@pytest.fixture
def devices(tmp_path):
    folders = []
    for number in range(3):
        folder = tmp_path / "devices" / f"{number:02}"
        folder.mkdir(parents=True)
        images = np.full((6, 8, 8), 40 * number, np.uint8)
        ids = np.array([f"{number}/{one}" for one in range(6)])
        write(folder / "examples.npz", Items(images, np.arange(6) % 2, ids, np.full(6, "")))
        folders.append(folder)
    return folders


def trained(shards, checkpoint, into, deadline):
    @flow
    def one_round():
        futures = federate.train_shard.map(
            shards,
            checkpoint=unmapped(checkpoint),
            spec=unmapped(SPEC),
            into=unmapped(into),
            deadline=deadline,
        )
        return federate.collect_updates(SPEC, futures)

    return {report.device: report for report in one_round()}


def test_client_task_receives_only_its_folders_and_the_checkpoint(
    prefect, devices, checkpoint, tmp_path, monkeypatch
):
    received = []
    real = shard.train_shard
    monkeypatch.setattr(shard, "train_shard", lambda *given: received.append(given) or real(*given))
    shards = [(devices[0], devices[2]), (devices[1],)]
    trained(shards, checkpoint, tmp_path / "updates", float("inf"))
    paths = [{value for value in _flat(given) if isinstance(value, Path)} for given in received]
    common = {checkpoint, tmp_path / "updates"}
    assert sorted(paths, key=len) == sorted([common | set(shard) for shard in shards], key=len)


def test_device_that_raises_is_named_and_left_out(prefect, devices, checkpoint, tmp_path):
    (devices[1] / "examples.npz").write_bytes(b"not an archive")
    reports = trained(
        [(devices[0], devices[1]), (devices[2],)], checkpoint, tmp_path / "updates", float("inf")
    )
    assert [device for device, report in sorted(reports.items()) if report.update] == ["00", "02"]
    assert "zip" in reports["01"].reason.lower() or "file" in reports["01"].reason


def test_device_past_the_deadline_is_named_and_left_out(prefect, devices, checkpoint, tmp_path):
    reports = trained([tuple(devices)], checkpoint, tmp_path / "updates", float("-inf"))
    assert all(report.update is None and "deadline" in report.reason for report in reports.values())


def test_devices_of_a_lost_task_are_named(prefect, devices, checkpoint, tmp_path, monkeypatch):
    def lost(folders, *_):
        raise MemoryError

    monkeypatch.setattr(shard, "train_shard", lost)
    reports = trained([tuple(devices)], checkpoint, tmp_path / "updates", float("inf"))
    assert set(reports) == set(SPEC.devices)
    assert all(report.update is None for report in reports.values())


def _flat(values):
    for value in values:
        if isinstance(value, tuple):
            yield from _flat(value)
        else:
            yield value
