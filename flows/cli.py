"""The command line: `judgeflow demo | plan | run | resume | measure | reparse | report | ...`.

Nothing heavy is imported here: each command imports what it needs when it runs.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from data.errors import DefectError, JudgeflowError
from flows.run_names import RUN
from flows.terminal import quieten, say

FILE = click.Path(path_type=Path)
as_json = click.option("--json", "as_json", is_flag=True, help="Results as JSON on stdout.")
sets = click.option(
    "--set", "overrides", multiple=True, metavar="A.B=C", help="Change a configuration key."
)
max_usd = click.option("--max-usd", type=click.FloatRange(min=0), help="Hard limit of the run.")
max_calls = click.option(
    "--max-calls", type=click.IntRange(min=0), help="Most HTTP requests, retries among them."
)
limit = click.option("--limit", type=click.IntRange(min=1), help="At most so many samples.")
limit_probes = click.option(
    "--limit-probes", type=click.IntRange(min=1), help="At most so many samples per probe and mode."
)
override = click.option(
    "--override", metavar="CHECKPOINT", help="Let a failed checkpoint pass; needs --why."
)
accept_baseline = click.option(
    "--accept-baseline", is_flag=True, help="Whatever the gate finds, this run is the new baseline."
)
epoch = click.option("--epoch", metavar="NAME", help="Ask afresh, under this name.")
split_versions = click.option(
    "--split-versions",
    is_flag=True,
    help="Let a judge pass that answered in several model versions, and report each.",
)
why = click.option("--why", metavar="TEXT", help="The recorded reason of --override.")

EPILOG = (
    "Exit codes: 0 good, 1 regression, 2 bad input, configuration, credentials or environment, "
    "3 incomplete, 4 budget, 5 checkpoint, 70 a defect in judgeflow, 130 interrupted."
)


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="judgeflow")
def cli() -> None:
    """How far can this multimodal model be trusted as a judge?"""


@cli.command()
@click.option("--run-dir", type=FILE, help="The run's folder; made if it does not exist.")
@sets
@as_json
def demo(run_dir: Path | None, overrides: tuple[str, ...], as_json: bool) -> None:
    """The whole nightly graph offline: bundled demo set, simulated and baseline judges."""
    from flows.opening import CONFIGS
    from flows.running import run_flow

    config = CONFIGS / "demo.yaml"
    run_flow("nightly", config, run_dir, as_json, overrides=list(overrides))


@cli.command()
@click.argument("config", type=FILE)
@sets
@limit
@limit_probes
@click.option("--probes/--no-probes", default=True, help="Quote the configured probes too.")
@click.option("--variants", is_flag=True, help="A line for every variant, not the sums.")
@as_json
def plan(
    config: Path,
    overrides: tuple[str, ...],
    limit: int | None,
    limit_probes: int | None,
    probes: bool,
    variants: bool,
    as_json: bool,
) -> None:
    """The quote: requests, cached share, tokens, price and time. Makes no call."""
    from flows.planning import print_quote

    changes: dict[str, Any] = {} if probes else {"probes": {}, "anchors": None}
    overrides = _with(overrides, limit_probes=limit_probes)
    print_quote(config, overrides, limit, as_json, variants=variants, **changes)


@cli.command()
@click.argument("config", type=FILE)
@sets
@max_usd
@max_calls
@click.option("--run-dir", type=FILE, help="The run's folder; made if it does not exist.")
@limit
@limit_probes
@click.option("--probes/--no-probes", default=True, help="Ask the configured probes too.")
@epoch
@split_versions
@override
@why
@accept_baseline
@as_json
def run(
    config: Path,
    overrides: tuple[str, ...],
    max_usd: float | None,
    max_calls: int | None,
    run_dir: Path | None,
    limit: int | None,
    limit_probes: int | None,
    probes: bool,
    epoch: str | None,
    split_versions: bool,
    override: str | None,
    why: str | None,
    accept_baseline: bool,
    as_json: bool,
) -> None:
    """Evaluate the judges of a configuration."""
    from flows.running import run_flow

    run_flow(
        "nightly" if probes else "adhoc",
        config,
        run_dir,
        as_json,
        overrides=list(
            _with(overrides, limit_probes=limit_probes, epoch=epoch, split_versions=split_versions)
        ),
        max_usd=max_usd,
        max_calls=max_calls,
        limit=limit,
        override=_reason(override, why),
        accept=accept_baseline,
    )


@cli.command()
@click.argument("run", type=RUN)
@max_usd
@max_calls
@override
@why
@accept_baseline
@as_json
def resume(
    run: Path,
    max_usd: float | None,
    max_calls: int | None,
    override: str | None,
    why: str | None,
    accept_baseline: bool,
    as_json: bool,
) -> None:
    """Finish an interrupted run; pays only for what has no answer yet."""
    from flows.running import resume_run

    limits = {"max_usd": max_usd, "max_calls": max_calls}
    reason = _reason(override, why)
    resume_run(run, as_json, limits=limits, override=reason, accept=accept_baseline)


@cli.command()
@click.argument("run", type=RUN)
@as_json
def reparse(run: Path, as_json: bool) -> None:
    """Read the stored answers again with today's parser and measures; makes no call."""
    from flows.again import reparse_run

    reparse_run(run, as_json)


