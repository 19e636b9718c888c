"""What a probe would ask about one sample: every prompt and every picture, nothing sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cache.keys import request_of_json
from data.errors import ConfigError, DataError
from data.image_store import ImageStore, PreparedImage
from data.records import LETTERS, Request, Sample
from tasks.asking import Asked, Ground, planned
from tasks.config import ProbeConfig
from tasks.images import prepare_all
from tasks.judges import Seat
from tasks.plan import judging_text
from tasks.probes import PROBES, Around, Variant
from tasks.probes.fresh import FreshProbe
from tasks.probes.kinds import Follows
from tasks.prompts.change_words import picture_words, prompt_words
from tasks.prompts.changes import OMITTED, change_key
from tasks.stages.context import Context
from tasks.stages.fresh import drawn

CONTROL = "a control, asked whatever the answers are; right is {!r}"
PLACEHOLDER = "asked about each claim that nothing known decides; the brackets stand for the claim"
FOLLOWS = "asked because of an answer that was given"


@dataclass(frozen=True)
class Shown:
    """One question: of whom, what it is called, what is changed, and the request itself."""

    seat: Seat
    ask: Variant
    changed: tuple[str, ...]
    purpose: str
    request: Request
    images: tuple[PreparedImage, ...]


def questions(
    here: Context, probe: str, sample_id: str, judge: str | None, answers: Sequence[str] = ()
) -> list[Shown]:
    """The base question about a sample and everything that a probe asks besides.

    A probe that draws its own items is shown those; they have no base question. What it asks the
    verifier in round 3 comes last: what follows from `answers`, or else from its example.

    Raises:
        ConfigError: the probe or the judge is not defined, or the probe asks nothing about it, or
            nothing about answers.
        DataError: there is no such sample, or its image cannot be used.
    """
    if probe not in PROBES:
        raise ConfigError(f"probe {probe!r} is not defined; known: {sorted(PROBES)!r}")
    if answers and not isinstance(PROBES[probe], Follows):
        raise ConfigError(f"probe {probe!r} asks nothing about answers; leave --answer out")
    own_items = isinstance(PROBES[probe], FreshProbe)
    samples = here.fresh() if own_items else here.samples()
    can = [each for each in samples if each.mode in PROBES[probe].modes]
    named = [s for s in samples if sample_id in (s.sample_id, s.sample_id.split("/", 2)[-1])]
    sample = next((each for each in named if each in can), named[0] if named else None)
    if sample is None:
        some = [each.sample_id for each in can[:3]]
        raise DataError(f"there is no sample {sample_id!r}; the first are {some!r}")
    settings = here.config.probes.get(probe, ProbeConfig())
    around = Around(settings, here.scale, samples, here.facts(), here.config.settings)
    variants = PROBES[probe].vary(sample, around)
    if not variants or sample.mode not in PROBES[probe].modes:
        raise ConfigError(f"probe {probe!r} asks nothing about {sample_id!r}")
    own = tuple(range(len(sample.responses)))
    base = Variant(variant="base", sample=sample, presented=own)
    asked = variants if own_items else (base, *variants)
    seat = _seat(here, judge)
    ground = _ground(here, seat, asked)
    setting = here.config.settings[0]
    first = [_shown(ground, seat, ask, setting, probe, sample) for ask in asked]
    return [*first, *_followed(here, probe, sample, around, answers)]


def _followed(
    here: Context, probe: str, sample: Sample, around: Around, answers: Sequence[str]
) -> Iterator[Shown]:
    """What a probe would ask the verifier, where there is one: controls, then about answers."""
    asking = PROBES[probe]
    if here.config.verifier is None or not isinstance(asking, Follows):
        return
    seat = here.seats[here.config.verifier.name]
    example = asking.example
    given = [example._replace(repeat=number, text=text) for number, text in enumerate(answers)]
    controls = {ask.variant: ask for ask in asking.follow(sample, (), around)}
    asked = asking.follow(sample, given or (example,), around)
    ground = _ground(here, seat, asked)
    for ask in (*controls.values(), *(ask for ask in asked if ask.variant not in controls)):
        shown = _shown(ground, seat, ask, "verify", probe, sample, "verify")
        why = FOLLOWS if given else PLACEHOLDER
        if ask.variant in controls:
            why = CONTROL.format(ask.told.get("truth"))
        elif not given:
            unnamed = f"{ask.variant.partition('/')[0]}/..."
            shown = replace(shown, ask=ask.model_copy(update={"variant": unnamed}))
        yield replace(shown, changed=(*shown.changed, why))


def _seat(here: Context, judge: str | None) -> Seat:
    name = judge or here.config.judges[0].name
    if name not in here.seats:
        raise ConfigError(f"judge {name!r} is not defined; known: {sorted(here.seats)!r}")
    return here.seats[name]


def _ground(here: Context, seat: Seat, asked: Sequence[Variant]) -> Ground:
    wanted = [
        (image, ask.images)
        for ask in asked
        if not any(change.do == OMITTED for change in ask.images)
        for image in ask.sample.images
    ]
    store = ImageStore(here.config.image_folder)
    inside = {image.sha256 for image, _ in wanted} <= drawn(here)
    root = here.run.path if inside else Path(here.run.facts()["dataset"]["root"])
    prepared, refused = prepare_all(wanted, root, here.prices.limits_of(seat.limits), store)
    if refused:
        raise DataError(f"image {refused[0][0].path!r} cannot be used: {refused[0][1]}")
    images = {(each.source_sha256, each.limits, each.change): each for each in prepared}
    return Ground(here.config, here.scale, here.prompts, here.seats, images)


def _shown(
    ground: Ground,
    seat: Seat,
    ask: Variant,
    setting: str,
    probe: str,
    original: Sample,
    purpose: str | None = None,
) -> Shown:
    purpose = purpose or ("judge" if ask.question is None else "ask")
    asked = Asked(ask, setting, ask.repeats[0], probe, purpose)
    row = planned(ground, seat, asked, judging_text(ground, seat, asked))
    if row.request_text is None:
        raise ConfigError(f"setting {setting!r} needs an image description, which a run makes")
    request = request_of_json(row.request_text)
    sent = {image.sha256 for image in request.images}
    key = change_key(ask.images)
    images = [ground.images.get((image.sha256, seat.limits, key)) for image in ask.sample.images]
    pictures = tuple(i for i in images if i and i.sha256 in sent)
    return Shown(seat, ask, tuple(_changed(ask, original)), purpose, request, pictures)


def _changed(ask: Variant, original: Sample) -> Iterator[str]:
    """What differs from the base question, in words."""
    if ask.question is not None:
        yield "nothing is judged: a question about the picture is asked"
    yield from prompt_words(ask.prompt)
    if ask.images:
        yield f"the picture: {picture_words(ask.images)}"
    if ask.sample.images != original.images:
        yield "other pictures, or in another order"
    if ask.sample.mode != original.mode:
        yield f"judged as {ask.sample.mode}, not as {original.mode}"
    elif ask.question is None:
        yield from _changed_texts(ask.sample, original)
    if ask.presented != tuple(range(len(ask.presented))):
        yield f"shown in the order {', '.join(LETTERS[own] for own in ask.presented)}"
    if ask.params:
        yield ", ".join(f"{name} {value}" for name, value in ask.params.items())


def _changed_texts(sample: Sample, original: Sample) -> Iterator[str]:
    for own, (after, before) in enumerate(zip(sample.responses, original.responses, strict=False)):
        if after.text != before.text:
            which = f"response {LETTERS[own]}" if len(original.responses) > 1 else "the response"
            yield f"{which} has another text ({len(before.text)} -> {len(after.text)} characters)"


def told(shown: Shown) -> dict[str, Any]:
    """A question as a plain value, its images by the sha256 of the bytes as sent."""
    return {
        "variant": shown.ask.variant,
        "round": 3 if shown.purpose == "verify" else 2,
        "mode": shown.ask.sample.mode if shown.purpose == "judge" else "ask",
        "repeats": list(shown.ask.repeats),
        "presented": list(shown.ask.presented),
        "judge": shown.seat.name,
        "model": shown.seat.model,
        "params": shown.request.params,
        "changed": list(shown.changed),
        "prompt": shown.request.text,
        "images": [
            {
                "sha256": image.sha256,
                "of": image.path,
                "change": image.change,
                "words": picture_words(shown.ask.images),
            }
            for image in shown.images
        ],
    }
