"""Whether a quotation stands in one of the responses."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tasks.claims.reading import normal

LEFT_OUT = re.compile(r"\s*(?:\[\s*)?\.{3}(?:\s*\])?\s*")
AROUND = "\"'`*_,;:!?. "


def stands_in(quote: str, responses: Iterable[str]) -> bool:
    """Whether a response has the quoted words, case, spaces and typographic signs aside.

    What an ellipsis leaves out may be anything; the pieces must follow one another.

    >>> stands_in('a “red”  bar ... of 5', ['It shows A "red" bar, and one of 5 boxes.'])
    True
    """
    pieces = [piece.strip(AROUND) for piece in LEFT_OUT.split(normal(quote))]
    wanted = [piece for piece in pieces if piece]
    return bool(wanted) and any(_in_order(wanted, normal(text)) for text in responses)


def _in_order(pieces: Iterable[str], text: str) -> bool:
    at = 0
    for piece in pieces:
        found = text.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return True
