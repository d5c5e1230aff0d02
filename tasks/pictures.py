"""What people would rather look at than read: curves, shares, confusion, and the images that were misread."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from edgeline.finetuning.interpolate import Sweep
from edgeline.finetuning.loop import TrainReport

BLUE, ORANGE = "#2b6cb0", "#dd6b20"


def shares(central: Sequence[int], devices: Sequence[Sequence[int]]) -> Figure:
    """Who owns how many images of which class, a bar for each owner."""
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    axes = figure.subplots()
    counts = np.array([central, *devices])
    owners = ["centre", *(f"{number:02}" for number in range(len(devices)))]
    bottom = np.zeros(len(owners))
    for label in range(counts.shape[1]):
        axes.bar(owners, counts[:, label], bottom=bottom, label=str(label), color=f"C{label}")
        bottom += counts[:, label]
    axes.set(xlabel="owner", ylabel="images", title="Images by owner and class")
    axes.legend(
        title="class", ncols=2, fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5)
    )
    return figure


def learning(report: TrainReport) -> Figure:
    """Loss of every epoch, and validation accuracy where it was measured."""
    figure = Figure(figsize=(6, 3.4), layout="constrained")
    axes = figure.subplots()
    axes.plot(
        [epoch.epoch for epoch in report.curve], [epoch.loss for epoch in report.curve], color=BLUE
    )
    axes.set(xlabel="epoch", title="Learning curve")
    axes.set_ylabel("training loss", color=BLUE)
    measured = [
        (epoch.epoch, epoch.accuracy) for epoch in report.curve if epoch.accuracy is not None
    ]
    if measured:
        beside = axes.twinx()
        beside.plot(*zip(*measured, strict=True), "o-", color=ORANGE)
        beside.set_ylabel("validation accuracy", color=ORANGE)
    return figure


def interpolation(sweep: Sweep) -> Figure:
    """Validation accuracy between the tuned (0) and the pretrained (1) weights."""
    figure = Figure(figsize=(6, 3.4), layout="constrained")
    axes = figure.subplots()
    axes.plot(*zip(*sweep.curve, strict=True), "o-", color=BLUE)
    axes.axvline(sweep.alpha, color=ORANGE, linestyle="--", label=f"chosen: {sweep.alpha:g}")
    axes.set(
        xlabel="alpha",
        ylabel="validation accuracy",
        title="alpha * pretrained + (1 - alpha) * tuned",
    )
    axes.legend()
    return figure


def rounds(accuracies: Sequence[float]) -> Figure:
    """Validation accuracy before the first round and after each."""
    figure = Figure(figsize=(6, 3.4), layout="constrained")
    axes = figure.subplots()
    axes.plot(range(len(accuracies)), accuracies, "o-", color=BLUE)
    axes.set(xlabel="round", ylabel="validation accuracy", title="Federated rounds")
    axes.grid(alpha=0.3)
    return figure


def confusion(counts: NDArray[np.int64], classes: Sequence[str]) -> Figure:
    """How often each class (row) was read as which (column)."""
    figure = Figure(figsize=(5.4, 5), layout="constrained")
    axes = figure.subplots()
    axes.imshow(counts, cmap="Blues", norm="symlog" if counts.max() > 20 else None)
    for row, column in np.argwhere(counts > 0):
        dark = counts[row, column] > counts.max() / 4
        axes.text(
            column,
            row,
            str(counts[row, column]),
            ha="center",
            va="center",
            color="white" if dark else "black",
        )
    axes.set(xlabel="read as", ylabel="is", title="Confusion on the test set")
    axes.set_xticks(range(len(classes)), classes)
    axes.set_yticks(range(len(classes)), classes)
    return figure


def samples(
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    answers: NDArray[np.int64],
    classes: Sequence[str],
) -> Figure:
    """Up to 24 images with what they are and what was read: the misread ones first."""
    wrong = np.flatnonzero(labels != answers)
    shown = np.concatenate([wrong, np.flatnonzero(labels == answers)])[:24]
    figure = Figure(figsize=(9, 6.4), layout="constrained")
    for axes, index in zip(figure.subplots(4, 6).flat, shown, strict=False):
        axes.imshow(images[index], cmap="gray" if images[index].ndim == 2 else None)
        right = labels[index] == answers[index]
        title = (
            classes[labels[index]]
            if right
            else f"{classes[labels[index]]}, read as {classes[answers[index]]}"
        )
        axes.set_title(title, fontsize=9, color="black" if right else "#c53030")
    for axes in figure.axes:
        axes.axis("off")
    figure.suptitle(f"{len(wrong)} of {len(labels)} test images misread")
    return figure
