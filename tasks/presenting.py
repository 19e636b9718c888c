"""Verdicts between the order in which responses were shown and the sample's own order.

A permutation `presented` has `presented[i]` = own index of the response shown at position i. It
need not be its own inverse.
"""

from __future__ import annotations

from collections.abc import Sequence

from data.records import LETTERS, TIE, Chosen, Mode, Ranked, Verdict


def to_own(verdict: Verdict, presented: Sequence[int]) -> Verdict:
    """A verdict on responses as shown, in the sample's own order."""
    match verdict:
        case Chosen(value=value) if value != TIE:
            return Chosen(value="A" if presented[LETTERS.index(value)] == 0 else "B")
        case Ranked(value=value):
            return Ranked(value="".join(LETTERS[presented[LETTERS.index(x)]] for x in value))
    return verdict


def shown_as(mode: Mode, own: str, presented: Sequence[int]) -> str:
    """A canonical verdict string in own order, as it would read in the order shown."""
    if mode == "score" or (mode == "pair" and own == TIE):
        return own
    position = {LETTERS[index]: LETTERS[place] for place, index in enumerate(presented)}
    return "".join(position[letter] for letter in own)
