"""Commands that need no run of ours: measures of somebody else's verdicts, rates, sample sizes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from flows.run_names import RUN

FILE = click.Path(path_type=Path)
as_json = click.option("--json", "as_json", is_flag=True, help="Results as JSON on stdout.")


@click.command()
@click.argument("verdicts", type=FILE)
@click.option("--labels", type=FILE, help="A table with the labels, if VERDICTS has none.")
@click.option(
    "--from",
    "harness",
    type=click.Choice(["inspect", "promptfoo", "lmms-eval", "vlmevalkit"]),
    help="VERDICTS is a result file of another harness.",
)
@click.option("--mode", type=click.Choice(["score", "pair", "batch"]), default="score")
@click.option("--scale", nargs=2, type=int, default=(1, 5), show_default=True, metavar="LOW HIGH")
@click.option("--sample", default="sample", show_default=True, help="Column of the sample's id.")
@click.option("--label", "label_columns", multiple=True, default=("label",), show_default=True)
@click.option("--verdict", default="verdict", show_default=True, help="Column of the verdict.")
@click.option("--judge", default=None, help="Column of the judge's name. [default: judge]")
@click.option("--source", default=None, help="Column of the source dataset. [default: source]")
@click.option("--cluster", default=None, help="Column of the image. [default: cluster]")
@click.option("--missing", multiple=True, help="A verdict that means none, such as -1.")
@click.option(
    "--logprob", "logprobs", multiple=True, help="Columns of log-probabilities, lowest score first."
)
@click.option("--expected", is_flag=True, help="Score by the mean over --logprob, not the verdict.")
@click.option(
    "--profile",
    type=click.Choice(["paper", "all"]),
    default="paper",
    show_default=True,
    help="all: how far others' treatments of unreadable verdicts move the headline.",
)
@as_json
def measure(verdicts: Path, labels: Path | None, as_json: bool, **columns: Any) -> None:
    """Estimates from somebody else's verdict table: no calls, no images."""
    from flows.measuring import print_measures

    print_measures(verdicts, labels, as_json, **columns)


@click.command("annotations")
@click.argument("marks", type=FILE)
@click.option("--mode", type=click.Choice(["score", "pair", "batch"]), default="score")
@as_json
def human_marks(marks: Path, mode: Any, as_json: bool) -> None:
    """How often people accept judges' outputs, and how often they see invention in them.

    MARKS has a row an annotation: sample, judge, accepts (0 or 1), hallucinates (0 or 1), and where
    known repeat, source and cluster.
    """
    from flows.annotating import print_annotations

    print_annotations(marks, mode, as_json)


@click.command()
@click.option("--run", type=RUN, help="A finished run: its judges' primary measures.")
@click.option("--sd", type=click.FloatRange(min=0, min_open=True), help="A guess per image.")
@click.option(
    "--difference", type=click.FloatRange(min=0, min_open=True), required=True, metavar="D"
)
@click.option(
    "--correlation",
    type=click.FloatRange(-1, 1, max_open=True),
    default=0.0,
    show_default=True,
    help="Of the two figures over images; 0 promises least.",
)
@click.option("--power", type=click.FloatRange(0.5, 0.999), default=0.8, show_default=True)
@click.option("--level", type=click.FloatRange(0.5, 0.999), default=0.95, show_default=True)
@as_json
def power(
    run: Path | None, sd: float | None, difference: float, as_json: bool, **promise: float
) -> None:
    """How many images it takes to see a difference D, from a run or from a guess."""
    from flows.powering import print_power

    print_power(
        run,
        sd,
        difference,
        as_json,
        correlation=promise["correlation"],
        power=promise["power"],
        level=promise["level"],
    )


COMMANDS = (measure, human_marks, power)
