"""`judgeflow probes`: which there are, and what one would ask."""

from __future__ import annotations

from pathlib import Path

import click

FILE = click.Path(path_type=Path)
as_json = click.option("--json", "as_json", is_flag=True, help="Results as JSON on stdout.")


@click.group()
def probes() -> None:
    """Which probes there are, and exactly what one asks."""


@probes.command("list")
@as_json
def list_(as_json: bool) -> None:
    """Every probe and what it asks."""
    from flows.probing import print_probes

    print_probes(as_json)


@probes.command()
@click.argument("name")
@click.argument("sample")
@click.option("--config", type=FILE, help="A configuration. [default: the bundled demo]")
@click.option("--set", "overrides", multiple=True, metavar="A.B=C", help="Change a key of it.")
@click.option("--judge", help="Whose prompt and image limits. [default: the first judge]")
@click.option("--to", type=FILE, help="Write the images into this folder.")
@click.option(
    "--answer",
    "answers",
    type=FILE,
    multiple=True,
    help="A file with an answer's text: show what round 3 would ask about it.",
)
@as_json
def show(
    name: str,
    sample: str,
    config: Path | None,
    overrides: tuple[str, ...],
    judge: str | None,
    to: Path | None,
    answers: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Print exactly what the probe NAME would ask about SAMPLE. Makes no call."""
    from flows.opening import CONFIGS
    from flows.probing import show_probe

    asked = (name, sample, judge)
    show_probe(config or CONFIGS / "demo.yaml", overrides, asked, answers, to, as_json)


@probes.command()
@click.argument("pictures", type=FILE, metavar="DATASET_OR_PICTURES")
@click.option("--to", "file", type=FILE, required=True, help="The PNG to write.")
@click.option("--most", type=click.IntRange(1, 50), default=2, show_default=True, help="Pictures.")
@click.option(
    "--side", type=click.IntRange(64, 1024), default=200, show_default=True, help="Of each, pixels."
)
@click.option("--only", default="", metavar="WORD", help="Changes with this in their names.")
@as_json
def sheet(pictures: Path, file: Path, most: int, side: int, only: str, as_json: bool) -> None:
    """Draw a contact sheet: every change that probes make to a picture, as it would be sent."""
    from flows.sheets import print_sheet

    print_sheet(pictures, file, (most, side), only, as_json)
