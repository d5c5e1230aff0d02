"""The whole line: from data to a model that is released and can be proven.

recipe > data > pretrained > fine-tune > shrink > federated rounds > release
"""

from typing import Any

from prefect import flow

from edgeline.provenance.lineage import Lineage
from flows.federate import CORES, run_rounds
from flows.release import release
from tasks.anchor import anchor_pending
from tasks.baseline import baseline
from tasks.controls import train_without_start, train_without_teacher
from tasks.data import ensure_data
from tasks.finetune import tune
from tasks.lineage import build_lineage
from tasks.pretrain import pretrain
from tasks.rehearse import check_messages
from tasks.results import Results, TrainingResults
from tasks.run import run_name, start_run
from tasks.shrink import shrink
from tasks.summary import summarise


@flow(name="build", flow_run_name=run_name, task_runner=CORES)
def build(
    recipe: str = "digits", settings: dict[str, str] | None = None, force: bool = False
) -> dict[str, Any]:
    """Build, release and register the model of a recipe; returns the run's summary."""
    with start_run(recipe, settings, force) as (run, sections):
        anchor_pending(run, sections.anchor)
        data = ensure_data(run, sections.data)
        check_messages(run, data)
        plain = baseline.submit(run, data)
        pretrained = pretrain(run, sections.pretrained, data.report.form)

        scratch = None
        if pretrained.report.has_learned:
            scratch = train_without_start.submit(run, sections.finetune, pretrained, data)
        tuned = tune(run, sections.finetune, pretrained, data)

        untaught = train_without_teacher.submit(run, sections.shrink, tuned, data)
        small = shrink(run, sections.shrink, tuned, data)

        training = TrainingResults(
            plain.result(),
            pretrained,
            tuned,
            scratch.result() if scratch else None,
            small,
            untaught.result(),
        )
        rounds, best = run_rounds(run, sections.federate, small, data, Lineage())
        lineage = build_lineage(run, data, training, rounds, best, Lineage())
        released = release(run, sections, data, best, lineage, tuned)
        results = Results(data, training, rounds, best, released)
        return summarise(run, sections, results)
