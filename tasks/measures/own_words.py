"""The verdict beside what the judge's own analysis says of the outcome."""

from __future__ import annotations

from tasks.measures.kinds import Columns, Floats, Measure, ratio

COLUMNS = ("n", "decided", "other", "labelled", "words_right", "verdict_right")


def features(
    verdict: str, words: str | None, words_right: float | None, verdict_right: float | None
) -> tuple[float, ...]:
    """The sums' columns of one answer; the last two arguments are `None` without a label."""
    if words is None:
        return (1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    other = float(words != verdict)
    if words_right is None or verdict_right is None:
        return (1.0, 1.0, other, 0.0, 0.0, 0.0)
    return (1.0, 1.0, other, other, other * words_right, other * verdict_right)


def _per(sums: Floats, above: str, below: str) -> Floats:
    return ratio(sums[..., COLUMNS.index(above)], sums[..., COLUMNS.index(below)])


def words_decide(sums: Floats, columns: Columns) -> Floats:
    """Share of readable answers whose analysis names an outcome in plain words.

    The rest say nothing about contradictions; the reader is deliberately strict.
    """
    return _per(sums, "decided", "n")


def self_contradiction(sums: Floats, columns: Columns) -> Floats:
    """Share of the answers whose analysis names an outcome in which the verdict is another one.

    Scores: another number; pairs: another choice; rankings: another response in the first place.
    """
    return _per(sums, "other", "decided")


def words_over_verdict(sums: Floats, columns: Columns) -> Floats:
    """Among contradictions, how much oftener the label is with the analysis than with the verdict.

    P(analysis names the label) - P(verdict is the label); above zero the words are to be trusted.
    """
    return _per(sums, "words_right", "labelled") - _per(sums, "verdict_right", "labelled")


MEASURES = (
    Measure("words_decide", None, "neither", words_decide, bounded=False),
    Measure("self_contradiction", None, "lower", self_contradiction, bounded=False),
    Measure("words_over_verdict", None, "neither", words_over_verdict, bounded=False),
)
