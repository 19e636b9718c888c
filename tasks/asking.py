"""One question of the plan: its row in the table, its request, its price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cache.keys import key_of_json, request_json
from data.errors import ConfigError
from data.image_store import PreparedImage
from data.make.facts import ItemFacts
from data.rankings import letters_of
from data.records import ImagePart, Message, Request, Sample, Scale, TextPart
from tasks.config import BLIND_SETTINGS, RunConfig
from tasks.judges import Seat
from tasks.presenting import shown_as
from tasks.prices import quote
from tasks.probes.kinds import Variant
from tasks.prompts import PromptSet
from tasks.prompts.changes import OMITTED, change_key

UNKNOWN = "\0"  # in a text: an earlier round has yet to bring it


@dataclass(frozen=True)
class Ground:
    """What a plan stands on.

    `images` maps (original sha256, limits name, change) to the image as sent; `facts` are what is
    known of each item's picture, `fresh` the samples that probes have drawn; `descriptions` maps
    (judge, item) to the words that stand in for the image. A text with `UNKNOWN` in it stands for
    one that an earlier round has yet to bring; its row is quoted and has no request key.
    """

    config: RunConfig
    scale: Scale
    prompts: PromptSet
    seats: Mapping[str, Seat]
    images: Mapping[tuple[str, str, str], PreparedImage]
    facts: Mapping[str, ItemFacts] = field(default_factory=dict)
    fresh: Sequence[Sample] = ()
    descriptions: Mapping[tuple[str, str], str] = field(default_factory=dict)
    mean_length: float = 0.0


@dataclass(frozen=True)
class Planned:
    """A row of the plan and its request; without a request the row cannot be asked."""

    row: dict[str, Any]
    request_text: str | None


@dataclass(frozen=True)
class Asked:
    """One question: what is asked, in which prompt setting, and what the row is called."""

    ask: Variant
    setting: str
    repeat: int = 0
    probe: str | None = None
    purpose: str = "judge"
    epoch: str | None = None  # of its own; else the configuration's

    @property
    def sample(self) -> Sample:
        """The sample as it is asked about."""
        return self.ask.sample

    @property
    def mode(self) -> str:
        """The form of the answer: the sample's mode, or `ask` for a question about the picture."""
        return "ask" if self.purpose in {"ask", "verify"} else self.sample.mode


def planned(ground: Ground, seat: Seat, asked: Asked, text: str | None) -> Planned:
    """The row of a question and its request; `None` for a text means that it cannot be asked."""
    sample = asked.sample
    row: dict[str, Any] = {
        "purpose": asked.purpose,
        "sample_id": sample.sample_id,
        "item_id": sample.item_id,
        "cluster_id": sample.cluster_id,
        "mode": asked.mode,
        "source": sample.source,
        "judge": seat.name,
        "setting": asked.setting,
        "probe": asked.probe,
        "variant": asked.ask.variant,
        "repeat": asked.repeat,
        "epoch": asked.epoch or ground.config.epoch,
        "presented": list(asked.ask.presented),
        "images": [],
        "labels": list(asked.ask.prompt.labels) or None,
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
    if asked.purpose == "judge" and (asked.ask.prompt.steps or asked.setting) in BLIND_SETTINGS:
        return []
    if any(change.do == OMITTED for change in asked.ask.images):
        return []
    if asked.sample.images and not ground.config.images.allow_send:
        raise ConfigError(
            f"images.allow_send is false, and probe {asked.probe!r} shows pictures; leave it out"
        )
    change = change_key(asked.ask.images)
    return [ground.images[image.sha256, seat.limits, change] for image in asked.sample.images]


def _request(
    ground: Ground, seat: Seat, asked: Asked, text: str, shown: Sequence[PreparedImage]
) -> Request:
    words = [TextPart.model_construct(text=text)] if text else []
    pictures = [
        ImagePart.model_construct(sha256=image.sha256, media_type=image.media_type)
        for image in shown
    ]
    first = asked.ask.prompt.image_first
    parts: list[TextPart | ImagePart] = [*pictures, *words] if first else [*words, *pictures]
    message = Message.model_construct(role="user", content=tuple(parts))
    return Request.model_construct(
        provider=seat.provider,
        endpoint=seat.endpoint,
        model=seat.model,
        messages=(message,) if parts else (),
        params=_params(ground, seat, asked),
        context=_context(ground, asked, bool(shown)) if seat.reads_context else None,
        repeat=asked.repeat,
        epoch=asked.epoch or ground.config.epoch,
    )


def _params(ground: Ground, seat: Seat, asked: Asked) -> dict[str, Any]:
    own = seat.changed(asked.ask.params)
    if asked.purpose != "judge" or asked.setting == "recorded":
        return dict(own.params)
    change, mode = asked.ask.prompt, asked.sample.mode
    steps = change.steps or asked.setting
    return own.judging_params(mode, steps, len(asked.ask.presented), ground.scale, change.labels)


def _context(ground: Ground, asked: Asked, sees_image: bool) -> dict[str, Any]:
    """What a simulated or recorded judge reads instead of pixels and prose."""
    sample = asked.sample
    row = sample.sample_id.split("/", 2)[2]
    if asked.setting == "recorded":
        return {"purpose": "judge", "mode": sample.mode, "sample_id": sample.sample_id, "row": row}
    label = sample.labels[0].verdict if sample.labels and asked.purpose == "judge" else None
    if label is not None and sample.mode == "batch":
        label = letters_of(label)
    shown = None if label is None else shown_as(sample.mode, label, asked.ask.presented)
    return {
        "purpose": asked.purpose,
        "mode": sample.mode,
        "item_id": sample.item_id,
        "label": shown,
        "lengths": [len(sample.responses[own].text.split()) for own in asked.ask.presented],
        "mean_length": round(ground.mean_length, 3),
        "sees_image": sees_image,
        "scale": [ground.scale.low, ground.scale.high],
        **_told(asked.ask),
    }


def _told(ask: Variant) -> dict[str, Any]:
    """What a variant tells simulated judges, cues in the order shown."""
    told = dict(ask.told)
    if ask.prompt.labels:
        told["labels"] = list(ask.prompt.labels)
    if ask.cues:
        told["cues"] = {
            name: [strengths[own] for own in ask.presented] for name, strengths in ask.cues.items()
        }
    return told


def _price(seat: Seat, text: str, shown: Sequence[PreparedImage]) -> dict[str, Any]:
    if seat.free:
        return {"input_tokens": 0, "max_output_tokens": 0, "expected_usd": 0.0, "max_usd": 0.0}
    sizes = [(image.width, image.height) for image in shown]
    tokens = seat.expected_output_tokens, seat.max_output_tokens
    price = seat.batch_price if seat.batched else seat.price
    quoted = quote(price, text, sizes, *tokens)
    dearest = quote(seat.price, text, sizes, *tokens) if seat.calls_after_deadline else quoted
    return {
        "input_tokens": quoted.input_tokens,
        "max_output_tokens": seat.max_output_tokens,
        "expected_usd": quoted.expected_usd,
        "max_usd": dearest.max_usd,
    }
