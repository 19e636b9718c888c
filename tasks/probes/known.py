"""What is known of a picture, as questions to be answered by yes or no."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from data.make.facts import (
    Attribute,
    CountFact,
    DerivedFact,
    ItemFacts,
    ObjectFact,
    PictureFact,
    PresenceFact,
    ReadoutFact,
    RelationFact,
)

Truth = Literal["yes", "no"]
PICTURE = (ObjectFact, ReadoutFact, CountFact, RelationFact, DerivedFact)
OPPOSITE = {
    "left": "right", "right": "left", "above": "below", "below": "above",
    "north": "south", "south": "north", "east": "west", "west": "east", "up": "down", "down": "up",
}  # fmt: skip
PLACED = {
    "left": "to the left of", "right": "to the right of", "above": "above", "below": "below",
    "north": "north of", "south": "south of", "east": "east of", "west": "west of",
}  # fmt: skip


class Question(NamedTuple):
    """A question about the picture and its right answer."""

    text: str
    truth: Truth


def is_there(phrase: str) -> str:
    """The question whether something is in the picture."""
    return f"Is there {phrase} in the image?"


def shuffled(words: Iterable[str], key: str) -> list[str]:
    """The distinct words in an order that follows from the key alone."""
    return sorted(set(words), key=lambda word: hashlib.sha256(f"{key}/{word}".encode()).digest())


@dataclass(frozen=True)
class Known:
    """An item's facts by what they are about."""

    item: ItemFacts

    @cached_property
    def facts(self) -> dict[str, PictureFact]:
        """Facts that have an id, by it."""
        return {fact.id: fact for fact in self.item.facts if isinstance(fact, PICTURE)}

    @cached_property
    def presence(self) -> PresenceFact:
        """All that is said to be there or absent."""
        said = [fact for fact in self.item.facts if isinstance(fact, PresenceFact)]
        return PresenceFact(
            present=tuple(dict.fromkeys(p for fact in said for p in fact.present)),
            absent=tuple(dict.fromkeys(p for fact in said for p in fact.absent)),
            adversarial=tuple(dict.fromkeys(p for fact in said for p in fact.adversarial)),
        )

    @property
    def is_chart(self) -> bool:
        """Whether its numbers are drawn as lengths or heights too."""
        return self.item.kind.endswith("chart")

    def name(self, fact: str | None) -> str:
        """The name of an object, by its id."""
        found = self.facts.get(fact or "")
        return found.name if isinstance(found, ObjectFact) else ""

    def owner(self, readout: str) -> str:
        """The thing that a readout belongs to, by the readout's id."""
        found = self.facts.get(readout)
        thing = self.facts.get(found.object or "") if isinstance(found, ReadoutFact) else None
        return f'the {thing.noun} "{thing.name}"' if isinstance(thing, ObjectFact) else "it"

    def phrase(self, name: str) -> str | None:
        """The words for a thing of this name, built like those of the things that are there."""
        for thing in self.facts.values():
            for phrase in self.presence.present:
                if isinstance(thing, ObjectFact) and phrase.endswith(f" {thing.name}"):
                    return phrase.removesuffix(thing.name) + name
        return None

    def absent_names(self) -> list[str]:
        """Names that things of this picture could have had."""
        start = self.phrase("")
        if start is None:
            return []
        return [p.removeprefix(start) for p in self.presence.absent if p.startswith(start)]

    def nouns(self) -> list[str]:
        """The nouns of what is drawn."""
        return [fact.noun for fact in self.facts.values() if isinstance(fact, ObjectFact)]


def amount(fact: ReadoutFact, text: str) -> str:
    """What is drawn, with its unit."""
    return text if fact.unit is None or text.endswith(fact.unit) else f"{text} {fact.unit}"


def about(known: Known, fact: PictureFact, attribute: Attribute, text: str) -> str | None:
    """The question whether `text` holds of the fact; `None` where there are no words for it."""
    match fact:
        case ObjectFact():
            return _of_object(known, fact, attribute, text)
        case ReadoutFact():
            of = known.name(fact.object)
            if of:
                return f'For "{of}", does the image give {text} under "{fact.quantity}"?'
            return f"Does the image give {text} as the {fact.quantity}?"
        case CountFact():
            number = re.match(r"\d+", text)
            return f"Is the number of {fact.of} in the image {number[0]}?" if number else None
        case RelationFact():
            return _of_relation(known, fact, text)
        case DerivedFact(how="distance", of=(first, second, *_)):
            ends = f'"{known.name(first)}" to "{known.name(second)}"'
            return f"Is the way along the streets from {ends} in the image {text} long?"
        case DerivedFact(how="trend", of=(first, *_)):
            end = "higher" if text == "up" else "lower"
            return f"In the image, does {known.owner(first)} end {end} than it starts?"
    return None


def _of_object(known: Known, fact: ObjectFact, attribute: Attribute, text: str) -> str | None:
    if attribute == "colour":
        return f'Is the {fact.noun} "{fact.name}" drawn in {text}?'
    if attribute == "shape":
        return f'Does "{fact.name}" name a {text} in the image?'
    phrase = known.phrase(text)
    return None if phrase is None else is_there(phrase)


def _of_relation(known: Known, fact: RelationFact, text: str) -> str | None:
    subject, other = known.name(fact.subject), known.name(fact.object)
    if text in PLACED:
        return f'Is "{subject}" {PLACED[text]} "{other}" in the image?'
    return f'Is "{subject}" at {text} in the image?'


def other_digits(text: str) -> list[str]:
    """The texts that differ from this one in exactly one digit, none with a new leading zero."""
    found = []
    for at, old in enumerate(text):
        if not old.isdigit():
            continue
        leads = at == 0 and len(text) > 1
        found += [text[:at] + new + text[at + 1 :] for new in _DIGITS[leads:] if new != old]
    return found


_DIGITS = "0123456789"


def colours() -> Sequence[str]:
    """The colours that things are drawn in."""
    from data.make.canvas import COLOURS  # Pillow: only when there are drawn pictures

    return list(COLOURS)
