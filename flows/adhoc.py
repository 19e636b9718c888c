"""The ad-hoc evaluation: agreement with the labels now, probes left to the nightly."""

# No postponed annotations here: Prefect makes its form of the types themselves.
from typing import Any

from prefect import flow

from flows import graph
from flows.dispatch import shard_runner
from flows.forms import Calls, Changes, Configuration, Dollars, Samples
from flows.opening import open_run
from tasks import steps


@flow(
    name="adhoc",
    flow_run_name=graph.flow_run_name,
    task_runner=shard_runner(),
)
@graph.cancelled_if_interrupted
def adhoc(
    config: Configuration = None,
    overrides: Changes = (),
    run_dir: str = "",
    max_usd: Dollars = None,
    max_calls: Calls = None,
    limit: Samples = None,
) -> dict[str, Any]:
    """Evaluate every judge of a configuration without its probes; returns the run's record.

    Args:
        config: A YAML configuration; not looked at where `run_dir` holds a run.
        overrides: Changes of the configuration, such as `limit_probes=20`.
        run_dir: Folder of a run to continue, or of the new one; empty for a new one in `runs`.
        max_usd: US dollars; the run stops before a call that could cross them.
        max_calls: The most HTTP requests, retries among them.
        limit: At most so many samples, stratified.
    """
    changes = graph.changes(overrides, max_usd, max_calls, limit)
    opened = open_run(config, run_dir or None, graph.flow_run_id(), probes={}, **changes)
    with graph.held(opened) as here:
        run, why = str(opened.path), graph.overrides(here)
        graph.load(here)
        steps.check(run, "samples", why)
        steps.prepare_images(run)
        steps.check(run, "images", why)
        graph.answer_round(here, graph.GATHER)
        if here.config.responders:
            steps.check(run, "responses", why)
            steps.take_responses(run)
        graph.answer_round(here, graph.JUDGE)
        steps.collect_verdicts(run)
        steps.check(run, "verdicts", why)
        steps.measure(run)
        steps.check(run, "estimates", why)
        return graph.finish(here)
