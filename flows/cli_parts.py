"""`judgeflow rerun` and `judgeflow reap`: a part of a run again, and runs that nobody works on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.run_names import RUN
from flows.terminal import show

if TYPE_CHECKING:
    from tasks.stages.parts import Stage

STAGES = ["images", "collect", "judge", "probe", "measure", "report"]
FILE = click.Path(path_type=Path)
as_json = click.option("--json", "as_json", is_flag=True, help="Results as JSON on stdout.")


@click.command()
@click.argument("run", type=RUN)
@click.option("--stage", type=click.Choice(STAGES), required=True, help="What is to be done again.")
@click.option("--quote", is_flag=True, help="Only say what it would ask and cost; makes no call.")
@click.option("--max-usd", type=click.FloatRange(min=0), help="Hard limit of this stage.")
@click.option("--max-calls", type=click.IntRange(min=0), help="Most HTTP requests of this stage.")
@click.option("--override", metavar="CHECKPOINT", help="Let a failed checkpoint pass; needs --why.")
@click.option("--why", metavar="TEXT", help="The recorded reason of --override.")
@as_json
def rerun(
    run: Path,
    stage: Stage,
    quote: bool,
    max_usd: float | None,
    max_calls: int | None,
    override: str | None,
    why: str | None,
    as_json: bool,
) -> None:
    """One stage of a run again; asks only what has no answer.

    `images` prepares them anew, `collect` asks candidate models and describers, `judge` the judges
    about the samples, `probe` what probes ask besides, `measure` parses and measures, `report`
    writes the page. After judge and probe the run is measured too.
    """
    from flows.overriding import reasons
    from flows.rerunning import print_quote, rerun_stage

    reasons(override, why)
    if quote:
        print_quote(run, stage, as_json)
        return
    limits = {"max_usd": max_usd, "max_calls": max_calls}
    rerun_stage(run, stage, as_json, limits=limits, passed=(override, why))


@click.command()
@click.argument("runs", type=FILE)
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0,
    metavar="SECONDS",
    help="Wait so long for a Prefect server that is starting.",
)
@as_json
def reap(runs: Path, wait: float, as_json: bool) -> None:
    """Mark flow runs in the folder RUNS whose worker and process are gone as Crashed.

    Prefect offers Retry for them then. Runs that somebody works on are left alone.
    """
    from flows.reaping import reap as reaped

    found = reaped(runs, wait)
    show(found, as_json, lambda names: "\n".join(names) or "no run was left behind")
