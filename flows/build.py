"""The whole line: from data to a model that is released and can be proven.

recipe > data > pretrained > fine-tune > shrink > federated rounds > release
"""

from typing import Any

from prefect import flow
from prefect.futures import PrefectFuture

from flows.federate import CORES, rounds
from flows.release import release
from tasks.anchor import settle
from tasks.baseline import baseline
from tasks.compress import shrink, untaught
from tasks.data import version
from tasks.finetune import scratch, tune
from tasks.lineage import stated
from tasks.pretrain import pretrain
from tasks.run import opened, run_name


@flow(name="build", flow_run_name=run_name, task_runner=CORES)
def build(
    recipe: str = "digits", settings: dict[str, str] | None = None, force: bool = False
) -> dict[str, Any]:
    """Build, release and register the model of a recipe; returns the run's summary."""
    with opened(recipe, settings, force) as (run, line):
        settle(run, line.anchor)
        data = version(run, line.data)
        controls: list[PrefectFuture[Any]] = [baseline.submit(run, data)]
        pretrained = pretrain(run, line.pretrained, data.report.form)

        if pretrained.report.knows:
            controls.append(scratch.submit(run, line.finetune, pretrained, data))
        tuned = tune(run, line.finetune, pretrained, data)

        controls.append(untaught.submit(run, line.shrink, tuned, data))
        small = shrink(run, line.shrink, tuned, data)

        for control in controls:
            control.result()
        learned, closed = rounds(run, line.federate, small, data)

        said = stated(recipe, data, pretrained, tuned, small, rounds=closed)
        return release(run, line, data, learned, said, tuned)
