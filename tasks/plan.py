"""The plan: samples × judges × settings × repeats × probes, as a table of every request.

A plan grows in rounds, because some requests contain earlier answers: round 1 describes images
and collects candidate responses, round 2 judges. A round is a pure function of the tables
before it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from cache.keys import key_of_json, request_json
from data.datasets import sample_limit
from data.errors import ConfigError
from data.image_store import PreparedImage
from data.records import ImagePart, Message, Request, Sample, Scale, TextPart
from data.tables import PLAN, table
from tasks.config import BLIND_SETTINGS, RunConfig
from tasks.judges import Seat
from tasks.presenting import shown_as
from tasks.prices import quote
from tasks.probes import PROBES, Variant
from tasks.prompts import PromptSet

GATHER, JUDGE = 1, 2
UNKNOWN = "\0"  # stands for a text that an earlier round has yet to bring


@dataclass(frozen=True)
class Ground:
    """What a plan stands on.

    `images` maps (original sha256, limits name) to the image as sent; `descriptions` maps
    (judge, item) to the words that stand in for the image. `placeholder` is the longest text an
    earlier round may bring: with it the plan is an upper bound for a quote.
    """

    config: RunConfig
    scale: Scale
    prompts: PromptSet
    seats: Mapping[str, Seat]
    images: Mapping[tuple[str, str], PreparedImage]
    descriptions: Mapping[tuple[str, str], str] = field(default_factory=dict)
    mean_length: float = 0.0


@dataclass(frozen=True)
class Planned:
    """A row of the plan and its request; without a request the row cannot be asked."""

    row: dict[str, Any]
    request_text: str | None


@dataclass(frozen=True)
class Asked:
    """One question about a sample: how it is put, and what the row is called."""

    sample: Sample
    setting: str
    presented: tuple[int, ...]
    repeat: int = 0
    probe: str | None = None
    variant: str = "base"
    purpose: str = "judge"


def plan_gathering(
    ground: Ground, samples: Sequence[Sample], describers: Mapping[str, Seat]
) -> Iterator[Planned]:
    """Round 1: an image description per item and describer, a response per item and responder.

    `describers` maps a judge's name to the seat that describes for it.
    """
    if "vision-expert" in ground.config.settings:
        seats = {id(seat): seat for seat in describers.values()}
        for seat in seats.values():
            for sample in _one_per_item(s for s in samples if s.images):
                asked = Asked(sample, "vision-expert", (), purpose="describe")
                yield _planned(
                    ground, seat, asked, ground.prompts.describe_text(sample.instruction)
                )
    waiting = [sample for sample in samples if not sample.responses]
    for responder in ground.config.responders:
        for sample in _one_per_item(waiting):
            asked = Asked(sample, "respond", (), purpose="respond")
            seat = ground.seats[responder.name]
            yield _planned(ground, seat, asked, ground.prompts.respond_text(sample.instruction))


def plan_judging(ground: Ground, samples: Sequence[Sample]) -> Iterator[Planned]:
    """Round 2: base rows of every judge and setting, then the rows of every probe."""
    config = ground.config
    samples = [s for s in samples if s.mode in config.modes and s.responses]
    variants = _probe_rows(config, samples)
    for judge in config.judges:
        seat = ground.seats[judge.name]
        for number, setting in enumerate(config.settings):
            for sample in samples:
                own = tuple(range(len(sample.responses)))
                for repeat in range(config.repeats):
                    asked = Asked(sample, setting, own, repeat)
                    yield _planned(ground, seat, asked, _judge_text(ground, seat, asked))
            if number > 0:  # probes ask in the first setting; the others are compared with it
                continue
            for probe, variant, repeat in variants:
                asked = Asked(
                    variant.sample, setting, variant.presented, repeat, probe, variant.variant
                )
                yield _planned(ground, seat, asked, _judge_text(ground, seat, asked))


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
                asked = Asked(sample, "recorded", (), repeat)
                yield _planned(ground, seat, asked, "")


def sharded(planned: Iterable[Planned], size: int, round_: int) -> Iterator[list[Planned]]:
    """The rows of a round in shards of at most `size` distinct requests of one judge.

    A shard's id holds the round, its index and a hash of its keys. A request that stands in
    several rows belongs to the first shard that has it.
    """
    seen: set[str] = set()
    for index, rows in enumerate(_chunks(planned, size, seen)):
        digest = hashlib.sha256("".join(str(r.row["request_key"]) for r in rows).encode())
        shard = f"r{round_}-{index:04d}-{digest.hexdigest()[:10]}"
        for planned_row in rows:
            planned_row.row.update(shard=shard, round=round_)
        yield rows


def plan_table(shards: Iterable[Sequence[Planned]]) -> pl.DataFrame:
    """The plan's rows as a table."""
    frames = [table((planned.row for planned in shard), PLAN) for shard in shards]
    return pl.concat(frames) if frames else table([], PLAN)


def _chunks(planned: Iterable[Planned], size: int, seen: set[str]) -> Iterator[list[Planned]]:
    rows: list[Planned] = []
    new = 0
    for one in planned:
        if rows and (one.row["judge"] != rows[-1].row["judge"] or new >= size):
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


