"""How sure a judge was of its verdict, from the log-probabilities that came with the answer."""

from __future__ import annotations

import math
from collections.abc import Sequence

from data.records import Chosen, LabelToken, Scored, Verdict
from tasks.verdict_forms import Form


def probabilities(
    text: str, raw: str, tokens: Sequence[LabelToken], verdict: Verdict, form: Form
) -> dict[str, float] | None:
    """The probability of every label in the verdict's place; they sum to 1.

    Args:
        text: the whole answer.
        raw: the snippet that the verdict was read from.
        tokens: the answer's label tokens.
        verdict: what was read, as the judge said it.
        form: what was asked for: the scale, or labels in its place.

    Returns:
        `None` for a ranking, or where no token of the snippet is the verdict.
    """
    match verdict:
        case Scored(value=value):
            scale = form.scale
            labels = form.labels or tuple(str(n) for n in range(scale.low, scale.high + 1))
            said = labels[int(value) - scale.low]
        case Chosen(value=letter):
            labels = form.labels or ("A", "B", "C")
            said = labels["ABC".index(letter)]
        case _:
            return None
    start = text.rfind(raw)
    inside = [t for t in tokens if start <= t.at < start + len(raw) or t.at < start < _end(t)]
    for token in reversed(inside if start >= 0 else []):
        if token.options and said in dict(token.options):
            chances = {label: math.exp(p) for label, p in token.options if label in labels}
            return {label: chance / sum(chances.values()) for label, chance in chances.items()}
    return None


def _end(token: LabelToken) -> int:
    """Where a token may end at most: marks before its label belong to it."""
    return token.at + 8
