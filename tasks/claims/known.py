"""What the facts of a made picture decide about a claim: exactly, or not at all."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from data.make.facts import (
    CountFact,
    DefectFact,
    Fact,
    HallucinationFact,
    ItemFacts,
    ObjectFact,
    PresenceFact,
    ReadoutFact,
    RelationFact,
    ResponseFact,
)
from tasks.claims.reading import normal

WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
NUMBERS = {word: value for value, word in enumerate(WORDS)}
PICTURE = r"(?:the |this )?(?:image|picture|chart|figure|graph|map|table|receipt|diagram)"
LEAD = re.compile(rf"^(?:in {PICTURE},? |{PICTURE} shows that )")
TAIL = re.compile(rf" (?:in all|in total|(?:in|on) {PICTURE})$")
EXISTS = rf"(?:there (?:is|are)|{PICTURE} (?:shows|has|contains))"
OPPOSITE = {"left": "right", "above": "below", "north": "south", "east": "west"}
OPPOSITE |= {other: side for side, other in OPPOSITE.items()}
SIDE = r"(?:to the )?(left|right|above|below|north|south|east|west)(?: of)?"


class Statement(NamedTuple):
    """A statement of which the facts say whether it is true."""

    text: str
    kind: str
    true: bool


def decided(claim: str, item: ItemFacts) -> bool | None:
    """Whether the claim is true of the picture; `None` where the facts do not say exactly."""
    said = TAIL.sub("", LEAD.sub("", normal(claim)))
    written = _written(item)
    if said in written:
        return written[said]
    for rule in (_counted, _present, _coloured, _read, _placed):
        found = rule(said, item.facts)
        if found is not None:
            return found
    return None


def statements(item: ItemFacts) -> tuple[Statement, ...]:
    """Statements that the facts decide, each true one beside a false one."""
    return tuple(_stated(item))


def _stated(item: ItemFacts) -> Iterator[Statement]:
    for fact in item.facts:
        if isinstance(fact, CountFact) and fact.value > 1:
            yield Statement(f"There are {fact.value} {fact.of}.", "count", True)
            yield Statement(f"There are {fact.value + 1} {fact.of}.", "count", False)
        elif isinstance(fact, PresenceFact):
            for present, absent in zip(fact.present[:2], fact.absent, strict=False):
                yield Statement(f"There is {present}.", "object", True)
                yield Statement(f"There is {absent}.", "object", False)
        elif isinstance(fact, ObjectFact) and fact.colour and _alone(fact, item.facts):
            yield Statement(f"{fact.name} is drawn in {fact.colour}.", "colour", True)
            other = next(c for c in _colours() if c != fact.colour)
            yield Statement(f"{fact.name} is drawn in {other}.", "colour", False)


@functools.lru_cache(maxsize=512)
def _written(item: ItemFacts) -> Mapping[str, bool]:
    """The sentences that the responses were made of; what is in no defect is true."""
    texts = {
        normal(sentence.text)
        for fact in item.facts if isinstance(fact, ResponseFact)
        for sentence in fact.sentences
    }  # fmt: skip
    wrong: set[str] = set()
    for fact in item.facts:
        if isinstance(fact, DefectFact):
            wrong.add(normal(fact.sentence))
        elif isinstance(fact, HallucinationFact):
            wrong.update(map(normal, fact.sentences))
    return {text: text not in wrong for text in texts | wrong}


def _counted(said: str, facts: tuple[Fact, ...]) -> bool | None:
    match = re.fullmatch(rf"{EXISTS} (?:exactly )?(\w+) (.+)", said)
    if match is None or not (match[1].isdecimal() or match[1] in NUMBERS):
        return None
    number = int(match[1]) if match[1].isdecimal() else NUMBERS[match[1]]
    names = {match[2], f"{match[2]}s"}
    values = {f.value for f in facts if isinstance(f, CountFact) and normal(f.of) in names}
    return number in values if len(values) == 1 else None


def _present(said: str, facts: tuple[Fact, ...]) -> bool | None:
    match = re.fullmatch(rf"{EXISTS} (no|an?) (.+)", said)
    for fact in facts if match else ():
        if match and isinstance(fact, PresenceFact):
            there, missing = (
                {normal(phrase).removeprefix("an ").removeprefix("a ") for phrase in phrases}
                for phrases in (fact.present, fact.absent)
            )
            if match[2] in there | missing:
                return (match[2] in there) != (match[1] == "no")
    return None


def _coloured(said: str, facts: tuple[Fact, ...]) -> bool | None:
    verb = r"(?:is|is drawn in|is marked in|is colou?red)"
    return _about(
        said, facts, rf"(?:the colou?r of )?%s(?:'s {{noun}})? {verb} (\w+)",
        lambda fact, value: value == fact.colour if fact.colour and value in _colours() else None,
    )  # fmt: skip


def _read(said: str, facts: tuple[Fact, ...]) -> bool | None:
    """A value, of an object with nothing but one number."""

    def same(fact: ObjectFact, value: str) -> bool | None:
        own = [f for f in facts if isinstance(f, ReadoutFact) and f.object == fact.id]
        number, _, unit = value.partition(" ")
        if len(own) != 1 or isinstance(own[0].value, str) or unit not in {"", own[0].unit}:
            return None
        return float(number) == float(own[0].value)

    verb = r"(?:is|is at|reaches|stands at|has a value of)"
    return _about(said, facts, rf"%s(?:'s {{noun}})? {verb} (\d+(?:\.\d+)?(?: \w+)?)", same)


def _placed(said: str, facts: tuple[Fact, ...]) -> bool | None:
    named = {f.id: f for f in facts if isinstance(f, ObjectFact) and _alone(f, facts)}
    sides = {
        (f.subject, f.object, f.value) for f in facts if isinstance(f, RelationFact)
    }  # fmt: skip
    for subject, other, value in sides:
        if subject in named and other in named and value in OPPOSITE:
            pattern = f"{_called(named[subject])} (?:is|lies|stands) {SIDE} {_called(named[other])}"
            match = re.fullmatch(pattern, said)
            if match and match[1] in {value, OPPOSITE[value]}:
                return match[1] == value
    return None


def _about(
    said: str,
    facts: tuple[Fact, ...],
    pattern: str,
    true: Callable[[ObjectFact, str], bool | None],
) -> bool | None:
    """What a rule says of the one object that the statement is about."""
    for fact in facts:
        if isinstance(fact, ObjectFact) and _alone(fact, facts):
            own = (pattern % _called(fact)).replace("{noun}", re.escape(fact.noun))
            match = re.fullmatch(own, said)
            if match:
                return true(fact, match[1])
    return None


def _called(fact: ObjectFact) -> str:
    noun = re.escape(normal(fact.noun))
    link = "(?: (?:of|for|labelled|labeled|named|called|at))?"
    return rf"(?:the )?(?:{noun}{link} )?[\"']?{re.escape(normal(fact.name))}[\"']?"


def _alone(fact: ObjectFact, facts: tuple[Fact, ...]) -> bool:
    """Whether nothing else bears the name."""
    return Counter(normal(f.name) for f in facts if isinstance(f, ObjectFact))[
        normal(fact.name)
    ] == 1  # fmt: skip


def _colours() -> tuple[str, ...]:
    from data.make.canvas import COLOURS

    return tuple(COLOURS)