def _probe_rows(config: RunConfig, samples: Sequence[Sample]) -> list[tuple[str, Variant, int]]:
    rows = []
    for name, probe_config in config.probes.items():
        if name not in PROBES:
            raise ConfigError(f"probe {name!r} is not defined; known: {sorted(PROBES)!r}")
        probe = PROBES[name]
        for mode in probe.modes:
            eligible = [sample for sample in samples if sample.mode == mode]
            if probe_config.limit is not None:
                eligible = sample_limit(eligible, probe_config.limit)
            for sample in eligible:
                for variant in probe.vary(sample, probe_config):
                    rows += [(name, variant, repeat) for repeat in variant.repeats]
    return rows


def _one_per_item(samples: Iterable[Sample]) -> list[Sample]:
    firsts: dict[str, Sample] = {}
    for sample in samples:
        firsts.setdefault(sample.item_id, sample)
    return list(firsts.values())


def _judge_text(ground: Ground, seat: Seat, asked: Asked) -> str | None:
    """The prompt of a judging request; `None` where the image's description is missing."""
    sample, description = asked.sample, None
    if asked.setting == "vision-expert":
        description = ground.descriptions.get((seat.name, sample.item_id))
        if description is None:
            return None
    return ground.prompts.judge_text(
        sample.mode,
        asked.setting,
        instruction=sample.instruction,
        responses=[sample.responses[own].text for own in asked.presented],
        scale=ground.scale,
        description=description,
    )


def _planned(ground: Ground, seat: Seat, asked: Asked, text: str | None) -> Planned:
    sample = asked.sample
    row: dict[str, Any] = {
        "purpose": asked.purpose,
        "sample_id": sample.sample_id,
        "item_id": sample.item_id,
        "cluster_id": sample.cluster_id,
        "mode": sample.mode,
        "source": sample.source,
        "judge": seat.name,
        "setting": asked.setting,
        "probe": asked.probe,
        "variant": asked.variant,
        "repeat": asked.repeat,
        "epoch": ground.config.epoch,
        "presented": list(asked.presented),
        "images": [],
        "request_key": None,
    }
    if text is None:
        return Planned(row, None)
    shown = _shown(ground, seat, asked)
    request = _request(ground, seat, asked, text, shown)
    request_text = request_json(request)
    row["images"] = [image.sha256 for image in shown]
    row["request_key"] = None if UNKNOWN in text else key_of_json(request_text)
    row.update(_price(seat, text, shown))
    return Planned(row, request_text)


def _shown(ground: Ground, seat: Seat, asked: Asked) -> list[PreparedImage]:
    if asked.purpose == "judge" and asked.setting in BLIND_SETTINGS:
        return []
    return [ground.images[image.sha256, seat.limits] for image in asked.sample.images]


def _request(
    ground: Ground, seat: Seat, asked: Asked, text: str, shown: Sequence[PreparedImage]
) -> Request:
    parts: list[TextPart | ImagePart] = [TextPart.model_construct(text=text)] if text else []
    parts += [
        ImagePart.model_construct(sha256=image.sha256, media_type=image.media_type)
        for image in shown
    ]
    message = Message.model_construct(role="user", content=tuple(parts))
    return Request.model_construct(
        provider=seat.provider,
        endpoint=seat.endpoint,
        model=seat.model,
        messages=(message,) if parts else (),
        params=dict(seat.params),
        context=_context(ground, asked, bool(shown)) if seat.reads_context else None,
        repeat=asked.repeat,
        epoch=ground.config.epoch,
    )


def _context(ground: Ground, asked: Asked, sees_image: bool) -> dict[str, Any]:
    """What a simulated or recorded judge reads instead of pixels and prose."""
    sample = asked.sample
    row = sample.sample_id.split("/", 2)[2]
    if asked.setting == "recorded":
        return {"purpose": "judge", "mode": sample.mode, "sample_id": sample.sample_id, "row": row}
    label = sample.labels[0].verdict if sample.labels else None
    shown = None if label is None else shown_as(sample.mode, label, asked.presented)
    return {
        "purpose": asked.purpose,
        "mode": sample.mode,
        "item_id": sample.item_id,
        "label": shown,
        "lengths": [len(sample.responses[own].text.split()) for own in asked.presented],
        "mean_length": round(ground.mean_length, 3),
        "sees_image": sees_image,
        "scale": [ground.scale.low, ground.scale.high],
    }


def _price(seat: Seat, text: str, shown: Sequence[PreparedImage]) -> dict[str, Any]:
    if seat.free:
        return {"input_tokens": 0, "max_output_tokens": 0, "expected_usd": 0.0, "max_usd": 0.0}
    quoted = quote(
        seat.price,
        text,
        [(image.width, image.height) for image in shown],
        seat.expected_output_tokens,
        seat.max_output_tokens,
    )
    return {
        "input_tokens": quoted.input_tokens,
        "max_output_tokens": seat.max_output_tokens,
        "expected_usd": quoted.expected_usd,
        "max_usd": quoted.max_usd,
    }
