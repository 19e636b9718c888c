"""`judgeflow cache ...`: looking after what is already paid for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from data.errors import DataError
from flows.terminal import show

if TYPE_CHECKING:
    from cache.store import CallCache

as_json = click.option("--json", "as_json", is_flag=True, help="Results as JSON on stdout.")


@click.group()
@click.option(
    "--cache",
    "location",
    default=".cache/judgeflow",
    show_default=True,
    help="A folder, redis://HOST:PORT/DB or env:NAME.",
)
@click.pass_context
def cache(context: click.Context, location: str) -> None:
    """The call cache: what it holds, whether it is sound, moving it, thinning it out."""
    context.obj = location


@cache.command()
@as_json
@click.pass_obj
def stats(location: str, as_json: bool) -> None:
    """Entries, bytes, models, epochs, billed tokens, and what they cost at listed prices."""
    from cache import tools
    from flows.opening import PRICES
    from tasks.prices import load_price_list

    prices = load_price_list(PRICES)
    with _opened(location) as opened:
        found = tools.stats(opened, prices.paid_for)
    show(found.model_dump(), as_json, _lines)


@cache.command()
@as_json
@click.pass_obj
def verify(location: str, as_json: bool) -> None:
    """Rehash every entry and name the damaged ones; exit 2 if there are any."""
    from cache import tools

    with _opened(location) as opened:
        sound, damaged = tools.verify(opened)
    found = {"sound": sound, "damaged": [{"key": key, "reason": why} for key, why in damaged]}
    show(found, as_json, lambda f: f"{f['sound']} entries are sound, {len(damaged)} are damaged")
    if damaged:
        raise DataError(
            f"entry {damaged[0][0]} is damaged: {damaged[0][1]}; `cache prune --damaged` drops "
            f"all {len(damaged)}, and the next run asks them again"
        )


@cache.command()
@click.argument("file", type=click.Path(path_type=Path))
@as_json
@click.pass_obj
def export(location: str, file: Path, as_json: bool) -> None:
    """Write every sound entry to FILE as JSON lines."""
    from cache import tools

    with _opened(location) as opened:
        count = tools.export(opened, file)
    show({"exported": count}, as_json, lambda _: f"{count} entries exported to {file}")


@cache.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@as_json
@click.pass_obj
def import_(location: str, file: Path, as_json: bool) -> None:
    """Store the entries of an export; those already here are kept."""
    from cache import tools

    with _opened(location, make=True) as opened:
        new, known = tools.import_(opened, file)
    show({"new": new, "known": known}, as_json, lambda _: f"{new} new, {known} already here")


@cache.command()
@click.option("--older-than", "days", type=click.FloatRange(min=0), metavar="DAYS")
@click.option("--model", help="Entries of this model.")
@click.option("--epoch", help="Entries of this epoch.")
@click.option("--damaged", is_flag=True, help="Damaged entries.")
@click.option("--yes", is_flag=True, help="Delete; without it the entries are only counted.")
@as_json
@click.pass_obj
def prune(
    location: str,
    days: float | None,
    model: str | None,
    epoch: str | None,
    damaged: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Delete entries that match all conditions; they cost money to get back."""
    from cache import tools

    with _opened(location) as opened:
        count = tools.prune(
            opened,
            older_than_days=days,
            model=model,
            epoch=epoch,
            damaged=damaged,
            dry_run=not yes,
        )
    what = "deleted" if yes else "would be deleted; --yes does it"
    show({"matching": count, "deleted": count if yes else 0}, as_json, lambda _: f"{count} {what}")


@contextmanager
def _opened(location: str, make: bool = False) -> Iterator[CallCache]:
    from cache.location import is_shared
    from cache.opening import open_cache

    if not make and not is_shared(location) and not (Path(location) / "calls").is_dir():
        raise DataError(f"there is no call cache at {location!r}; give its folder with --cache")
    cache = open_cache(location)
    try:
        yield cache
    finally:
        cache.close()


def _lines(found: dict[str, object]) -> str:
    return "\n".join(f"{name.replace('_', ' '):14}{value}" for name, value in found.items())
