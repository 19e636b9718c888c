"""`judgeflow probes ...`: looking at what probes ask."""

from __future__ import annotations

from pathlib import Path

import click

from flows.terminal import show

FILE = click.Path(path_type=Path)
as_json = click.option("--json", "as_json", is_flag=True, help="Results as JSON on stdout.")


@click.group()
def probes() -> None:
    """Probes: what they ask and what they do to pictures."""


@probes.command()
@click.argument("pictures", type=FILE, metavar="DATASET_OR_PICTURES")
@click.option("--to", "file", type=FILE, required=True, help="The PNG to write.")
@click.option("--most", type=click.IntRange(1, 50), default=2, show_default=True, help="Pictures.")
@click.option(
    "--side", type=click.IntRange(64, 1024), default=200, show_default=True, help="Of each, pixels."
)
@as_json
def sheet(pictures: Path, file: Path, most: int, side: int, as_json: bool) -> None:
    """Draw a contact sheet: every change that probes make to a picture, as it would be sent."""
    from flows.sheets import write_sheet

    found = write_sheet(pictures, file, most, side)
    show(found, as_json, lambda f: f"{f['cells']} cells of {f['pictures']} pictures in {f['file']}")
