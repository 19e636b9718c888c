"""One label and one verdict per sample: what is done with several annotators and repeats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from data.records import TIE, Mode


def label_verdicts(sample: Mapping[str, Any]) -> list[str]:
    """A sample's label verdicts: the humans' where there are any, else those by construction."""
    labels: Sequence[Mapping[str, str]] = sample["labels"] or ()
    human = [label["verdict"] for label in labels if label["origin"] == "human"]
    return human or [label["verdict"] for label in labels]


def combined_score(verdicts: Sequence[str]) -> float:
    """The mean of scores, of several annotators or repeats."""
    return round(sum(map(float, verdicts)) / len(verdicts), 9)


def combined_choice(verdicts: Sequence[str]) -> str:
    """The choice of more than half, else a tie."""
    choice, votes = Counter(verdicts).most_common(1)[0]
    return choice if 2 * votes > len(verdicts) else TIE


def repeat_rule(mode: Mode, repeats: int) -> str:
    """What is done with a sample's repeats, in words."""
    if repeats <= 1:
        return "single answer"
    rules = {"score": "mean of", "pair": "majority of", "batch": "mean over"}
    return f"{rules[mode]} {repeats} repeats"
