"""The end of a run: one object for programs, a table and links in Prefect, the figures in MLflow, old runs away."""

import contextlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

from prefect.artifacts import create_link_artifact, create_table_artifact
from prefect.runtime import flow_run

from edgeline.files import write_json
from edgeline.recipe import Recipe
from edgeline.sources.own import digests
from edgeline.stack import services
from edgeline.tracking import runs
from edgeline.workspace import fingerprint
from tasks.run import Run

SHOWN = (
    "data", "baseline", "pretrained", "finetune", "scratch", "shrink", "untaught", "federate",
    "export", "reference", "quantise", "split", "seal", "rehearse", "gate", "anchor", "verify", "register",
)  # fmt: skip
"""Steps of a summary, in the order of the line."""


def summarise(run: Run, line: Recipe) -> dict[str, Any]:
    """Gather what the run's steps reported, publish it, and keep it for the run that finds nothing changed."""
    entries = _entries(run.journal)
    last = {entry["step"]: entry for entry in entries}
    summary = _summary(run, last, [entry for entry in entries if entry["step"] == "round"])
    _publish(run, summary)
    write_json(run.workspace.run(run.name) / "summary.json", summary)
    if flow_run.flow_name == "build":
        settings = line.model_dump_json()
        identity = fingerprint(run.workspace, run.recipe, settings, digests(line, run.root))
        write_json(run.workspace.latest(run.recipe), {"fingerprint": identity, "summary": summary})
    forget(run, line.keep.runs)
    return summary


def _summary(run: Run, last: dict[str, Any], rounds: list[dict[str, Any]]) -> dict[str, Any]:
    report = {step: entry["report"] for step, entry in last.items()}
    int8, anchored, split = report["quantise"], report["anchor"], report["split"]
    return {
        "recipe": run.recipe,
        "run": run.name,
        "data_revision": report["data"]["revision"],
        "data_digest": report["data"]["digest"],
        "baseline": _baseline(report),
        "steps": _steps(last, rounds),
        "artifact": {
            "path": last["seal"]["path"],
            "digest": last["seal"]["digest"],
            "bytes": int8["bytes"],
            "tuned_bytes": int8["tuned_bytes"],
            "speed_up": int8["quantisation"]["speed_up"],
            "tuned_speed_up": int8["tuned_speed_up"],
        },
        "anchor": {
            key: anchored[key]
            for key in ("chain", "transaction", "block", "contract", "already", "pending")
        },
        "split": {
            **{key: split[key] for key in ("cut", "bytes_on_wire", "equal")},
            "requests_per_s": report["rehearse"]["requests_per_s"],
        },
        "federated": {
            "rounds": len(rounds),
            "accuracy": list(report["federate"]["rounds"]),
            "chosen": report["federate"]["chosen"],
            "devices": report["federate"]["devices"],
        },
        "registered": {key: report["register"][key] for key in ("name", "version", "already")},
        "links": _links(run),
    }


def _baseline(report: dict[str, Any]) -> dict[str, Any]:
    """What a score must be seen beside; a run that only goes on with a candidate measures none."""
    plain = report.get("baseline")
    return {
        "trivial": _scores(plain["trivial"]) if plain else {},
        "logistic": _scores(plain["test"]) if plain else {},
        "published": report["data"]["published"],
    }


def _steps(last: dict[str, Any], rounds: list[dict[str, Any]]) -> dict[str, Any]:
    steps = {name: _figures(last[name]) for name in SHOWN if name in last}
    if "finetune" in steps and "pretrained" in steps:
        steps["pretrained"] |= _scores(last["finetune"]["report"]["before"])
    steps["federate"]["seconds"] = round(
        sum(entry["seconds"] for entry in [last["federate"], *rounds]), 3
    )
    steps["federate"]["reused"] = all(entry["reused"] for entry in [last["federate"], *rounds])
    return steps


def _figures(entry: dict[str, Any]) -> dict[str, Any]:
    report = entry["report"]
    return {
        **_scores(report.get("test", {})),
        **({"bytes": report["bytes"]} if "bytes" in report else {}),
        "seconds": entry["seconds"],
        "reused": entry["reused"] or report.get("already", False),
    }


def _scores(test: object) -> dict[str, float]:
    """Of a report's test set; in the report on the data that is a count of items."""
    if not isinstance(test, dict):
        return {}
    return {name: round(value, 4) for name, value in test.items() if value is not None}


def _links(run: Run) -> dict[str, str]:
    page = services.running(run.root).get("mlflow")
    pages = {
        "prefect": flow_run.ui_url or "",
        "mlflow": runs.run_url(run.flow_run, page.url) if page else "",
    }
    return {name: url for name, url in pages.items() if url}


def _publish(run: Run, summary: dict[str, Any]) -> None:
    rows = [{"step": name, **figures} for name, figures in summary["steps"].items()]
    digest = summary["artifact"]["digest"]
    create_table_artifact(
        rows, key=f"{run.recipe}-summary", description=f"{run.name}, artifact {digest}"
    )
    if "mlflow" in summary["links"]:
        create_link_artifact(
            summary["links"]["mlflow"], f"{run.name} in MLflow", key=f"{run.recipe}-mlflow"
        )
    scores = {
        f"{name}.test_{score}": figures[score]
        for name, figures in summary["steps"].items()
        for score in ("accuracy", "balanced_accuracy", "auc")
        if score in figures
    }
    runs.log_metrics(run.flow_run, {**scores, "model_bytes": summary["artifact"]["bytes"]})
    reused = [name for name, figures in summary["steps"].items() if figures["reused"]]
    runs.log_tags(
        run.flow_run,
        {
            "artifact": digest,
            "transaction": summary["anchor"]["transaction"],
            "reused": ", ".join(reused) or "nothing",
        },
    )


def forget(run: Run, keep: int) -> None:
    """Remove the folders of all but the newest runs, and the step folders that only they used."""
    runs = sorted(run.workspace.runs.iterdir(), key=lambda folder: folder.stat().st_mtime)
    ours = re.compile(rf"{re.escape(run.recipe)}-[a-z]+-\d{{8}}-\d{{6}}")
    old = [folder for folder in runs if ours.fullmatch(folder.name)][:-keep]
    used = {
        _key(entry) for folder in set(runs) - set(old) for entry in _entries(folder / "steps.jsonl")
    }
    gone = {_key(entry) for folder in old for entry in _entries(folder / "steps.jsonl")} - used
    for step, key in gone:
        folder = run.workspace.step(step, key)
        folder.with_suffix(".json").unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
    for folder in old:
        shutil.rmtree(folder)


def _entries(journal: Path) -> list[dict[str, Any]]:
    """The lines of a journal; the last one may have been cut off when its run was killed."""
    entries = []
    with contextlib.suppress(FileNotFoundError, ValueError):
        for line in journal.read_text(encoding="utf-8").splitlines():
            entries.append(json.loads(line))
    return entries


def _key(entry: dict[str, Any]) -> tuple[str, str]:
    return entry["step"], entry["key"]
