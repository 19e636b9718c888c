"""What the judge saw: a sample's requests, images, answers and verdicts from a run's folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from cache.keys import request_of_json
from data.errors import DataError
from data.image_store import ImageStore
from data.run_folder import RunFolder
from data.run_record import parts_of
from flows.terminal import show
from tasks.stages.context import Context, context
from tasks.stages.rounds import request_texts

MADE = ("judge", "setting", "repeat", "status", "verdict", "reason")


def view_sample(run: Path, sample_id: str | None, judge: str | None, as_json: bool) -> None:
    """Print a sample's story, or the samples there are.

    Raises:
        DataError: the run has no such sample.
    """
    here = context(RunFolder.open(run).path)
    plan = here.run.table("plan")
    if sample_id is None:
        ids = plan["sample_id"].unique(maintain_order=True).to_list()
        show({"samples": ids}, as_json, lambda s: "\n".join(s["samples"]))
        return
    rows = plan.filter(pl.col("sample_id") == sample_id)
    combined = _combined(here, sample_id, judge)
    if combined:
        keys = {key for one in combined for key in (one["request_key"] or "").split()}
        rows = rows.filter(pl.col("request_key").is_in(list(keys)))
        rows = rows.unique("request_key", keep="first", maintain_order=True)
    elif judge is not None:
        rows = rows.filter(pl.col("judge") == judge)
    if rows.is_empty():
        whom = "" if judge is None else f" of judge {judge!r}"
        raise DataError(f"run {here.run.run_id!r} asked nothing about {sample_id!r}{whom}")
    asked_in = dict(plan.unique("request_key", keep="first").select("request_key", "shard").rows())
    story = [_told(here, row, asked_in) for row in rows.iter_rows(named=True)]
    made = [{name: one[name] for name in MADE} for one in combined]
    result = {"asked": story, **({"combined": made} if made else {})}
    show(result, as_json, lambda _: "\n\n".join([*map(_text, story), *map(_made, made)]))


def _combined(here: Context, sample_id: str, judge: str | None) -> list[dict[str, Any]]:
    """The verdicts on a sample of a judge that is made of others; of another judge, none."""
    if judge not in parts_of(here.run.facts()):
        return []
    verdicts = here.run.table("verdicts")
    return verdicts.filter(
        (pl.col("judge") == judge) & (pl.col("sample_id") == sample_id)
    ).to_dicts()


def _made(one: Mapping[str, Any]) -> str:
    said = one["verdict"] if one["reason"] is None else f"{one['status']}: {one['reason']}"
    return f"== {one['judge']}, {one['setting']}, repeat {one['repeat']}: {said}"


def _told(here: Context, row: dict[str, Any], asked_in: Mapping[str, str]) -> dict[str, Any]:
    key = row["request_key"]
    text = None if key is None else request_texts(here, asked_in[key]).get(key)
    request = None if text is None else request_of_json(text)
    store = ImageStore(here.config.image_folder)
    answers = here.run.table("answers").filter(pl.col("request_key") == key)
    verdicts = here.run.table("verdicts").filter(
        (pl.col("request_key") == key) & (pl.col("sample_id") == row["sample_id"])
    )
    keep = ("judge", "setting", "probe", "variant", "repeat", "presented", "request_key")
    return {
        **{name: row[name] for name in keep},
        "prompt": request.text if request else None,
        "images": [str(store.path(i.sha256, i.media_type)) for i in request.images]
        if request
        else [],
        "answer": answers["text"].to_list(),
        "verdict": verdicts.select("status", "verdict", "raw_verdict", "reason").to_dicts()[:1],
    }


def _text(one: dict[str, Any]) -> str:
    head = f"== {one['judge']}, {one['setting']}, {one['probe'] or 'base'}, {one['variant']}, "
    head += f"repeat {one['repeat']}; shown in order {one['presented']}"
    images = "\n".join(f"image: {path}" for path in one["images"])
    return "\n".join(
        [
            head,
            images,
            one["prompt"] or "(nothing could be asked)",
            "-- answer",
            *map(str, one["answer"]),
            f"-- verdict {one['verdict']}",
        ]
    )
