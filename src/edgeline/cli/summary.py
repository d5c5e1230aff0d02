"""The end of a run as a person reads it: accuracy after each step, size, speed, identity, proof, links."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

NOTES = {
    "pretrained": "having seen print alone",
    "scratch": "control: no pretrained start",
    "untaught": "control: no teacher",
    "federate": "data stayed on devices",
    "quantise": "the sealed model",
}


def show(summary: dict[str, Any]) -> None:
    """Print the summary object of a run as tables."""
    console = Console(highlight=False)
    console.print(f"\n[bold]{summary['run']}[/bold]  data {summary['data_revision'][:12]}\n")
    console.print(_steps(summary))
    console.print()
    for name, fact in _facts(summary):
        console.print(f"{name:12}{fact}", soft_wrap=True)


def _steps(summary: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("step")
    for column in ("test accuracy", "bytes", "seconds"):
        table.add_column(column, justify="right")
    table.add_column("")
    for name, step in summary["steps"].items():
        accuracy = f"{step['accuracy']:.4f}" if "accuracy" in step else ""
        size = f"{step['bytes']:,}" if "bytes" in step else ""
        took = "reused" if step["reused"] else f"{step['seconds']:.1f}"
        table.add_row(name, accuracy, size, took, f"[dim]{NOTES.get(name, '')}[/dim]")
    return table


def _facts(summary: dict[str, Any]) -> Iterator[tuple[str, str]]:
    artifact, anchor, split, federated = (
        summary[key] for key in ("artifact", "anchor", "split", "federated")
    )
    yield "artifact", artifact["path"]
    if artifact["tuned_bytes"]:
        smaller, faster = artifact["tuned_bytes"] / artifact["bytes"], artifact["tuned_speed_up"]
        yield (
            "model.onnx",
            (
                f"{artifact['bytes']:,} bytes, {smaller:.0f} times smaller and {faster:.1f} times faster "
                "(CPU time, one image) than the tuned network"
            ),
        )
    chosen = federated["chosen"]
    kept = f"round {chosen} kept" if chosen else "none was better on validation, the start is kept"
    yield "rounds", f"{federated['rounds']} over {federated['devices']} simulated devices; {kept}"
    agree = "the same answers as" if split["equal"] else "other answers than"
    yield (
        "split",
        (
            f"{split['bytes_on_wire']:,} bytes on the wire per image; two workers answered "
            f"{split['requests_per_s']:.0f} requests/s, {agree} the whole model"
        ),
    )
    if anchor["pending"]:
        yield "chain", f"anchoring pending, the next run sends it: {anchor['pending']}"
    else:
        already = "already anchored" if anchor["already"] else "anchored"
        yield "chain", f"{already}: transaction {anchor['transaction']}, block {anchor['block']}"
        yield "contract", anchor["contract"]
    yield (
        "registered",
        f"{summary['registered']['name']} version {summary['registered']['version']}, candidate",
    )
    yield from summary["links"].items()
    if not summary["links"]:
        yield "servers", "are down; `edgeline up` starts them"
    yield "check it", f"edgeline verify {artifact['path']}"
    yield "took", f"{summary['seconds']} s"
