"""What a graded picture is: pairs of statements that differ by a known dose, one of them true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from data.make.facts import Box
from data.records import Record


@dataclass(frozen=True)
class Doubt:
    """Something to be read off: the truth, and an error of the size `dose`.

    `says` are wordings with one gap for the truth or the error. Either of the two could have been
    drawn: nothing but the picture tells which of them is true.
    """

    dose: float
    instruction: str
    says: tuple[str, ...]
    truth: str
    error: str
    box: Box

    def statement(self, filling: str, wording: int) -> str:
        """One of the wordings with its gap filled."""
        said = self.says[wording % len(self.says)].format(filling)
        return said[0].upper() + said[1:]


@dataclass(frozen=True)
class GradedPicture:
    """A picture and what can be asked about it, a doubt for each dose in growing order."""

    png: bytes
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True)
class Dimension:
    """A way of being wrong by degrees: the doses in their unit, and who draws them."""

    name: str
    unit: str
    doses: tuple[float, ...]
    draw: Callable[[Random, tuple[float, ...]], GradedPicture]


class DoubtFact(Record):
    """A line of `facts.jsonl`: what is true in a graded picture, and the error told beside it."""

    item_id: str
    dimension: str
    dose: float
    unit: str
    truth: str
    error: str
    box: Box
