"""`judgeflow anchors`, `judgeflow history`: how judges are watched, and what is remembered."""

from __future__ import annotations

from pathlib import Path

import click

FILE = click.Path(path_type=Path)
as_json = click.option("--json", "as_json", is_flag=True, help="Results as JSON on stdout.")
sets = click.option(
    "--set", "overrides", multiple=True, metavar="A.B=C", help="Change a configuration key."
)


@click.group()
def anchors() -> None:
    """Frozen samples that judges are asked afresh every night, and the charts of the answers."""


@anchors.command()
@click.argument("config", type=FILE)
@sets
@as_json
def init(config: Path, overrides: tuple[str, ...], as_json: bool) -> None:
    """Choose the anchors of a configuration and freeze them with copies of their images.

    Makes no call.
    """
    from flows.anchoring import print_chosen

    print_chosen(config, overrides, as_json)


@anchors.command()
@click.argument("config", type=FILE)
@sets
@as_json
def status(config: Path, overrides: tuple[str, ...], as_json: bool) -> None:
    """Where every judge's chart stands, and what the charts promise."""
    from flows.anchoring import print_status

    print_status(config, overrides, as_json)


@anchors.command()
@click.argument("config", type=FILE)
@click.option(
    "--judge", "judges", multiple=True, help="Only this judge. [default: all that signal]"
)
@click.option("--why", required=True, metavar="TEXT", help="The recorded reason.")
@click.option(
    "--keep-baseline",
    is_flag=True,
    help="What happened is over: the sums start at zero, the baseline stays.",
)
@sets
@as_json
def accept(
    config: Path,
    judges: tuple[str, ...],
    why: str,
    keep_baseline: bool,
    overrides: tuple[str, ...],
    as_json: bool,
) -> None:
    """Learn a new baseline from the next night on."""
    from flows.anchoring import print_accepted

    print_accepted(config, overrides, as_json, judges=judges, why=why, learn=not keep_baseline)


@click.group()
def history() -> None:
    """The figures of all runs of a folder, in one table."""


@history.command()
@click.option("--runs", type=FILE, default=Path("runs"), show_default=True, help="Their folder.")
@as_json
def rebuild(runs: Path, as_json: bool) -> None:
    """Make the history anew from the run folders; runs that are gone keep their rows."""
    from flows.anchoring import print_rebuilt

    print_rebuilt(runs, as_json)


@history.command()
@click.option("--runs", type=FILE, default=Path("runs"), show_default=True, help="Their folder.")
@click.option("--judge", help="Only this judge.")
@click.option("--all", "every", is_flag=True, help="Every measure, not the primary ones alone.")
@as_json
def show(runs: Path, judge: str | None, every: bool, as_json: bool) -> None:
    """The figures by night."""
    from flows.anchoring import print_history

    print_history(runs, judge, every, as_json)