@cli.command()
@click.argument("run", type=RUN)
@as_json
def report(run: Path, as_json: bool) -> None:
    """Write a run's page again from its tables; prints where it lies."""
    from flows.again import report_run

    report_run(run, as_json)


@cli.command()
@click.argument("run", type=RUN)
@click.option("--judge", help="Only this judge.")
@as_json
def card(run: Path, judge: str | None, as_json: bool) -> None:
    """What each judge of a run can be trusted with, on a page (Markdown, or JSON)."""
    from flows.again import print_cards

    print_cards(run, judge, as_json)


@cli.command()
@click.argument("run", type=RUN)
@click.option("--sample", "sample_id", help="A sample's id; without it, the samples are listed.")
@click.option("--judge", help="Only this judge.")
@as_json
def view(run: Path, sample_id: str | None, judge: str | None, as_json: bool) -> None:
    """What a judge was shown, what it said and how that was read; images by their files."""
    from flows.viewing import view_sample

    view_sample(run, sample_id, judge, as_json)


def _with(overrides: tuple[str, ...], **options: object) -> tuple[str, ...]:
    """The changes with those that have an option of their own."""
    given = {key: value for key, value in options.items() if value not in {None, False}}
    return (*overrides, *(f"{key}={json.dumps(value)}" for key, value in given.items()))


def _reason(override: str | None, why: str | None) -> dict[str, str]:
    from flows.overriding import reasons

    return reasons(override, why)


def _commands() -> None:
    from flows import (
        cli_anchors,
        cli_cache,
        cli_data,
        cli_deploy,
        cli_parts,
        cli_probes,
        cli_runs,
    )
    from flows.cli_figures import COMMANDS

    for command in COMMANDS:
        cli.add_command(command)
    cli.add_command(cli_anchors.anchors)
    cli.add_command(cli_anchors.history)
    cli.add_command(cli_cache.cache)
    cli.add_command(cli_data.data)
    cli.add_command(cli_deploy.deploy)
    cli.add_command(cli_deploy.serve)
    cli.add_command(cli_probes.probes)
    cli.add_command(cli_parts.rerun)
    cli.add_command(cli_parts.reap)
    cli.add_command(cli_runs.runs)
    cli.add_command(cli_runs.compare)


def main(argv: list[str] | None = None) -> None:
    """Run the command line; every expected failure is one line and an exit code."""
    atexit.register(gc.freeze)  # else Python's end looks over all that lives, for two seconds
    quieten()
    _commands()
    sys.exit(_code(lambda: cli.main(args=argv, prog_name="judgeflow", standalone_mode=False)))


def _code(command: Callable[[], object]) -> int:
    try:
        command()
    except JudgeflowError as error:
        if isinstance(error, DefectError) and os.environ.get("JUDGEFLOW_TRACEBACK"):
            raise
        say(f"judgeflow: {error}")
        return error.exit_code
    except click.exceptions.Abort:
        say("judgeflow: interrupted")
        return 130
    except KeyboardInterrupt:
        say("judgeflow: interrupted")
        return 130
    except click.ClickException as error:
        say(f"judgeflow: {error.format_message().rstrip('.')}; see --help")
        return 2
    except BrokenPipeError:
        return 0
    except Exception as error:  # the last line of defence: no traceback on a user's terminal
        if os.environ.get("JUDGEFLOW_TRACEBACK"):
            raise
        said = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        say(f"judgeflow: a defect in judgeflow: {said}; JUDGEFLOW_TRACEBACK=1 shows where")
        return DefectError.exit_code
    return 0
