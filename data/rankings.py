"""Rankings as text: `"CDAB"` puts C first; a label may tie neighbours, as in `"C=DAB"`."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

TIED = "="
_FORM = re.compile(f"[A-Z](?:{TIED}?[A-Z])*")


def tied_groups(ranking: str) -> list[str]:
    """The letters from first to last place, tied ones together: `"C=DAB"` is `CD`, `A`, `B`."""
    groups: list[str] = []
    tied = False
    for mark in ranking:
        if mark == TIED:
            tied = True
        elif tied:
            groups[-1] += mark
            tied = False
        else:
            groups.append(mark)
    return groups


def written(groups: list[str]) -> str:
    """The canonical text of a ranking: tied letters in alphabetical order."""
    return "".join(TIED.join(sorted(group)) for group in groups)


def canonical_ranking(text: str, letters: str) -> str | None:
    """A ranking of all `letters` in its canonical form, `None` if the text is none.

    One that ties all letters is none: it says nothing about their order.
    """
    groups = tied_groups(text) if _FORM.fullmatch(text) else []
    if len(groups) < 2 or sorted("".join(groups)) != list(letters):
        return None
    return written(groups)


def letters_of(ranking: str) -> str:
    """The letters from first to last, ties left out: one of the orders a tied ranking allows."""
    return ranking.replace(TIED, "")


def places(ranking: str) -> dict[str, float]:
    """Every letter's place from 0; tied letters share the mean of theirs."""
    found: dict[str, float] = {}
    for group in tied_groups(ranking):
        shared = len(found) + (len(group) - 1) / 2
        found |= dict.fromkeys(group, shared)
    return found


def in_favour(label: str, verdict: str) -> str:
    """The one of the orders a label allows in which its tied letters stand as in the verdict."""
    return "".join("".join(sorted(group, key=verdict.index)) for group in tied_groups(label))


def orders(ranking: str) -> Iterator[str]:
    """All strict orders that a ranking with ties allows."""
    ways = [["".join(order) for order in itertools.permutations(g)] for g in tied_groups(ranking)]
    return ("".join(parts) for parts in itertools.product(*ways))
