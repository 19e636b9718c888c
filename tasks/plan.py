"""The plan: samples × judges × settings × repeats × probes, as a table of every request.

A plan grows in rounds, because some requests contain earlier answers: round 1 describes images
and collects candidate responses, round 2 judges, round 3 asks about the answers of round 2. A round
is a pure function of the tables before it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import polars as pl

from data.errors import ConfigError
from data.records import Sample
from data.schemas import PLAN
from data.tables import table
from tasks.asking import UNKNOWN, Asked, Ground, Planned, planned
from tasks.combined_config import Cascade
from tasks.combining import BOTH_ORDERS, CASCADE, turned
from tasks.judges import Seat
from tasks.probe_plan import Probed, asked_of, probed_variants
from tasks.probes.kinds import Variant
from tasks.sanitiser import sanitised

GATHER, JUDGE, VERIFY = ROUNDS = (1, 2, 3)


def plan_gathering(
    ground: Ground, samples: Sequence[Sample], describers: Mapping[str, Seat]
) -> Iterator[Planned]:
    """Round 1: an image description per item and describer, a response per item and responder.

    `describers` maps a judge's name to the seat that describes for it.
    """
    if "vision-expert" in ground.config.settings:
        seats = {id(seat): seat for seat in describers.values()}
        for seat in seats.values():
            for sample in _one_per_item(s for s in [*samples, *_described(ground)] if s.images):
                asked = Asked(_plain(sample, ()), "vision-expert", purpose="describe")
                yield planned(ground, seat, asked, ground.prompts.describe_text(sample.instruction))
    waiting = [sample for sample in samples if not sample.responses]
    for responder in ground.config.responders:
        for sample in _one_per_item(waiting):
            asked = Asked(_plain(sample, ()), "respond", purpose="respond")
            seat = ground.seats[responder.name]
            yield planned(ground, seat, asked, ground.prompts.respond_text(sample.instruction))


def plan_judging(ground: Ground, samples: Sequence[Sample]) -> Iterator[Planned]:
    """Round 2: base rows of every judge and setting, then the rows of every probe."""
    config = ground.config

    def judged() -> Iterator[Sample]:
        return (s for s in samples if s.mode in config.modes and s.responses)

    probed = []
    if config.probes:
        chosen = list(judged())
        probed = list(probed_variants(config, chosen, ground.scale, ground.facts, ground.fresh))
    for judge in config.judges:
        seat = ground.seats[judge.name]
        for number, setting in enumerate(config.settings):
            for sample in judged():
                base = _plain(sample, tuple(range(len(sample.responses))))
                asked = Asked(base, setting)
                yield from _repeated(ground, seat, asked, range(config.repeats))
                if config.both_orders and sample.mode != "score":
                    for ask in turned(sample):
                        other = Asked(ask, setting, probe=BOTH_ORDERS)
                        yield from _repeated(ground, seat, other, range(config.repeats))
            if number > 0:  # probes ask in the first setting; the others are compared with it
                continue
            for probe, ask in asked_of(seat, probed):
                purpose = "judge" if ask.question is None else "ask"
                asked = Asked(ask, setting, probe=probe, purpose=purpose)
                yield from _repeated(ground, seat, asked, ask.repeats)


def _repeated(
    ground: Ground, seat: Seat, asked: Asked, repeats: Iterable[int]
) -> Iterator[Planned]:
    """A judging question with each repeat index; its text is the same in all."""
    text = judging_text(ground, seat, asked)
    for repeat in repeats:
        yield planned(ground, seat, replace(asked, repeat=repeat), text)


def plan_verifying(ground: Ground, verifier: Seat, asked: Iterable[Probed]) -> Iterator[Planned]:
    """Round 3: what probes ask the verifier about the answers of round 2."""
    for probe, ask in asked:
        text = ground.prompts.ask_text(ask.question or "")
        for repeat in ask.repeats:
            yield planned(ground, verifier, Asked(ask, "verify", repeat, probe, "verify"), text)


def plan_cascade(
    ground: Ground,
    cascade: Cascade,
    samples: Iterable[Sample],
    unsure: Collection[tuple[str, str]] | None,
) -> Iterator[Planned]:
    """Round 3: the strong judge of a cascade asked about each (setting, sample) that is `unsure`.

    Where that is not known yet, about all; those rows are quoted and have no request key.
    """
    seat = ground.seats[cascade.strong.name]
    for setting in ground.config.settings:
        for sample in samples:
            if unsure is not None and (setting, sample.sample_id) not in unsure:
                continue
            own = _plain(sample, tuple(range(len(sample.responses))), cascade.name)
            asked = Asked(own, setting, probe=CASCADE)
            text = judging_text(ground, seat, asked)
            if unsure is None and text is not None:
                text = UNKNOWN + text
            yield planned(ground, seat, asked, text)


def plan_recorded(ground: Ground, samples: Sequence[Sample]) -> Iterator[Planned]:
    """Round 2 of a dataset without texts: each recorded judge's cell for every sample."""
    for judge in ground.config.judges:
        seat = ground.seats[judge.name]
        if seat.needs_texts:
            raise ConfigError(
                f"judge {judge.name!r} needs texts and images; this dataset holds only recorded "
                "judgements, so only recorded tables can stand for judges"
            )
        for sample in samples:
            for repeat in range(ground.config.repeats):
                asked = Asked(_plain(sample, ()), "recorded", repeat)
                yield planned(ground, seat, asked, "")


