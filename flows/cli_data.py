"""`judgeflow data ...`: making and looking at datasets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from flows.run_names import RUN
from flows.terminal import show

as_json = click.option("--json", "as_json", is_flag=True, help="Results as JSON on stdout.")


@click.group()
def data() -> None:
    """Datasets: fetched, made, chosen and described."""


@data.command()
@click.option("--to", "folder", type=click.Path(path_type=Path), required=True)
@click.option("--items", type=click.IntRange(min=1), default=24, show_default=True)
@click.option("--kinds", help="Kinds of picture, separated by commas. [default: all]")
@click.option(
    "--difficulty",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="How subtle the planted faults are: 0 coarse, 1 hard to see.",
)
@click.option("--seed", type=int, default=7, show_default=True)
@as_json
def make(
    folder: Path, items: int, kinds: str | None, difficulty: float, seed: int, as_json: bool
) -> None:
    """Draw pictures, instructions and responses whose labels follow from how they are made."""
    from data.make import KINDS, make_dataset

    chosen = tuple(kind.strip() for kind in kinds.split(",")) if kinds else KINDS
    made = make_dataset(
        folder, items=items, kinds=chosen, difficulty=difficulty, seed=seed, name=folder.name
    )
    counts = {"items": made.items, "score": made.score, "pair": made.pair, "batch": made.batch}
    show(
        {"folder": str(folder), **counts},
        as_json,
        lambda c: (
            f"{c['items']} items in {folder}: {c['score']} scoring, {c['pair']} pair and "
            f"{c['batch']} ranking samples, labels by construction"
        ),
    )


@data.command()
@click.argument("name", type=click.Choice(["mllm-judge"]))
@click.option("--to", "folder", type=click.Path(path_type=Path), required=True)
@click.option("--revision", help="A commit of the data set. [default: the newest]")
@as_json
def get(name: str, folder: Path, revision: str | None, as_json: bool) -> None:
    """Fetch a published benchmark from the Hugging Face hub; a second run goes on with the rest."""
    from data.hub import fetch

    found = fetch(name, folder, revision)
    show(
        {"folder": str(folder), **found._asdict()},
        as_json,
        lambda f: (
            f"{f['files']} files, {f['bytes']} bytes of {f['repository']} at {f['commit']} in "
            f"{folder}, all as the hub lists them\nlicence on its card: {f['licence']}\n"
            f"{f['licence_note']}"
        ),
    )


@data.command()
@click.argument("run", type=RUN)
@click.option("--kind", type=click.Choice(["hq", "hard"]), required=True)
@click.option("--to", "folder", type=click.Path(path_type=Path), required=True)
@click.option("--judges", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--share", type=click.FloatRange(0, 1), default=0.8, show_default=True)
@click.option(
    "--within", type=click.FloatRange(min=0), default=0, show_default=True, help="Points."
)
@as_json
def subset(
    run: Path, kind: Any, folder: Path, judges: int, share: float, within: float, as_json: bool
) -> None:
    """The samples that a run's judges got right together (hq), or did not (hard), as a data set.

    HQ: at least JUDGES readable verdicts, at least SHARE of them right. HARD: at least JUDGES
    verdicts, less than 1 - SHARE of them right; an unreadable one is not. Right: a score WITHIN so
    many points of the label, the same choice, the same first response.
    """
    from data.run_folder import RunFolder
    from data.subsets import select, write_subset

    judged = RunFolder.open(run)
    samples, facts = judged.table("samples"), judged.facts()["dataset"]
    rule = {"kind": kind, "judges": judges, "share": share, "within": within}
    ids = set(select(samples, judged.table("verdicts"), **rule))
    chosen = [row for row in samples.iter_rows(named=True) if row["sample_id"] in ids]
    card = {
        "name": f"{facts['name']}-{kind}",
        "scale": facts["scale"],
        "description": "chosen by judges' verdicts; not to be used to score those judges",
        "licence": facts["licence"],
        "made_by": {"rule": rule, "run": judged.run_id},
    }
    write_subset(folder, chosen, Path(facts["root"]), card)
    show(
        {"folder": str(folder), "samples": len(chosen), "of": samples.height, **rule},
        as_json,
        lambda found: (
            f"{found['samples']} of {found['of']} samples in {folder}; they were chosen by these "
            "judges' verdicts, so do not score these judges on them"
        ),
    )


@data.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "kind",
    type=click.Choice(["judgeflow", "mllm-judge"]),
    default="judgeflow",
    show_default=True,
)
@as_json
def describe(path: Path, kind: str, as_json: bool) -> None:
    """Counts, labels, images and shortcuts of a dataset (or of a configuration's dataset)."""
    from data.datasets import load_dataset
    from data.describe import describe as facts_of
    from data.layout import DatasetConfig
    from tasks.config_file import load_config

    if path.suffix in {".yaml", ".yml"}:
        config, base = load_config(path).dataset, path.resolve().parent
    else:
        config = DatasetConfig.model_validate({"path": str(path.resolve()), "format": kind})
        base = Path("/")
    facts = facts_of(load_dataset(config, base)).model_dump()
    show(facts, as_json, lambda found: "\n".join(_lines(found)))


def _lines(facts: dict[str, Any], indent: str = "") -> Iterator[str]:
    """Nested facts as indented lines; what is not there is left out."""
    for name, value in facts.items():
        label = f"{indent}{str(name).replace('_', ' ')}"
        if isinstance(value, dict) and any(isinstance(v, dict) for v in value.values()):
            yield label
            yield from _lines(value, indent + "  ")
        elif isinstance(value, dict):
            yield f"{label}: " + ", ".join(f"{key} {count}" for key, count in value.items())
        elif value is not None:
            yield f"{label}: {value}"
