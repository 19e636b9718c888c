"""Round 3: the answers that probes ask about, and the questions that come of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from data import tables
from data.records import Sample
from data.schemas import ANSWERS, PLAN
from data.tables import table
from tasks.asking import UNKNOWN, Ground, Planned
from tasks.plan import JUDGE, plan_verifying
from tasks.probe_plan import Probed, followed_variants, following
from tasks.probes.kinds import Answered
from tasks.stages.context import Context

Given = dict[str, dict[str, list[Answered]]]


def verifying_rows(
    here: Context, base: Ground, samples: Sequence[Sample], bound: bool = False
) -> Iterator[Planned]:
    """The rows of round 3; with `bound`, the most and longest that could come of round 2."""
    if here.config.verifier is None or not following(here.config):
        return
    given = followed_answers(here, bound)
    asked = followed_variants(here.config, samples, base.scale, base.facts, given, bound)
    if bound:
        asked = (_unknown(each) for each in asked)
    yield from plan_verifying(base, here.seats[here.config.verifier.name], asked)


def answered_before(here: Context) -> int:
    """How many answers round 3 stands on; a resume that has brought more plans it anew."""
    if here.config.verifier is None or not following(here.config):
        return 0
    return sum(
        answer.text is not None
        for of_probe in followed_answers(here).values()
        for of_sample in of_probe.values()
        for answer in of_sample
    )


def carry_answers(here: Context, round_: int, rows: pl.DataFrame) -> None:
    """The answers of a round that is planned anew, each in the shard that has its request now.

    What the round no longer asks goes; the cache keeps it.
    """
    shards = rows.select("shard", "request_key").drop_nulls().unique("request_key", keep="first")
    folder, known = here.run.path / "answers", set(rows["shard"])
    gone = [path for path in folder.glob(f"r{round_}-*.parquet") if path.stem not in known]
    if not gone:
        return
    held = pl.concat([tables.read(path, ANSWERS) for path in gone])
    ended = held.filter(pl.col("status") != "open").join(shards, on="request_key")
    for (shard,), own in ended.group_by("shard", maintain_order=True):
        path = folder / f"{shard}.parquet"
        if not path.exists():
            tables.write(own.select(list(ANSWERS)), path)
    for path in gone:
        path.unlink()


def followed_answers(here: Context, bound: bool = False) -> Given:
    """What was answered in round 2 to the probes that ask on, by probe and sample."""
    plan = here.run.table("plan") if here.run.has("plan") else table([], PLAN)
    mine = plan.filter((pl.col("round") == JUDGE) & pl.col("probe").is_in(following(here.config)))
    rows = mine.filter(pl.col("variant") != "base").select(
        "probe", "sample_id", "judge", "variant", "repeat", "request_key"
    )
    texts: dict[str, str] = {}
    if not bound:
        answers = here.run.answers().filter(pl.col("status") == "answered")
        answers = answers.join(rows.select("request_key").unique(), on="request_key", how="semi")
        texts = dict(answers.select("request_key", "text").iter_rows())
    given: Given = {}
    for probe, sample_id, judge, variant, repeat, key in rows.iter_rows():
        found = given.setdefault(probe, {}).setdefault(sample_id, [])
        found.append(Answered(judge, variant, repeat, texts.get(key)))
    return given


def _unknown(asked: Probed) -> Probed:
    """The question with the mark of a text that is not known yet."""
    question = UNKNOWN + (asked.ask.question or "")
    return Probed(asked.probe, asked.ask.model_copy(update={"question": question}))
