"""Every Prefect task: retries, cache rules, timeouts and names on one screen.

A body unpacks, calls one function, logs one line and returns a small record. Tables travel
through the run folder, never through Prefect.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prefect import get_run_logger, task
from prefect.client.schemas.objects import State, TaskRun

from cache.policies import OncePerRun
from data.errors import IncompleteError
from tasks import progress
from tasks.stages import away, checks, drifting, gating, prepare, results, retaining, rounds
from tasks.stages.context import context

SHARD_VERSION = "1"


def _asks_again(task: Any, run: TaskRun, state: State[Any]) -> bool:
    """Only open rows are worth another try; a bad key or a reached budget is not."""
    return isinstance(state.data, IncompleteError)


@task(name="load samples", timeout_seconds=3600)
def load_samples(run: str) -> dict[str, Any]:
    """Samples and rejected rows, from the dataset."""
    facts = prepare.load_samples(context(run))
    get_run_logger().info("%s samples, %s rows rejected", facts["samples"], facts["rejected"])
    return facts


@task(name="prepare images", timeout_seconds=6 * 3600)
def prepare_images(run: str) -> dict[str, int]:
    """Every image as the judges' endpoints will see it."""
    counts = prepare.prepare_images(context(run))
    get_run_logger().info("%(images)s images, %(refused)s refused", counts)
    return counts


@task(name="prepare images again", timeout_seconds=6 * 3600)
def prepare_images_again(run: str) -> dict[str, int]:
    """The same for a run that has asked already; refused where it would ask something else."""
    counts = prepare.prepare_images_again(context(run))
    get_run_logger().info("%(images)s images, %(refused)s refused", counts)
    return counts


@task(name="check", task_run_name="check {boundary}", timeout_seconds=3600)
def check(run: str, boundary: str, overrides: Mapping[str, str]) -> dict[str, Any]:
    """The checkpoint at a stage's boundary; an error-level finding ends the run."""
    result = checks.check(context(run), boundary, overrides)
    get_run_logger().info("checkpoint %s: %s", boundary, result["summary"])
    return result


@task(name="plan", task_run_name="plan round {round_}", timeout_seconds=3600)
def plan_round(run: str, round_: int) -> list[str]:
    """The shards of a round."""
    return rounds.plan_round(context(run), round_)


@task(
    name="answer",
    task_run_name="answer {shard}",
    retry_delay_seconds=2,
    retry_condition_fn=_asks_again,
    cache_policy=OncePerRun(version=SHARD_VERSION),
    persist_result=True,
    result_serializer="json",
    tags=["judgeflow-shard"],
)
def execute_shard(
    run: str, nonce: str, shard: str, part: str | None = None, share: str | None = None
) -> dict[str, Any]:
    """A shard's answers, or those to a part of it, durable; ends failed while rows are open."""
    with away.seen(run, nonce, shard, share) as here:
        counts = rounds.execute_shard(context(here), shard, progress.heard, part)
    get_run_logger().debug("%(shard)s: %(sent)s sent, %(cached)s cached, %(failed)s failed", counts)
    return counts


@task(name="take responses", timeout_seconds=3600)
def take_responses(run: str) -> int:
    """Samples with the candidate models' responses."""
    found = rounds.take_responses(context(run))
    get_run_logger().info("%s responses collected", found.height)
    return found.height


@task(name="read verdicts", timeout_seconds=3600)
def collect_verdicts(run: str) -> dict[str, int]:
    """Answers parsed into verdicts in own order; counts by status."""
    counts = results.collect_verdicts(context(run))
    get_run_logger().info("verdicts: %s", counts)
    return counts


@task(name="measure", timeout_seconds=3600)
def measure(run: str) -> int:
    """Estimates of every judge, baseline and probe."""
    estimates = results.measure(context(run))
    get_run_logger().info("%s estimates", estimates.height)
    return estimates.height


@task(name="watch drift", timeout_seconds=3600)
def watch(run: str) -> str | None:
    """The charts of the night's anchors; what ends the run as a regression, if anything does."""
    drift = drifting.watch(context(run))
    if drift is None:
        return None
    for said in (*map(drifting.line, drift.charts), *(each.message for each in drift.findings)):
        get_run_logger().info("%s", said)
    return drift.failure


@task(name="gate", timeout_seconds=3600)
def gate(run: str, shortfall: str | None) -> str:
    """The run beside its last good run; the verdict in a line."""
    found = gating.gate(context(run), shortfall)
    get_run_logger().info("gate: %s", found.said)
    return found.said


@task(name="retain", timeout_seconds=3600)
def retain(run: str) -> list[str]:
    """The names of the older runs that were deleted."""
    gone, stuck = retaining.retain(context(run))
    get_run_logger().info("%s older runs deleted", len(gone))
    for why in stuck:
        get_run_logger().warning("retention: %s", why)
    return gone


@task(name="report", timeout_seconds=3600)
def report(run: str) -> str:
    """The run's page; its path."""
    return checks.report(context(run))
