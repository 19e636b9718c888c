"""The nightly evaluation: the whole graph."""

# No postponed annotations here: Prefect makes its form of the types themselves.
from collections.abc import Mapping
from typing import Any

from prefect import flow

from flows import graph
from flows.dispatch import shard_runner
from flows.forms import Calls, Changes, Checkpoint, Configuration, Dollars, Samples
from flows.overriding import reasons
from tasks import steps


@flow(
    name="nightly",
    flow_run_name=graph.flow_run_name,
    task_runner=shard_runner(),
)
@graph.told_in_one_line
def nightly(
    config: Configuration = None,
    overrides: Changes = (),
    run_dir: str = "",
    max_usd: Dollars = None,
    max_calls: Calls = None,
    limit: Samples = None,
    override: Checkpoint = None,
    why: str = "",
) -> dict[str, Any]:
    """Evaluate every judge of a configuration, probes included; returns the run's record.

    Args:
        config: A YAML configuration; not looked at where `run_dir` holds a run.
        overrides: Changes of the configuration, such as `limit_probes=20`.
        run_dir: Folder of a run to continue, or of the new one; empty for a new one in `runs`.
        max_usd: US dollars; the run stops before a call that could cross them.
        max_calls: The most HTTP requests, retries among them.
        limit: At most so many samples, stratified.
        override: A failed checkpoint that may be passed.
        why: The reason, which is kept.
    """
    passed: Mapping[str, str] = reasons(override, why)
    changes = graph.changes(overrides, max_usd, max_calls, limit)
    with graph.opened(config, run_dir or None, **changes) as here:
        graph.let_pass(here, passed)
        run, passed = str(here.run.path), graph.overrides(here)
        graph.load(here)
        steps.check(run, "samples", passed)
        steps.prepare_images(run)
        steps.check(run, "images", passed)
        graph.answer_round(here, graph.GATHER)
        if here.config.responders:
            steps.check(run, "responses", passed)
            steps.take_responses(run)
            steps.prepare_images(run)  # those that probes change for what has responses only now
        graph.answer_round(here, graph.JUDGE)
        graph.answer_round(here, graph.VERIFY)
        graph.measure(here)
        steps.watch(run)
        facts = graph.finish(here, gated=True)
        steps.retain(run)
        return facts
