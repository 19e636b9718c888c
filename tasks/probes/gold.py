"""A response in which everything is true, and the places where it states known facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from data.make.facts import Mention, PictureFact, ReadoutFact, ResponseFact, Sentence
from tasks.probes.known import Known, shuffled


class Place(NamedTuple):
    """A mention in a sentence of the response; `key` decides what is chosen there."""

    number: int
    mention: Mention
    fact: PictureFact
    key: str


@dataclass(frozen=True)
class Gold:
    """A response in which everything is true, and what is known of its picture."""

    known: Known
    response: ResponseFact
    key: str

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """Its sentences, the answer first."""
        return self.response.sentences

    def text(self, number: int | None = None, said: str = "") -> str:
        """The response, with one of its sentences exchanged."""
        return " ".join(
            said if at == number else sentence.text for at, sentence in enumerate(self.sentences)
        )

    def places(self) -> list[Place]:
        """Mentions whose fact is stated in one sentence only, those of the answer last.

        What is stated twice would contradict itself once it is wrong, picture or not.
        """
        stated: dict[tuple[str, str], set[int]] = {}
        for number, sentence in enumerate(self.sentences):
            for mention in sentence.mentions:
                stated.setdefault((mention.fact, mention.attribute), set()).add(number)
        found = [
            Place(number, mention, self.known.facts[mention.fact], self.key)
            for number, sentence in enumerate(self.sentences)
            for mention in sentence.mentions
            if mention.fact in self.known.facts
            and (len(stated[mention.fact, mention.attribute]) == 1 or mention.attribute == "name")
        ]
        names = shuffled((_label(place) for place in found), self.key)
        return sorted(found, key=lambda place: (place.number == 0, names.index(_label(place))))

    def highest(self, unit: str | None) -> float:
        """The least number of this unit in the answer, which others must not pass."""
        told = [self.known.facts.get(mention.fact) for mention in self.sentences[0].mentions]
        values = [
            fact.value
            for fact in told
            if isinstance(fact, ReadoutFact) and fact.unit == unit and not is_word(fact)
        ]
        return min((float(value) for value in values), default=float("inf"))


def _label(place: Place) -> str:
    return f"{place.number} {place.mention.fact} {place.mention.attribute}"


def is_word(fact: ReadoutFact) -> bool:
    """Whether a readout is no number."""
    return isinstance(fact.value, str)
