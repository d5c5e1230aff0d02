"""The end of a round: the updates become the next checkpoint, and a report says what happened.

A round takes a checkpoint and gives a checkpoint. Only the updates that devices sent stand between.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from edgeline.errors import EdgelineError
from edgeline.federated.algorithm import State, Weights
from edgeline.federated.algorithms import ALGORITHMS
from edgeline.federated.weighted_sum import WeightedSum
from edgeline.finetuning.evaluate import Labels, Values, score
from edgeline.merkle import root
from edgeline.models.checkpoint import Checkpoint, load, save
from edgeline.rounds.accumulate import add_updates
from edgeline.rounds.client import ClientReport
from edgeline.rounds.spec import RoundSpec


@dataclass(frozen=True)
class RoundReport:
    """What a round changed."""

    number: int
    examples: int
    """For which the updates in the mean count."""
    devices: tuple[str, ...]
    """Those whose updates are in the mean, sorted."""
    excluded: Mapping[str, str]
    """Why, by device, the others have no part in the mean: nothing was sent, or it was refused."""
    before: float
    """Validation accuracy of the round's first checkpoint."""
    after: float
    """Validation accuracy of the checkpoint that it made."""
    clients: tuple[ClientReport, ...]

    @property
    def figure(self) -> str:
        """A few words for a progress line."""
        without = "".join(f"; without {device}" for device in self.excluded)
        return (
            f"{self.number}: {self.after:.3f} on validation, {len(self.devices)} devices{without}"
        )

    def remarks(self) -> dict[str, str | int]:
        """What a statement says of it: its number, how many updates count, and the root over their digests.

        It is the Merkle root, with the updates in the order of their devices' names.
        """
        counted = [
            bytes.fromhex(str(one.update)) for one in self.clients if one.device in self.devices
        ]
        return {"number": self.number, "clients": len(counted), "updates": root(counted).hex()}

    def rows(self) -> list[dict[str, object]]:
        """A row of a table for each device."""
        return [
            {
                "round": self.number,
                "device": client.device,
                "examples": client.examples,
                "loss": client.loss,
                "update": client.update or "",
                "seconds": round(client.seconds, 3),
                "left out": self.excluded.get(client.device, ""),
            }
            for client in self.clients
        ]


def commit_round(
    checkpoint: Path,
    spec: RoundSpec,
    reports: Iterable[ClientReport],
    updates: Path,
    store: Path,
    validation: tuple[Values, Labels],
) -> tuple[Path, RoundReport]:
    """Close the round: write the next checkpoint into `store`, from the updates that can be used.

    Raises:
        EdgelineError: fewer than `min_devices` updates can be used.
    """
    base = load(checkpoint)
    clients = tuple(sorted(reports, key=lambda report: report.device))
    total = WeightedSum(base.arrays(), spec.limits)
    excluded = add_updates(total, clients, updates)
    _check_quorum(spec, total, excluded)
    made = apply_mean(base, total.mean(), spec)
    return save(made, store), RoundReport(
        number=spec.number,
        examples=total.examples,
        devices=tuple(sorted(total.devices)),
        excluded=excluded,
        before=score(base, *validation),
        after=score(made, *validation),
        clients=clients,
    )


def apply_mean(base: Checkpoint, mean: Weights, spec: RoundSpec) -> Checkpoint:
    """The next checkpoint, with the state of the algorithm if it keeps one."""
    name = spec.settings.algorithm
    algorithm, weights = ALGORITHMS[name], base.arrays()
    state = load_state(base, name) or algorithm.init(weights)
    after, state = algorithm.server(weights, mean, state, spec.settings)
    return replace(
        base,
        state=_tensors(after),
        algorithm_state=_tensors({f"{name}/{key}": array for key, array in state.items()}),
    )


def load_state(checkpoint: Checkpoint, name: str) -> State:
    """The state that the algorithm `name` left in a checkpoint; empty if another made it."""
    prefix = f"{name}/"
    return {
        key.removeprefix(prefix): tensor.numpy()
        for key, tensor in checkpoint.algorithm_state.items()
        if key.startswith(prefix)
    }


def _check_quorum(spec: RoundSpec, total: WeightedSum, excluded: Mapping[str, str]) -> None:
    wanted = spec.settings.min_devices
    if len(total.devices) < wanted:
        reasons = "; ".join(f"{device}: {reason}" for device, reason in excluded.items())
        raise EdgelineError(
            expected=f"updates of at least {wanted} devices",
            found=f"{len(total.devices)} ({reasons or 'no reports'})",
            remedy=f"look at what stopped round {spec.number}, or lower federate.min_devices",
        )


def _tensors(arrays: Weights) -> dict[str, torch.Tensor]:
    """Tensors with a memory of their own: an algorithm may give out one array twice."""
    return {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}
