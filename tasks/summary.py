"""The end of a run: one object for programs, a table and links in Prefect, the scores in MLflow, old runs away."""

from dataclasses import asdict
from typing import Any

from prefect import task
from prefect.artifacts import create_link_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from edgeline.comparison import describe
from edgeline.files import finite, write_json
from edgeline.fingerprint import fingerprint
from edgeline.keyed_record import write_record
from edgeline.metrics import Scores
from edgeline.recipe import Recipe
from edgeline.recipe.steps import STEPS
from edgeline.sources.recipe_files import digests
from edgeline.stack import services
from edgeline.tracking import runs
from edgeline.workspace import forget_runs
from tasks.results import ReleaseResults, Results
from tasks.run import Run
from tasks.step_result import StepResult


@task(name="summary", cache_policy=NO_CACHE)
def summarise(run: Run, recipe: Recipe, results: Results) -> dict[str, Any]:
    """Publish what the run's steps report; returns the object that `--json` prints."""
    summary: dict[str, Any] = finite(_summary(run, results))
    _publish(run, summary)
    write_json(run.workspace.run(run.name) / "summary.json", summary)
    if results.training:
        # the newest build of the recipe, for the run that finds nothing changed
        settings = recipe.model_dump_json()
        identity = fingerprint(run.workspace, run.recipe, settings, digests(recipe, run.root))
        newest = {"fingerprint": identity, "summary": summary}
        write_record(run.workspace, run.workspace.latest(run.recipe), newest)
    forget_runs(run.workspace, run.recipe, recipe.keep.runs)
    return summary


def _summary(run: Run, results: Results) -> dict[str, Any]:
    data, training, release = results.data.report, results.training, results.release
    return {
        "recipe": run.recipe,
        "run": run.name,
        "data_revision": data.revision,
        "data_digest": data.digest,
        "baseline": {
            "trivial": _scores(training.baseline.report.trivial) if training else {},
            "logistic": _scores(training.baseline.report.linear) if training else {},
            "published": data.published,
        },
        "steps": _steps(results),
        "effects": _effects(run, results),
        "artifact": _artifact(run, release),
        "anchor": asdict(release.anchor.report),
        "split": {
            "cut": list(release.split.report.cut),
            "bytes_on_wire": release.split.report.bytes_on_wire,
            "equal": release.split.report.equal,
            "requests_per_s": release.rehearse.report.requests_per_s,
        },
        "federated": _federated(results),
        "registered": asdict(release.register.report),
        "links": _links(run),
    }


def _federated(results: Results) -> dict[str, Any]:
    report = results.federate.report
    numbers = [one.report.number for one in results.rounds]
    return {
        "rounds": len(numbers),
        "accuracy": [*report.rounds, *report.not_kept],
        "chosen": report.chosen,
        "kept": numbers[: len(report.rounds)],
        "not_kept": numbers[len(report.rounds) :],
        "devices": report.devices,
    }


def _artifact(run: Run, release: ReleaseResults) -> dict[str, Any]:
    int8 = release.quantise.report
    return {
        "path": run.workspace.relative(release.seal.path),
        "digest": release.seal.digest,
        "bytes": int8.bytes,
        "tuned_bytes": int8.tuned.bytes_before if int8.tuned else None,
        "speed_up": int8.judgement.speed_up,
        "tuned_speed_up": int8.tuned.speed_up if int8.tuned else None,
    }


def _steps(results: Results) -> dict[str, Any]:
    """Scores, size and time of each step by its name, in the order of the line."""
    training, release = results.training, results.release
    made = [results.data, results.federate, *vars(release).values()]
    if training:
        made += vars(training).values()
    rows = {one.step: _row(one) for one in made if one}
    if training:
        rows["baseline"] = _row(training.baseline, training.baseline.report.linear)
        rows["pretrained"] = _row(training.pretrained, training.finetune.report.before)
    steps = {name: rows[name] for name in STEPS if name in rows}
    every = [results.federate, *results.rounds]
    steps["federate"]["seconds"] = round(sum(round(one.seconds, 3) for one in every), 3)
    steps["federate"]["reused"] = all(one.reused for one in every)
    # an entry that the chain or the registry held before counts as reused
    steps["anchor"]["reused"] |= release.anchor.report.already
    steps["register"]["reused"] |= release.register.report.already
    return steps


def _effects(run: Run, results: Results) -> list[dict[str, Any]]:
    """What each step did to the answers on the test set, in the order of the line; `gate` is the sealed model."""
    training, release = results.training, results.release
    learned = [training.finetune, training.shrink] if training else []
    made: list[StepResult[Any]] = [*learned, results.federate, release.quantise, release.gate]
    return [gain.row(one.step, run.score) for one in made for gain in one.report.gains]


def _row(result: StepResult[Any], scores: Scores | None = None) -> dict[str, Any]:
    """The figures of a step: scores on the test set, by default its report's; bytes of what it made; time."""
    test, size = (getattr(result.report, name, None) for name in ("test", "bytes"))
    scores = scores or (test if isinstance(test, Scores) else None)
    return {
        **(_scores(scores) if scores else {}),
        **({} if size is None else {"bytes": size}),
        "seconds": round(result.seconds, 3),
        "reused": result.reused,
    }


def _scores(test: Scores) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(test).items() if value is not None}


def _links(run: Run) -> dict[str, str]:
    page = services.page("mlflow", run.root)
    pages = {
        "prefect": flow_run.ui_url or "",
        "mlflow": runs.run_url(run.flow_run, page) if page else "",
    }
    return {name: url for name, url in pages.items() if url}


def _publish(run: Run, summary: dict[str, Any]) -> None:
    rows = [{"step": name, **step} for name, step in summary["steps"].items()]
    digest = summary["artifact"]["digest"]
    about = f"{run.name}, artifact {digest}"
    create_table_artifact(rows, key=f"{run.recipe}-summary", description=about)
    create_table_artifact(summary["effects"], key=f"{run.recipe}-effects", description=about)
    if "mlflow" in summary["links"]:
        create_link_artifact(
            summary["links"]["mlflow"], f"{run.name} in MLflow", key=f"{run.recipe}-mlflow"
        )
    scores = {
        f"{name}.test_{score}": step[score]
        for name, step in summary["steps"].items()
        for score in ("accuracy", "balanced_accuracy", "auc")
        if step.get(score) is not None
    }
    runs.log_metrics(run.flow_run, {**scores, "model_bytes": summary["artifact"]["bytes"]})
    _complete_pretrained(run, scores)
    reused = [name for name, step in summary["steps"].items() if step["reused"]]
    tags = {
        "effects": "; ".join(map(describe, summary["effects"])),
        "artifact": digest,
        "transaction": summary["anchor"]["transaction"],
        "reused": ", ".join(reused) or "nothing",
    }
    runs.log_tags(run.flow_run, tags)


def _complete_pretrained(run: Run, scores: dict[str, float]) -> None:
    """Give MLflow's run of this step, where this run has one, its scores on the test set.

    It is measured in the next step, since it is made before it sees the task's data.
    """
    beginning = "pretrained.test_"
    own = {
        name.replace(beginning, "test."): value
        for name, value in scores.items()
        if name.startswith(beginning)
    }
    if own and (step := runs.find_child(run.flow_run, "pretrained")):
        runs.log_metrics(step, own)
