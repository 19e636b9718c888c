"""The middle stages: plan a round, answer its shards, take in what a round brought."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl
from polars import Schema

from cache.opening import open_cache
from data import tables
from data.errors import DataError, IncompleteError
from data.image_store import PreparedImage
from data.records import Sample
from data.samples import Samples, samples_table
from data.schemas import ANSWERS
from data.tables import table
from tasks import engine_room
from tasks.anchors.planning import plan_anchors
from tasks.asking import UNKNOWN, Ground, Planned
from tasks.gather import descriptions, gathered, with_responses
from tasks.jobs import Job, Outcome
from tasks.plan import (
    GATHER,
    VERIFY,
    plan_gathering,
    plan_judging,
    plan_recorded,
    plan_table,
    sharded,
)
from tasks.quote import QuoteLine, quote_lines
from tasks.stages.anchors import anchors_of, frozen
from tasks.stages.cascading import cascade_rows, digest_of_handed_over
from tasks.stages.context import Context
from tasks.stages.outcomes import answer_row, answers_after, counts_of
from tasks.stages.parts import in_part, keys_of, plan_of
from tasks.stages.verifying import answered_before, carry_answers, verifying_rows

WORD = r"[^\s\x1c-\x1f]+"  # what `str.split` leaves
REQUESTS = Schema(
    {
        "request_key": pl.String(),
        "judge": pl.String(),
        "request": pl.String(),
        "max_usd": pl.Float64(),
        "tokens": pl.Int64(),
    }
)


def ground(here: Context, samples: Samples) -> Ground:
    """What the run's plan stands on, from its tables."""
    images = {
        (row["source_sha256"], row["limits"], row["change"]): PreparedImage.model_validate(row)
        for row in here.run.table("images").iter_rows(named=True)
    }
    return Ground(
        config=here.config,
        scale=here.scale,
        prompts=here.prompts,
        seats=here.seats,
        images=images,
        facts=here.facts(),
        fresh=here.fresh(),
        mean_length=_mean_length(samples),
    )


def _mean_length(samples: Samples) -> float:
    """Words of a response, on average; 0 without any."""
    texts = samples.frame.select(pl.col("responses").explode().struct.field("text"))
    counted = texts.drop_nulls().select(pl.col("text").str.count_matches(WORD).sum(), n=pl.len())
    words, responses = counted.row(0)
    return float(words / responses) if responses else 0.0


def planned_rows(here: Context, round_: int, bound: bool = False) -> Iterable[Planned]:
    """The rows of a round, from the tables before it.

    `bound` lets the longest text that could come stand for what an earlier round has yet to bring,
    so that a quote can be given before it; such rows have no request key.
    """
    if round_ == GATHER and not (here.config.responders or "vision-expert" in here.config.settings):
        return ()
    stored = here.samples()
    samples: Sequence[Sample] = stored
    base = ground(here, stored)
    if bound and round_ > GATHER:
        samples, base = _bounded(here, samples, base)
    if round_ == GATHER:
        describers = {j: here.seats[name] for j, name in here.describer_of.items()}
        return plan_gathering(base, [*samples, *frozen(here)], describers)
    if not bound and here.run.facts()["dataset"]["texts"]:
        found = gathered(plan_of(here), here.run.answers(), "describe")
        base = replace(base, descriptions=descriptions(found, here.describer_of))
    if round_ == VERIFY:
        cascading = cascade_rows(here, base, samples, bound)
        return chain(cascading, verifying_rows(here, base, samples, bound))
    if not here.run.facts()["dataset"]["texts"]:
        return plan_recorded(base, samples)
    return chain(_anchor_rows(here, base), plan_judging(base, samples))


def _anchor_rows(here: Context, base: Ground) -> Iterable[Planned]:
    """The rows of the night's anchors; they come first, so that no limit is reached before them."""
    anchors = anchors_of(here)
    if anchors is None:
        return ()
    own = Samples(here.run.table("anchors"))
    return plan_anchors(replace(base, mean_length=_mean_length(own)), anchors)


def plan_round(here: Context, round_: int, bound: bool = False) -> list[str]:
    """Store a round's requests and rows; return its shard ids. Kept when it is there already.

    Round 3 is planned anew once answers have come, or are read otherwise, that it did not stand on.
    """
    plan, facts = plan_of(here), here.run.facts()
    known: dict[str, Any] = {}
    if round_ == VERIFY and not bound:
        known = {"verified": answered_before(here), "handed_over": digest_of_handed_over(here)}
    if facts.get("planned", 0) < round_ or any(facts.get(k) != v for k, v in known.items()):
        shards = sharded(planned_rows(here, round_, bound), here.shard_size, round_)
        new = plan_table(_stored(here, shards))
        plan = pl.concat([plan.filter(pl.col("round") < round_), new])
        here.run.store("plan", plan)
        carry_answers(here, round_, new)
        here.run.note(planned=round_, **known)
    rows = plan.filter(pl.col("round") == round_)
    return rows["shard"].unique(maintain_order=True).to_list()


