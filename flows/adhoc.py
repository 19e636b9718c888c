"""The ad-hoc evaluation: agreement with the labels now, probes left to the nightly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prefect import flow

from flows import graph
from flows.dispatch import shard_runner
from flows.overriding import reasons
from tasks import steps


@flow(
    name="adhoc",
    flow_run_name=graph.flow_run_name,
    task_runner=shard_runner(),
)
@graph.told_in_one_line
def adhoc(
    config: str | None = None,
    overrides: list[str] | None = None,
    run_dir: str | None = None,
    max_usd: float | None = None,
    max_calls: int | None = None,
    limit: int | None = None,
    override: str | None = None,
    why: str | None = None,
) -> dict[str, Any]:
    """Evaluate every judge of a configuration without its probes; returns the run's record.

    Args:
        config: path of a YAML configuration; not needed to continue the run in `run_dir`.
        overrides: `a.b=c` changes of the configuration.
        run_dir: the run's folder; made if it does not exist.
        max_usd: the run stops before a call that could cross this.
        max_calls: the most HTTP requests, retries among them.
        limit: at most so many samples, stratified.
        override: a failed checkpoint that may be passed.
        why: the reason, which is kept.
    """
    passed: Mapping[str, str] = reasons(override, why)
    changes = graph.changes(overrides, max_usd, max_calls, limit)
    with graph.opened(config, run_dir, probes={}, **changes) as here:
        graph.let_pass(here, passed)
        run, passed = str(here.run.path), graph.overrides(here)
        steps.load_samples(run)
        steps.check(run, "samples", passed)
        steps.prepare_images(run)
        steps.check(run, "images", passed)
        graph.answer_round(here, graph.GATHER)
        if here.config.responders:
            steps.check(run, "responses", passed)
            steps.take_responses(run)
        graph.answer_round(here, graph.JUDGE)
        graph.measure(here)
        return graph.finish(here)
