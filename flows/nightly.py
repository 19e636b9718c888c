"""The nightly evaluation: the whole graph."""

from __future__ import annotations

from typing import Any

from prefect import flow

from flows import graph
from flows.dispatch import shard_runner
from flows.opening import open_run
from tasks import steps


@flow(
    name="nightly",
    flow_run_name=graph.flow_run_name,
    task_runner=shard_runner(),
)
@graph.cancelled_if_interrupted
def nightly(
    config: str | None = None,
    overrides: list[str] | None = None,
    run_dir: str | None = None,
    max_usd: float | None = None,
    max_calls: int | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    """Evaluate every judge of a configuration, probes included; returns the run's record.

    Args:
        config: path of a YAML configuration; not needed to continue the run in `run_dir`.
        overrides: `a.b=c` changes of the configuration.
        run_dir: the run's folder; made if it does not exist.
        max_usd: the run stops before a call that could cross this.
        max_calls: the most HTTP requests, retries among them.
        limit: at most so many samples, stratified.
    """
    changes = graph.changes(overrides, max_usd, max_calls, limit)
    opened = open_run(config, run_dir, graph.flow_run_id(), **changes)
    with graph.held(opened) as here:
        run, why = str(opened.path), graph.overrides(here)
        steps.load_samples(run)
        steps.check(run, "samples", why)
        steps.prepare_images(run)
        steps.check(run, "images", why)
        graph.answer_round(here, graph.GATHER)
        if here.config.responders:
            steps.check(run, "responses", why)
            steps.take_responses(run)
            steps.prepare_images(run)  # those that probes change for what has responses only now
        graph.answer_round(here, graph.JUDGE)
        graph.answer_round(here, graph.VERIFY)
        steps.collect_verdicts(run)
        steps.check(run, "verdicts", why)
        steps.measure(run)
        if here.run.has("claims"):
            steps.check(run, "claims", why)
        steps.check(run, "estimates", why)
        steps.watch(run)
        facts = graph.finish(here, gated=True)
        steps.retain(run)
        return facts
