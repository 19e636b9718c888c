"""What a true statement can be exchanged for, by type of defect.

Each function gives the wrong texts that may stand in one place of a response, none where the place
does not fit. A wrong text is false of the picture and does not contradict the response's rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from data.make.facts import (
    CountFact,
    DerivedFact,
    ObjectFact,
    PictureFact,
    ReadoutFact,
    RelationFact,
)
from tasks.probes.gold import Gold, Place, is_word
from tasks.probes.known import OPPOSITE, colours, other_digits

UNITS = {"m": "km", "km": "m", "cm": "m", "mm": "cm", "EUR": "USD"}
NUMBER = re.compile(r"(\d+(?:\.\d+)?)( .+)?")
OFF = 0.2  # of a chart's value
Exchange = Callable[[Gold, Place], Sequence[str]]


def _object(gold: Gold, place: Place) -> Sequence[str]:
    """Another form, or the name of something that is not in the picture."""
    if not isinstance(place.fact, ObjectFact):
        return ()
    if place.mention.attribute == "shape":
        said = gold.text()  # what is counted or named elsewhere in it would give the form away
        return [noun for noun in gold.known.nouns() if noun not in said]
    asked = gold.known.phrase(place.fact.name)
    there = asked in gold.known.presence.present
    return gold.known.absent_names() if place.mention.attribute == "name" and there else ()


def _count(gold: Gold, place: Place) -> Sequence[str]:
    """One more; one fewer could be told from the text, where it names more than it counts."""
    match = NUMBER.fullmatch(place.mention.text)
    counted = isinstance(place.fact, CountFact) or _is_tally(place.fact)
    if match is None or not counted:
        return ()
    number, words = int(match[1]), match[2] or ""
    return [f"{number + 1}{words}{'s' if number == 1 and words else ''}"]


def _is_tally(fact: PictureFact) -> bool:
    """Whether a readout says how many pieces there are."""
    return isinstance(fact, ReadoutFact) and isinstance(fact.value, int) and fact.unit is None


def _colour(gold: Gold, place: Place) -> Sequence[str]:
    if place.mention.attribute != "colour":
        return ()
    return [colour for colour in colours() if colour != place.mention.text]


def _side(gold: Gold, place: Place) -> Sequence[str]:
    """The opposite side or direction."""
    if not isinstance(place.fact, RelationFact | DerivedFact):
        return ()
    return [OPPOSITE[place.mention.text]] if place.mention.text in OPPOSITE else ()


def _digit(gold: Gold, place: Place) -> Sequence[str]:
    """A number that is read off, with one other digit."""
    number = _number(gold, place)
    if number is None or gold.known.is_chart:
        return ()
    old, words, most = number
    return [f"{new}{words}" for new in other_digits(old) if _below(float(new), float(old), most)]


def _value(gold: Gold, place: Place) -> Sequence[str]:
    """A chart's number off by a fifth, by one at least."""
    number = _number(gold, place)
    if number is None or not gold.known.is_chart:
        return ()
    old, words, most = number
    true = float(old)
    gap = max(1.0, round(OFF * true))
    wrong = [new for new in (true - gap, true + gap) if new >= 0 and _below(new, true, most)]
    return [f"{new:g}{words}" for new in wrong]


def _below(new: float, old: float, most: float) -> bool:
    """Whether a wrong number would contradict the answer, which names the highest."""
    return old >= most or new < most


def _number(gold: Gold, place: Place) -> tuple[str, str, float] | None:
    """The digits of a mentioned readout, the words after them, and what it must stay below."""
    match = NUMBER.fullmatch(place.mention.text)
    fact = place.fact
    if match is None or not isinstance(fact, ReadoutFact) or is_word(fact) or _is_tally(fact):
        return None
    return match[1], match[2] or "", gold.highest(fact.unit)


def _unit(gold: Gold, place: Place) -> Sequence[str]:
    """Another unit, where the picture shows one; a thousand of it where there is no other."""
    match = NUMBER.fullmatch(place.mention.text)
    if match is None or match[2] is None or isinstance(place.fact, CountFact | ObjectFact):
        return ()
    unit = match[2].strip()
    if unit in UNITS:
        return [f"{match[1]} {UNITS[unit]}"]
    return [f"{match[1]} thousand {unit}"] if gold.known.is_chart else []


EXCHANGES: Mapping[str, Exchange] = {
    "object": _object,
    "count": _count,
    "colour": _colour,
    "side": _side,
    "digit": _digit,
    "chart value": _value,
    "unit": _unit,
}