def by_endpoint(here: Context, round_: int, part: str | None = None) -> dict[str, list[str]]:
    """The shards of a round, or of a part of it, by the endpoint and model they ask."""
    rows = plan_of(here).filter(pl.col("round") == round_)
    if part is not None:  # a request that stands in several rows is asked in the first one's shard
        rows = rows.join(keys_of(rows, part), on="request_key", how="semi", maintain_order="left")
    found: dict[str, list[str]] = {}
    for shard, judge in rows.unique("shard", maintain_order=True).select("shard", "judge").rows():
        seat = here.seats[judge]
        found.setdefault(f"{seat.provider} {seat.endpoint} {seat.model}", []).append(shard)
    return found


def samples_by_probe(here: Context) -> dict[str | None, int]:
    """How many samples each probe asks about, as planned; `None` is the base questions."""
    counted = plan_of(here).group_by("probe").agg(pl.col("sample_id").n_unique())
    return dict(counted.iter_rows())


def quote_round(here: Context, round_: int, part: str | None = None) -> list[QuoteLine]:
    """The quote of a round or a part of it, as planned; looks into the cache, makes no call."""
    plan = in_part(plan_of(here).filter(pl.col("round") == round_), part)
    cache = open_cache(here.config.cache)
    try:
        cached = cache.has(plan["request_key"].drop_nulls().unique().to_list())
    finally:
        cache.close()
    return quote_lines(plan, cached, here.seats)


def execute_shard(
    here: Context,
    shard: str,
    tell: Callable[[Outcome], None] = lambda _: None,
    part: str | None = None,
) -> dict[str, Any]:
    """Answer a shard's requests and store `answers/SHARD`; return its counts.

    Of a `part` only its requests are asked; what is stored of the others stays.

    Raises:
        IncompleteError: rows are open; asked again they pay only for what is missing.
        JudgeflowError: the run must stop: credentials, budget, interrupt, full disk.
    """
    requests = tables.read(here.run.path / "requests" / f"{shard}.parquet", REQUESTS)
    asked = None if part is None else set(keys_of(plan_of(here), part)["request_key"])
    jobs = [
        Job(
            key=row["request_key"],
            judge=row["judge"],
            text=row["request"],
            max_usd=row["max_usd"],
            tokens=row["tokens"],
        )
        for row in requests.iter_rows(named=True)
        if asked is None or row["request_key"] in asked
    ]
    outcomes = engine_room.answer(here.run, here.config, here.seats, jobs, tell)
    answers = table((answer_row(outcome) for outcome in outcomes), ANSWERS)
    path = here.run.path / "answers" / f"{shard}.parquet"
    if path.exists():
        answers = answers_after(tables.read(path, ANSWERS), answers)
    tables.write(answers, path)
    counts = counts_of(shard, outcomes)
    reason = engine_room.stop_reason(here.run)
    if counts["open"]:
        if reason is not None:
            raise reason
        kinds = sorted({o.failure.kind for o in outcomes if o.failure is not None})
        raise IncompleteError(
            f"shard {shard}: {counts['open']} of {len(jobs)} requests have no answer "
            f"({', '.join(kinds)}); `judgeflow resume {here.run.path}` asks them again"
        )
    return counts


def take_responses(here: Context) -> pl.DataFrame:
    """Store `samples` with the collected responses; return them with their statuses."""
    found = gathered(plan_of(here), here.run.answers(), "respond")
    if not here.run.facts().get("collected"):
        samples = with_responses(here.samples(), found)
        if not samples:
            raise DataError("no candidate model gave a usable response; there is nothing to judge")
        here.run.store("samples", samples_table(samples))
        here.run.note(collected=True)
    return found


def _bounded(here: Context, samples: Sequence[Sample], base: Ground) -> tuple[list[Sample], Ground]:
    """Samples and descriptions with the longest texts that round 1 could bring."""
    most = {name: UNKNOWN + "x" * 4 * seat.max_output_tokens for name, seat in here.seats.items()}
    items = {sample.item_id for sample in (*samples, *base.fresh, *frozen(here))}
    descriptions = {
        (judge, item): most[describer]
        for judge, describer in here.describer_of.items()
        for item in items
    }
    found = pl.DataFrame(
        [
            {"item_id": item, "author": judge.name, "text": most[judge.name], "status": "answered"}
            for item in sorted(items)
            for judge in here.config.responders
        ],
        schema=["item_id", "author", "text", "status"],
    )
    return with_responses(samples, found), replace(base, descriptions=descriptions)


def _stored(here: Context, shards: Iterable[list[Planned]]) -> Iterator[list[Planned]]:
    """The shards, each with its requests written to `requests/SHARD` as it passes."""
    for shard in shards:
        rows = [
            {
                "request_key": planned.row["request_key"],
                "judge": planned.row["judge"],
                "request": planned.request_text,
                "max_usd": planned.row["max_usd"],
                "tokens": planned.row["input_tokens"]
                + here.seats[planned.row["judge"]].expected_output_tokens,
            }
            for planned in shard
            if planned.request_text is not None
        ]
        path: Path = here.run.path / "requests" / f"{shard[0].row['shard']}.parquet"
        tables.write(table(rows, REQUESTS), path)
        yield shard


def request_texts(here: Context, shard: str) -> dict[str, str]:
    """The stored requests of a shard, as canonical JSON by key."""
    requests = tables.read(here.run.path / "requests" / f"{shard}.parquet", REQUESTS)
    return dict(requests.select("request_key", "request").iter_rows())
