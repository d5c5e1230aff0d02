"""How a number went: over epochs and rounds, along the line between two networks, and from seed to seed."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from edgeline.figures.names import mark
from edgeline.finetuning.interpolate import Sweep
from edgeline.finetuning.loop import TrainReport
from edgeline.metrics import t_interval

BLUE, ORANGE, GREEN, GREY = "#2b6cb0", "#dd6b20", "#2f855a", "#718096"


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
    """Accuracy between the tuned (0) and the pretrained (1) weights, on every branch that was tried."""
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    axes = figure.subplots()
    branches = {
        "validation": (sweep.curve, "o-", BLUE),
        "validation, norms measured again": (sweep.reestimated_curve, "s-", GREEN),
    }
    for name, (curve, style, colour) in branches.items():
        if curve:
            axes.plot(*zip(*curve, strict=True), style, color=colour, label=name, markersize=4)
    kept = ", norms measured again" if sweep.reestimated else ""
    axes.axvline(sweep.alpha, color=ORANGE, linestyle="--", label=f"kept: {sweep.alpha:g}{kept}")
    axes.set(
        xlabel="alpha",
        ylabel="accuracy",
        title="alpha * pretrained + (1 - alpha) * tuned",
    )
    figure.legend(loc="outside lower center", ncols=2, fontsize="small")
    return figure


def seeds(step: str, accuracies: Sequence[float]) -> Figure:
    """Each run's validation accuracy a dot, and their mean with its 95 % interval."""
    figure = Figure(figsize=(6.4, 1.95), layout="constrained")
    axes = figure.subplots()
    axes.plot(accuracies, [0] * len(accuracies), "o", color=BLUE, alpha=0.5, markersize=5)
    mean = t_interval(accuracies)
    errors = [[mean.estimate - mean.low], [mean.high - mean.estimate]]
    axes.errorbar(mean.estimate, 0, xerr=errors, fmt="|", color=ORANGE, capsize=5, markersize=16)
    axes.set(xlabel="validation accuracy", title="Runs that differ in their seed alone")
    axes.set_ylim(0.5, -0.5)
    axes.grid(axis="x", alpha=0.3)
    mark(axes.yaxis, [step])
    return figure


def rounds(accuracies: Sequence[float], kept: int, first: int = 1) -> Figure:
    """Validation accuracy before the round with number `first` and after each round.

    The network has gone through `kept` of them; those behind, which changed nothing, are set apart.
    """
    figure = Figure(figsize=(6, 3.4), layout="constrained")
    axes = figure.subplots()
    numbers = range(first - 1, first - 1 + len(accuracies))
    axes.plot(numbers[: kept + 1], accuracies[: kept + 1], "o-", color=BLUE, label="kept")
    if accuracies[kept + 1 :]:
        axes.plot(numbers[kept + 1 :], accuracies[kept + 1 :], "x:", color=GREY, label="not kept")
        axes.legend(fontsize="small")
    axes.set(xlabel="round", ylabel="validation accuracy", title="Federated rounds")
    axes.grid(alpha=0.3)
    return figure