def sharded(
    rows: Iterable[Planned], size: Callable[[str], int], round_: int
) -> Iterator[list[Planned]]:
    """The rows of a round in shards of one judge, of at most `size` distinct requests by its name.

    A shard's id holds the round, its index and a hash of its keys. A request that stands in
    several rows belongs to the first shard that has it.
    """
    seen: set[str] = set()
    for index, chunk in enumerate(_chunks(rows, size, seen)):
        digest = hashlib.sha256("".join(str(r.row["request_key"]) for r in chunk).encode())
        shard = f"r{round_}-{index:04d}-{digest.hexdigest()[:10]}"
        for one in chunk:
            one.row.update(shard=shard, round=round_)
        yield chunk


def plan_table(shards: Iterable[Sequence[Planned]]) -> pl.DataFrame:
    """The plan's rows as a table."""
    frames = [table((one.row for one in shard), PLAN) for shard in shards]
    return pl.concat(frames) if frames else table([], PLAN)


def _chunks(
    source: Iterable[Planned], size: Callable[[str], int], seen: set[str]
) -> Iterator[list[Planned]]:
    rows: list[Planned] = []
    new = 0
    for one in source:
        if rows and (one.row["judge"] != rows[-1].row["judge"] or new >= size(one.row["judge"])):
            yield rows
            rows, new = [], 0
        key = one.row["request_key"]
        fresh = key is not None and key not in seen
        rows.append(one if fresh else Planned(one.row, None))
        if fresh:
            seen.add(key)
            new += 1
    if rows:
        yield rows


def _described(ground: Ground) -> Sequence[Sample]:
    """The samples that probes have drawn, where they too are judged by a description."""
    return ground.fresh if ground.config.settings[0] == "vision-expert" else ()


def _one_per_item(samples: Iterable[Sample]) -> list[Sample]:
    firsts: dict[str, Sample] = {}
    for sample in samples:
        firsts.setdefault(sample.item_id, sample)
    return list(firsts.values())


def judging_text(ground: Ground, seat: Seat, asked: Asked) -> str | None:
    """The prompt of a judging request; `None` where the image's description is missing."""
    sample, ask, description = asked.sample, asked.ask, None
    if ask.question is not None:
        return ground.prompts.ask_text(ask.question)
    if (ask.prompt.steps or asked.setting) == "vision-expert":
        description = ground.descriptions.get((seat.name, sample.item_id))
        if description is None:
            return None
    shown = [sample.responses[own].text for own in ask.presented]
    return ground.prompts.judge_text(
        sample.mode,
        asked.setting,
        instruction=sample.instruction,
        responses=[sanitised(text) for text in shown] if ground.config.sanitise else shown,
        scale=ground.scale,
        description=description,
        change=ask.prompt,
    )


def _plain(sample: Sample, presented: tuple[int, ...], variant: str = "base") -> Variant:
    return Variant.model_construct(variant=variant, sample=sample, presented=presented)
