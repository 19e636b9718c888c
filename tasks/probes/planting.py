"""Defects: a true response in which exactly one fact is exchanged for a wrong one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from data.make.facts import HallucinationFact, Sentence
from tasks.probes.exchanges import EXCHANGES
from tasks.probes.gold import Gold, Place
from tasks.probes.known import Question, about, is_there, shuffled

DEFECTS = (*EXCHANGES, "absent object", "negation")
IS = re.compile(r" (is|are|was|were) ")


class Planted(NamedTuple):
    """A defective response, and questions about the very fact that is wrong in it."""

    text: str
    questions: tuple[Question, ...]


def planted(gold: Gold, defect: str) -> Planted | None:
    """The response with a defect of this type; `None` where it has no place for one."""
    if defect == "absent object":
        return _absent(gold)
    if defect == "negation":
        return _negated(gold)
    for place in gold.places():
        for wrong in shuffled(EXCHANGES[defect](gold, place), gold.key):
            said = _exchanged(gold.sentences[place.number].text, place.mention.text, wrong)
            if said is not None:
                return Planted(gold.text(place.number, said), tuple(_both(gold, place, wrong)))
    return None


def _both(gold: Gold, place: Place, wrong: str) -> Iterator[Question]:
    """Whether the wrong thing holds, and whether the true one does."""
    for text, truth in ((wrong, "no"), (place.mention.text, "yes")):
        asked = about(gold.known, place.fact, place.mention.attribute, text)
        if asked is not None:
            yield Question(asked, "yes" if truth == "yes" else "no")


def _absent(gold: Gold) -> Planted | None:
    """A sentence more, about something that is not in the picture."""
    for fact in gold.known.item.facts:
        if isinstance(fact, HallucinationFact):
            said = shuffled(fact.sentences, gold.key)[0]
            return Planted(f"{gold.text()} {said}", (Question(is_there(fact.phrase), "no"),))
    return None


def _negated(gold: Gold) -> Planted | None:
    """A true sentence denied; who sees the picture says yes to the question behind it."""
    for place in gold.places():
        asked = about(gold.known, place.fact, place.mention.attribute, place.mention.text)
        if place.number > 0 and place.mention.attribute != "name" and asked is not None:
            said = _denied(gold.sentences[place.number])
            return Planted(gold.text(place.number, said), (Question(asked, "yes"),))
    return None


def _denied(sentence: Sentence) -> str:
    """The sentence with a `not` where that can deny one thing only, else denied as a whole."""
    said = sentence.text
    stated = [mention for mention in sentence.mentions if mention.attribute != "name"]
    if len(stated) == 1 and len(IS.findall(said)) == 1:
        return IS.sub(r" \1 not ", said)
    first, _, rest = said.partition(" ")
    name = first == "I" or any(m.text.partition(" ")[0] == first for m in sentence.mentions)
    return f"It is not the case that {first if name else first.lower()} {rest}"


def _exchanged(said: str, old: str, new: str) -> str | None:
    """The sentence with other words in one place; `None` if the old ones stand there not once."""
    found = re.findall(rf"(?<!\w){re.escape(old)}(?!\w)", said)
    if len(found) != 1 or new == old:
        return None
    return re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", lambda _: new, said)
