"""What the perception probe asks of one picture, and of edited versions of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeVar

from data.make import KINDS
from data.make.facts import (
    Attribute,
    Box,
    CountFact,
    ImageFact,
    ItemFacts,
    ObjectFact,
    PictureFact,
    ReadoutFact,
)
from tasks.probes.known import (
    Known,
    Question,
    Truth,
    about,
    amount,
    colours,
    is_there,
    other_digits,
    shuffled,
)
from tasks.prompts.changes import ImageChange

EACH = 3  # questions about what is there, and as many about what is absent in each arm
ABSENT = ("random", "popular", "adversarial")
STATED = ("count", "colour", "readout")
EDITED = "-edited"
COLOURED = ("bar-chart", "shapes")  # kinds in which a colour can be changed without a trace
WRITTEN = ("table", "receipt", "map")  # kinds in which a number stands for nothing else drawn
OTHER: Mapping[Truth, Truth] = {"yes": "no", "no": "yes"}
F = TypeVar("F", bound=PictureFact)


class Asked(NamedTuple):
    """A question in an arm; `change` is made to the picture first."""

    arm: str
    question: Question
    change: ImageChange | None = None


def questions(item: ItemFacts, often: Mapping[str, int]) -> list[Asked]:
    """What is asked about an item's picture; `often` counts the pictures that a thing is in.

    An arm's questions of the edited picture stand in the order of those of the picture.
    """
    known = Known(item)
    return [*_presence(known, often), *_count(known), *_colour(known), *_read(known), *_gone(known)]


def _presence(known: Known, often: Mapping[str, int]) -> Iterator[Asked]:
    """Things that are there, and as many absent ones of each kind; none stands in two arms."""
    said, key = known.presence, known.item.item_id
    for phrase in shuffled(said.present, key)[:EACH]:
        yield Asked("present", Question(is_there(phrase), "yes"))
    absent = shuffled((*said.absent, *said.adversarial), key)
    seen = [phrase for phrase in absent if often.get(phrase)]
    pools = {
        "adversarial": shuffled(said.adversarial, key),
        "popular": sorted(seen, key=lambda phrase: -often[phrase]),
        "random": absent,
    }
    taken = set(said.present)
    for arm, pool in pools.items():
        chosen = [phrase for phrase in pool if phrase not in taken][:EACH]
        taken |= set(chosen)
        for phrase in chosen:
            yield Asked(arm, Question(is_there(phrase), "no"))


def _count(known: Known) -> Iterator[Asked]:
    for fact in _one(known, CountFact):
        less = fact.value > 1 and hashlib.sha256(known.item.item_id.encode()).digest()[0] % 2
        wrong = fact.value - 1 if less else fact.value + 1
        yield from _both(known, "count", fact, "value", (str(fact.value), str(wrong)))


def _colour(known: Known) -> Iterator[Asked]:
    for thing in _one(known, ObjectFact):
        true = str(thing.colour)
        wrong = next(c for c in shuffled(colours(), known.item.item_id) if c != true)
        change = None
        if known.item.kind in COLOURED:
            change = _changed(known, "recolour", thing.box, f"{true} {wrong}")
        yield from _both(known, "colour", thing, "colour", (true, wrong), change)


def _read(known: Known) -> Iterator[Asked]:
    for read in _one(known, ReadoutFact):
        wrong = shuffled(other_digits(read.text), known.item.item_id)[0]
        change = None
        if known.item.kind in WRITTEN:
            change = _changed(known, "rewrite", read.box, wrong, read.text)
        told = (amount(read, read.text), amount(read, wrong))
        yield from _both(known, "readout", read, "value", told, change)


def _gone(known: Known) -> Iterator[Asked]:
    """The only shape of its kind and colour: is it there, and is it when it is painted over?"""
    if known.item.kind != "shapes":
        return
    things = [fact for fact in known.facts.values() if isinstance(fact, ObjectFact)]
    looks = [f"{thing.colour} {thing.noun}" for thing in things]
    alone = {look: at for at, look in enumerate(looks) if looks.count(look) == 1}
    for look in shuffled(alone, known.item.item_id)[:1]:
        thing = things[alone[look]]
        text = is_there(f"{'an' if look[0] in 'aeiou' else 'a'} {look}")
        change = _changed(known, "erase", thing.box, str(thing.colour))
        if change is not None:
            yield Asked("erased", Question(text, "yes"))
            yield Asked("erased" + EDITED, Question(text, "no"), change)


def _both(
    known: Known,
    arm: str,
    fact: PictureFact,
    attribute: Attribute,
    told: tuple[str, str],
    change: ImageChange | None = None,
) -> Iterator[Asked]:
    """Whether the true and the wrong thing hold; after the change it is the other way round."""
    truths: tuple[Truth, Truth] = ("yes", "no")
    asked = [
        (about(known, fact, attribute, text), truth)
        for text, truth in zip(told, truths, strict=True)
    ]
    for text, truth in asked:
        if text is not None:
            yield Asked(arm, Question(text, truth))
    for text, truth in asked:
        if text is not None and change is not None:
            yield Asked(arm + EDITED, Question(text, OTHER[truth]), change)


def _one(known: Known, kind: type[F]) -> list[F]:
    """One fact of a kind that can be asked about; none where there is no such."""
    for name in shuffled(known.facts, known.item.item_id):
        fact = known.facts[name]
        colourless = isinstance(fact, ObjectFact) and fact.colour not in colours()
        wordless = isinstance(fact, ReadoutFact) and not other_digits(fact.text)
        if isinstance(fact, kind) and not colourless and not wordless:
            return [fact]
    return []


def _changed(known: Known, do: str, box: Box, text: str, old: str = "") -> ImageChange | None:
    """The change of a picture that was drawn here; of another one there is none."""
    sizes = [fact for fact in known.item.facts if isinstance(fact, ImageFact)]
    if not sizes or known.item.kind not in KINDS:
        return None
    width, height = sizes[0].width, sizes[0].height
    level = 0.0
    if old:
        from data.make.retouch import text_size  # Pillow: only when there are drawn pictures

        level = text_size(old, box) / height
    left, top, right, bottom = box
    shares = (left / width, top / height, right / width, bottom / height)
    return ImageChange(do=do, level=level, text=text, box=shares)
