"""The samples of one item: every response scored, every pair compared, all of them ranked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from random import Random
from typing import Any

from data.make.responses import Signed
from data.records import LETTERS, TIE

_SIDES = ("A", "B", "A", "B", "A", "B")  # of the better response, once per pair


def rows(item: dict[str, Any], signed: Sequence[Signed], rng: Random) -> list[dict[str, Any]]:
    """The score, pair and batch rows of an item; `item` holds what all of them share.

    The better response of a pair stands first in half of the item's pairs. In the ranking a
    tie is broken by the responses' own order, because a ranking has no ties.
    """
    key = item["item_id"]
    made = [_row(f"{key}-{s.author}", "score", item, [s], str(s.gold)) for s in signed]
    sides = rng.sample(_SIDES, len(_SIDES))
    for pair, side in zip(combinations(signed, 2), sides, strict=True):
        better, worse = sorted(pair, key=lambda s: -s.gold)
        first, second = (better, worse) if side == "A" else (worse, better)
        verdict = TIE if first.gold == second.gold else side
        name = f"{key}-{first.author}-{second.author}"
        made.append(_row(name, "pair", item, [first, second], verdict))
    order = sorted(range(len(signed)), key=lambda i: -signed[i].gold)  # stable: own order
    ranking = "".join(LETTERS[i] for i in order)
    return [*made, _row(key, "batch", item, signed, ranking)]


def _row(
    key: str, mode: str, item: dict[str, Any], signed: Sequence[Signed], verdict: str
) -> dict[str, Any]:
    label = {"annotator": "construction", "verdict": verdict, "origin": "construction"}
    return {
        "id": key,
        "item_id": item["item_id"],
        "mode": mode,
        "source": item["source"],
        "instruction": item["instruction"],
        "images": item["images"],
        "responses": [{"author": s.author, "text": s.text} for s in signed],
        "labels": [label],
    }
