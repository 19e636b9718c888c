"""`judgeflow compare` and `judgeflow runs ...`: two runs side by side, and the history of them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from flows.run_names import RUNS

as_json = click.option("--json", "as_json", is_flag=True, help="Results as JSON on stdout.")


def in_root(command: Callable[..., None]) -> Callable[..., Any]:
    """A command about the runs of a folder, named before or after the command's own word."""

    def told(root: Path, /, own: str | None, **words: Any) -> None:
        command(root if own is None else Path(own), **words)

    named = click.option("--runs", "own", help="The folder that holds the runs.")
    functools.update_wrapper(told, command)
    return named(click.pass_obj(told))


@click.command()
@click.argument("before")
@click.argument("now")
@click.option("--runs", "root", default=RUNS, show_default=True, help="Runs by name.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the JSON to this file too.")
@as_json
def compare(before: str, now: str, root: str, out: Path | None, as_json: bool) -> None:
    """Is a judge worse in run NOW than in run BEFORE? Exit 1 if it is.

    BEFORE and NOW are run folders, or enough of their names to find them in --runs.
    """
    from flows.comparing import print_comparison

    print_comparison(before, now, Path(root), out, as_json)


@click.group()
@click.option(
    "--runs", "root", default=RUNS, show_default=True, help="The folder that holds the runs."
)
@click.pass_context
def runs(context: click.Context, root: str) -> None:
    """The history of runs: what there is, what differs, which are kept."""
    context.obj = Path(root)


@runs.command("list")
@as_json
@in_root
def list_runs(root: Path, as_json: bool) -> None:
    """Every run, oldest first, with its figures, its gate, and whether it is a baseline."""
    from flows.history import print_runs

    print_runs(root, as_json)


@runs.command("show")
@click.argument("run")
@as_json
@in_root
def show_run(root: Path, run: str, as_json: bool) -> None:
    """One run's story."""
    from flows.history import print_run

    print_run(root, run, as_json)


@runs.command("diff")
@click.argument("before")
@click.argument("now")
@as_json
@in_root
def diff_runs(root: Path, before: str, now: str, as_json: bool) -> None:
    """What differs between two runs: configuration, prompts, data, versions."""
    from flows.diffing import print_differences

    print_differences(root, before, now, as_json)


@runs.command("pin")
@click.argument("run")
@click.option("--why", metavar="TEXT", help="Why it is kept.")
@as_json
@in_root
def pin_run(root: Path, run: str, why: str | None, as_json: bool) -> None:
    """Keep a run for ever; a complete one may be a baseline whatever its gate found."""
    from flows.history import pin_one

    pin_one(root, run, why, as_json)


@runs.command("unpin")
@click.argument("run")
@as_json
@in_root
def unpin_run(root: Path, run: str, as_json: bool) -> None:
    """Take a pin back."""
    from flows.history import unpin_one

    unpin_one(root, run, as_json)


@runs.command("prune")
@click.option("--keep", type=click.IntRange(min=0), help="Of each name, keep the newest so many.")
@click.option("--older-than", "days", type=click.FloatRange(min=0), metavar="DAYS")
@click.option("--yes", is_flag=True, help="Delete; without it the runs are only named.")
@as_json
@in_root
def prune_runs(root: Path, keep: int | None, days: float | None, yes: bool, as_json: bool) -> None:
    """Delete run folders that match all conditions; paid answers stay in the call cache.

    A run that is pinned, the last good one of a judge, or being worked on is never deleted.
    """
    from flows.history import prune

    prune(root, keep, days, yes, as_json)
