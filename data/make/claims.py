"""What can be said of a picture: sentences whose facts can be exchanged for wrong ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from random import Random

from data.make.canvas import COLOURS
from data.make.facts import (
    Attribute,
    Defect,
    Mention,
    PictureFact,
    PresenceFact,
    Sentence,
)


@dataclass(frozen=True)
class Slot:
    """A place of a sentence that states `attribute` of `fact`; `wrong` is what could be planted."""

    fact: str
    attribute: Attribute
    text: str
    wrong: str | None = None
    defect: Defect | None = None


@dataclass(frozen=True)
class Claim:
    """One statement in several wordings; `{0}`, `{1}`, … stand for its slots."""

    wordings: tuple[str, ...]
    slots: tuple[Slot, ...]

    def say(self, wording: int, planted: int | None = None) -> Sentence:
        """The sentence in one wording, with the slot number `planted` told wrong."""
        texts = [
            (slot.wrong or slot.text) if number == planted else slot.text
            for number, slot in enumerate(self.slots)
        ]
        said = self.wordings[wording % len(self.wordings)].format(*texts)
        mentions = tuple(
            Mention(fact=slot.fact, attribute=slot.attribute, text=text)
            for slot, text in zip(self.slots, texts, strict=True)
            if slot.fact
        )
        return Sentence(text=said[0].upper() + said[1:], mentions=mentions)


@dataclass(frozen=True)
class Ghost:
    """Something absent, with claims that speak of it as if it were there."""

    noun: str
    name: str
    phrase: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class Picture:
    """A drawn picture, its question, and all that can be said of it.

    `lead` answers the question in full and `short` in few words; `sides` are further true
    claims; `ghosts` go from the most outlandish absent thing to the most plausible one.
    """

    png: bytes
    instruction: str
    answer: str
    facts: tuple[PictureFact, ...]
    lead: Claim
    short: Claim
    sides: tuple[Claim, ...]
    ghosts: tuple[Ghost, ...]


def ghost_slots(*texts: str) -> tuple[Slot, ...]:
    """Slots that state no fact, for sentences about absent things."""
    return tuple(Slot("", "name", text) for text in texts)


def presence(present: Sequence[str], absent: Sequence[str]) -> PresenceFact:
    """The noun phrases for yes/no questions; the last three absent ones are the most plausible."""
    return PresenceFact(
        present=tuple(present), absent=tuple(absent), adversarial=tuple(absent[-3:])
    )


def by_likeness(names: Sequence[str], present: Sequence[str]) -> list[str]:
    """Absent names from the least to the most like one that is present."""

    def likeness(name: str) -> float:
        return max(SequenceMatcher(None, name, other).ratio() for other in present)

    return sorted((n for n in names if n not in present), key=lambda name: (likeness(name), name))


def wrong_number(
    rng: Random, true: float, difficulty: float, bounds: tuple[float, float], step: float = 1
) -> float:
    """A number other than `true` within the bounds.

    It is off by about 60 % at difficulty 0, 22 % at 0.5 and 8 % at 1, by one step at least.
    """
    low, high = bounds
    share = 0.6 * (0.08 / 0.6) ** difficulty * rng.uniform(0.85, 1.15)
    gap = max(1, round(true * share / step)) * step
    inside = [n for n in (true - gap, true + gap) if low <= n <= high]
    if not inside:
        farther = low if true - low > high - true else high
        inside = [farther if farther != true else true + step]
    chosen: float = rng.choice(inside)
    return round(chosen, 2)


def wrong_count(rng: Random, true: int, difficulty: float) -> int:
    """A count of one or more that is off by 3 at difficulty 0, by 2 at 0.5, by 1 at 1."""
    gap = 3 - round(2 * difficulty)
    return rng.choice([n for n in (true - gap, true + gap) if n >= 1])


def larger_count(rng: Random, true: int, difficulty: float) -> int:
    """A count that is too high, by 2 or 3 at difficulty 0 and by 1 at 1.

    Too low a count could be told from the text alone, when it names more things than it counts.
    """
    return true + rng.choice((3, 2) if difficulty < 0.25 else (2, 1) if difficulty < 0.75 else (1,))


def wrong_colour(rng: Random, true: str, difficulty: float) -> str:
    """Another colour: across the colour wheel at difficulty 0, a neighbour at 1."""
    wheel = list(COLOURS)
    steps = 3 - round(2 * difficulty)
    return wheel[(wheel.index(true) + rng.choice([-steps, steps])) % len(wheel)]


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """`1 bar`, `2 bars`."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"
