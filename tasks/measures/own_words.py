"""The verdict beside what the judge's own analysis says of the outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tasks.measures.bounds import bounds
from tasks.measures.evidence import Evidence
from tasks.measures.kinds import Columns, Floats, Ints, Limits, Measure, ratio

COLUMNS = ("n", "decided", "other", "labelled", "words_right", "verdict_right", "silent")


def features(
    verdict: str, words: str | None, words_right: float | None, verdict_right: float | None
) -> tuple[float, ...]:
    """The sums' columns of one answer; the last two arguments are `None` without a label."""
    if words is None:
        return (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    other = float(words != verdict)
    if words_right is None or verdict_right is None:
        return (1.0, 1.0, other, 0.0, 0.0, 0.0, 0.0)
    return (1.0, 1.0, other, other, other * words_right, other * verdict_right, 0.0)


def limits(
    known: Sequence[tuple[float, ...]], missing: int, labelled: bool
) -> tuple[tuple[float, ...], ...]:
    """What is added to the mean of a sample's answers if the missing ones were worst, then best.

    Each names an outcome, its verdict's own or another. Of others first the verdict has the label,
    then the words. `silent` is the share that may have named none.
    """
    size = len(known) + missing
    given = [sum(column) / len(known) for column in zip(*known, strict=True)] if known else []
    ends = []
    for other in (0.0, 1.0):
        label = (1.0, other, 1.0 - other) if labelled else (0.0, 0.0, 0.0)
        answer = (1.0, 1.0, other, *label, 1.0)
        rows = [*known, *[answer] * missing]
        ends.append([sum(column) / size for column in zip(*rows, strict=True)])
    return tuple(
        tuple(new - old for new, old in zip(end, given or [0.0] * len(end), strict=True))
        for end in ends
    )


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


def _decided_limits(value: Callable[[Floats], Floats], evidence: Evidence, members: Ints) -> Limits:
    """Those of `words_decide`: at least without the missing answers, which may name nothing."""

    def least(sums: Floats) -> Floats:
        kept = sums.copy()
        kept[..., COLUMNS.index("decided")] -= sums[..., COLUMNS.index("silent")]
        return value(kept)

    return bounds(least, evidence, members)[0], bounds(value, evidence, members)[1]


MEASURES = (
    Measure("words_decide", None, "neither", words_decide, limits=_decided_limits),
    Measure("self_contradiction", None, "lower", self_contradiction),
    Measure("words_over_verdict", None, "neither", words_over_verdict),
)
