"""Four responses to a picture's question whose quality is known because of how they are built.

| quality | gold | how |
|---|---|---|
| full | 5 | the answer and two to four further facts, all true |
| terse | 4 | the answer alone, true |
| planted | 2 | like full, with exactly one fact exchanged for a wrong one |
| hallucinated | 1 | the answer, up to two true facts, one or two about something absent |

A tied item has a second full response, with the same facts in other words, and no terse one.
True, planted and hallucinated sentences share their wordings, so that only the picture tells
them apart.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from random import Random

from data.make.claims import Claim, Ghost, Picture
from data.make.facts import (
    GOLD,
    DefectFact,
    Fact,
    HallucinationFact,
    Quality,
    ResponseFact,
    Sentence,
    TieFact,
)

# Four invented responders. The weights make the first a little better than the last on average,
# as real responders differ, and leave every one of them good and bad responses.
SKEW = {"alder": 1.6, "birch": 1.2, "cedar": 1.0, "dogwood": 0.8}


@dataclass(frozen=True)
class Written:
    """A response before it has an author; `told` is the defect or the hallucination."""

    quality: Quality
    sentences: tuple[Sentence, ...]
    told: DefectFact | HallucinationFact | None = None

    @property
    def text(self) -> str:
        """The response as a judge reads it."""
        return " ".join(sentence.text for sentence in self.sentences)


@dataclass(frozen=True)
class Signed:
    """A response with its author and gold score."""

    author: str
    text: str
    gold: int
    facts: tuple[Fact, ...]


def respond(picture: Picture, rng: Random, difficulty: float, tied: bool) -> tuple[Signed, ...]:
    """The four responses in their own order, with the facts of how they were built."""
    sides = rng.sample(picture.sides, rng.randint(2, min(4, len(picture.sides))))
    start = rng.randrange(3)
    written = [
        _full(picture, rng, sides, start),
        _full(picture, rng, sides, start + 1) if tied else _terse(picture, start + 1),
        _planted(picture, rng, start + 2),
        _hallucinated(picture, rng, start + 3, _ghost(picture, rng, difficulty)),
    ]
    signed = [
        _signed(response, author)
        for response, author in zip(written, _authors(rng), strict=True)  # the best chooses first
    ]
    rng.shuffle(signed)
    return tuple(signed)


def ties(signed: tuple[Signed, ...]) -> list[TieFact]:
    """The pairs of equal gold, in their own order."""
    return [
        TieFact(authors=(first.author, second.author))
        for i, first in enumerate(signed)
        for second in signed[i + 1 :]
        if first.gold == second.gold
    ]


def _full(picture: Picture, rng: Random, sides: list[Claim], wording: int) -> Written:
    order = rng.sample(sides, len(sides))
    return Written("full", _told(picture, order, wording))


def _terse(picture: Picture, wording: int) -> Written:
    return Written("terse", (picture.short.say(wording),))


def _planted(picture: Picture, rng: Random, wording: int) -> Written:
    """A full response with one wrong fact; every kind of defect the picture allows is as likely."""
    by_defect = defaultdict(list)
    for claim in picture.sides:
        for number, slot in enumerate(claim.slots):
            if slot.defect is not None and slot.wrong is not None:
                by_defect[slot.defect].append((claim, number, slot.wrong))
    defect = rng.choice(sorted(by_defect))
    claim, number, wrong = rng.choice(by_defect[defect])
    false = claim.say(rng.randrange(3), number)
    others = [side for side in picture.sides if side is not claim]
    told = _told(picture, rng.sample(others, rng.randint(1, min(3, len(others)))), wording)
    sentences = _inserted(rng, told, [false])
    slot = claim.slots[number]
    return Written(
        "planted",
        sentences,
        DefectFact(
            author="",
            defect=defect,
            fact=slot.fact,
            attribute=slot.attribute,
            original=slot.text,
            planted=wrong,
            sentence=false.text,
        ),
    )


def _hallucinated(picture: Picture, rng: Random, wording: int, ghost: Ghost) -> Written:
    claims = rng.sample(ghost.claims, rng.randint(1, len(ghost.claims)))
    invented = [claim.say(rng.randrange(3)) for claim in claims]
    sides = rng.sample(picture.sides, rng.randint(0, 2))
    return Written(
        "hallucinated",
        _inserted(rng, _told(picture, sides, wording), invented),
        HallucinationFact(
            author="",
            noun=ghost.noun,
            name=ghost.name,
            phrase=ghost.phrase,
            sentences=tuple(sentence.text for sentence in invented),
        ),
    )


def _ghost(picture: Picture, rng: Random, difficulty: float) -> Ghost:
    """An absent thing: the more difficult, the more like something present."""
    last = len(picture.ghosts) - 1
    return picture.ghosts[min(last, max(0, round(difficulty * last) + rng.randint(-2, 2)))]


def _told(picture: Picture, sides: list[Claim], wording: int) -> tuple[Sentence, ...]:
    lead = picture.lead.say(wording)
    return (lead, *(side.say(wording + n) for n, side in enumerate(sides)))


def _inserted(
    rng: Random, sentences: tuple[Sentence, ...], more: list[Sentence]
) -> tuple[Sentence, ...]:
    """The sentences with more of them at random places after the lead."""
    told = list(sentences)
    for sentence in more:
        told.insert(rng.randint(1, len(told)), sentence)
    return tuple(told)


def _authors(rng: Random) -> list[str]:
    """The authors in a random order that favours the heavier ones."""
    left, order = dict(SKEW), []
    while left:
        name = rng.choices(list(left), list(left.values()))[0]
        order.append(name)
        del left[name]
    return order


def _signed(written: Written, author: str) -> Signed:
    gold = GOLD[written.quality]
    built = ResponseFact(
        author=author, quality=written.quality, gold=gold, sentences=written.sentences
    )
    told = (written.told.model_copy(update={"author": author}),) if written.told else ()
    return Signed(author, written.text, gold, (built, *told))
