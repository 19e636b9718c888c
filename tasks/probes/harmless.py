"""Harmless edits: a response that says the same, or one true thing more, in other words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from data.make.facts import DefectFact, HallucinationFact, ResponseFact, Sentence
from tasks.probes.gold import Gold
from tasks.probes.known import shuffled

WORD = re.compile(r"[a-z]{5,}")


def _order(gold: Gold) -> str | None:
    """The sentences after the answer the other way round."""
    first, *rest = (sentence.text for sentence in gold.sentences)
    return " ".join([first, *reversed(rest)]) if len(rest) > 1 else None


def _wording(gold: Gold) -> str | None:
    """Every sentence in the other words that another response of the item has for it."""
    others = {_claims(sentence): sentence.text for sentence in _true_elsewhere(gold)}
    said = [others.get(_claims(sentence), sentence.text) for sentence in gold.sentences]
    changed = " ".join(said)
    return changed if changed != gold.text() else None


def _typo(gold: Gold) -> str | None:
    """Two letters changed places inside one word that states no fact."""
    text = gold.text()
    told = {word for s in gold.sentences for m in s.mentions for word in WORD.findall(m.text)}
    words = [word for word in WORD.findall(text) if word not in told and word[2] != word[3]]
    for word in shuffled(words, gold.key)[:1]:
        return text.replace(word, word[:2] + word[3] + word[2] + word[4:], 1)
    return None


def _addition(gold: Gold) -> str | None:
    """A true sentence more, as long as the one about something absent would be."""
    stated = {mention.fact for sentence in gold.sentences for mention in sentence.mentions}
    more = [
        sentence.text
        for sentence in _true_elsewhere(gold)
        if not {m.fact for m in sentence.mentions if m.attribute != "name"} & stated
        and any(m.attribute != "name" for m in sentence.mentions)
    ]
    return f"{gold.text()} {shuffled(more, gold.key)[0]}" if more else None


def _true_elsewhere(gold: Gold) -> list[Sentence]:
    """The true sentences of the item's other responses."""
    facts = gold.known.item.facts
    false = {fact.sentence for fact in facts if isinstance(fact, DefectFact)}
    false |= {s for fact in facts if isinstance(fact, HallucinationFact) for s in fact.sentences}
    return [
        sentence
        for fact in facts
        if isinstance(fact, ResponseFact) and fact != gold.response and fact.quality != "terse"
        for sentence in fact.sentences
        if sentence.text not in false
    ]


def _claims(sentence: Sentence) -> frozenset[tuple[str, str, str]]:
    return frozenset((m.fact, m.attribute, m.text) for m in sentence.mentions)


HARMLESS: Mapping[str, Callable[[Gold], str | None]] = {
    "order": _order,
    "wording": _wording,
    "typo": _typo,
    "addition": _addition,
}
