"""The end of a run as a person reads it: accuracy after each step, size, speed, identity, proof, links."""

from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from edgeline.cli.console import printable
from edgeline.comparison import HARMED, HELPED, WITHIN_CHANCE, figures
from edgeline.recipe.steps import STEPS

GATE = "gate"
"""Whose effects are those of the sealed model."""
STANDING = {HELPED: "better than", WITHIN_CHANCE: "within chance of", HARMED: "worse than"}
UNEVEN = 0.01
WIDTH = 120
"""Of a file or pipe, for which rich would take 80 and cut numbers off."""


def print_summary(summary: dict[str, Any]) -> None:
    """Print the summary object of a run as tables."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    console.print(f"\n[bold]{summary['run']}[/bold]  data {summary['data_digest'][:12]}\n")
    console.print(_steps(summary))
    console.print()
    for name, fact in _facts(summary):
        console.print(Text(printable(f"{name:12}{fact}")), soft_wrap=True)


def _steps(summary: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("step", min_width=10)
    scores = _headings(summary["steps"].values())
    for column in (*scores.values(), "bytes", "seconds"):
        table.add_column(column, justify="right", min_width=max(len(column), 9))
    table.add_column("", no_wrap=True)
    effects = {one["step"]: one["effect"] for one in summary["effects"] if one["step"] != GATE}
    for name, step in summary["steps"].items():
        cells = [_score(step.get(score)) for score in scores]
        size = f"{step['bytes']:,}" if "bytes" in step else ""
        took = "reused" if step["reused"] else f"{step['seconds']:.1f}"
        note = "; ".join(filter(None, (effects.get(name), STEPS.get(name))))
        table.add_row(name, *cells, size, took, f"[dim]{note}[/dim]")
    return table


def _score(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _headings(steps: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Headings of the scores to print, by score: classes of one size need but one accuracy."""
    headings = {"accuracy": "accuracy", "balanced_accuracy": "balanced", "auc": "AUC"}
    pairs = [(step.get("accuracy"), step.get("balanced_accuracy")) for step in steps]
    uneven = [abs(one - other) for one, other in pairs if one is not None and other is not None]
    if max(uneven, default=0) < UNEVEN:
        del headings["balanced_accuracy"]
    return headings


def _facts(summary: dict[str, Any]) -> Iterator[tuple[str, str]]:
    artifact, anchor, split, federated = (
        summary[key] for key in ("artifact", "anchor", "split", "federated")
    )
    yield from _effects(summary["effects"])
    if beside := list(_beside(summary["baseline"])):
        yield "beside", "; ".join(beside)
    yield "artifact", artifact["path"]
    if artifact["tuned_bytes"] and artifact["tuned_speed_up"] is not None:
        smaller, faster = artifact["tuned_bytes"] / artifact["bytes"], artifact["tuned_speed_up"]
        change = f"{smaller:.0f} times smaller and {faster:.1f} times as fast (CPU time, one item)"
        yield "model.onnx", f"{artifact['bytes']:,} bytes, {change} as the tuned network"
    yield "rounds", _rounds(federated)
    agree = "the same answers as" if split["equal"] else "other answers than"
    pace = split["requests_per_s"]
    answered = f"two workers answered {'?' if pace is None else f'{pace:.0f}'} requests/s"
    wire = f"{split['bytes_on_wire']:,} bytes on the wire per item"
    yield "split", f"{wire}; {answered}, {agree} the whole model"
    if anchor["pending"]:
        yield "chain", f"anchoring pending, the next run sends it: {anchor['pending']}"
    else:
        already = "already anchored" if anchor["already"] else "anchored"
        yield "chain", f"{already}: transaction {anchor['transaction']}, block {anchor['block']}"
        yield "contract", anchor["contract"]
    registered = summary["registered"]
    yield "registered", f"{registered['name']} version {registered['version']}, candidate"
    yield from summary["links"].items()
    if not summary["links"]:
        yield "servers", "are down; `edgeline up` starts them"
    yield "check it", f"edgeline verify {artifact['path']}"
    yield "took", f"{summary['seconds']} s"


def _effects(effects: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """In words, what each step did to the answers, and how the sealed model stands beside others."""
    score = effects[0]["score"].replace("_", " ")
    heading = f"test {score} against the step before, with the 95 % interval of the gain"
    yield "effects", heading
    for word in (HELPED, WITHIN_CHANCE, HARMED):
        steps = [
            f"{one['step']} {figures(one)}"
            for one in effects
            if one["step"] != GATE and one["effect"] == word
        ]
        yield "", f"{word}: {', '.join(steps) or 'none'}"
    yield (
        "sealed",
        "; ".join(
            f"{STANDING[one['effect']]} the {one['against']}, {one['before']:.4f}: {figures(one)}"
            for one in effects
            if one["step"] == GATE
        ),
    )


def _rounds(federated: dict[str, Any]) -> str:
    """How many there were, and which of them are in the network."""
    if not federated["rounds"]:
        return "none"
    kept, not_kept = federated["kept"], federated["not_kept"]
    told = [f"{federated['rounds']} over {federated['devices']} simulated devices"]
    told += (
        [f"{_span(kept)} kept"] if kept else ["none was better on validation, the start is kept"]
    )
    told += [f"{_span(not_kept)} not kept"] if not_kept else []
    return "; ".join(told)


def _span(numbers: list[int]) -> str:
    first, last = numbers[0], numbers[-1]
    return f"round {first}" if first == last else f"rounds {first} to {last}"


def _beside(baseline: dict[str, Any]) -> Iterator[str]:
    """What the scores must be seen beside."""
    if trivial := baseline["trivial"]:
        yield f"always the most frequent class: {trivial['accuracy']:.4f}"
    if baseline["published"]:
        yield f"published with all labels: {baseline['published']}"
