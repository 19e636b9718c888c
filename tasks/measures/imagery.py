"""What a changed picture does to verdicts: deviation where it must, conformity where it must not.

`base` and `arm` are the draws of one sample with its picture as it is and with the changed one.
Deviation and conformity are conditioned on a base verdict; their twins put a further base draw in
the arm's place, so that noise alone leaves nothing of the excess.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations, product

import numpy as np

from data.records import Scale
from tasks.measures import correlation_bounds, ratio_bounds
from tasks.measures.bounds import difference
from tasks.measures.correlation_bounds import Places
from tasks.measures.kinds import Columns, Floats, Measure, part, ratio
from tasks.measures.ratio_bounds import Parts

Draws = Sequence[str | None]
AGREEMENT = ("labelled", "right_base", "right_arm")
COLUMNS = (
    *AGREEMENT,
    "x", "xx", "y_base", "yy_base", "xy_base", "y_arm", "yy_arm", "xy_arm",
    "twinned", "kept", "kept_twin", "eligible", "fall", "fall_twin",
    "compared", "above", "gap_base", "gap_arm",
    "maybe_eligible", "maybe_fall", "maybe_fall_twin",
)  # fmt: skip


def agreement_features(base: Draws, arm: Draws, label: str | None) -> tuple[float, ...] | None:
    """The sums' columns of one pair; `None` without readable draws in both arms."""
    read = readable(base), readable(arm)
    if not all(read):
        return None
    if label is None:
        return (0.0,) * len(AGREEMENT)
    return (1.0, *(mean([verdict == label for verdict in draws]) for draws in read))


def score_features(
    base: Draws, arm: Draws, scale: Scale, label: float | None
) -> tuple[float, ...] | None:
    """The sums' columns of one scored sample; `None` without readable draws in both arms."""
    before, after = ([float(v) for v in readable(draws)] for draws in (base, arm))
    if not before or not after:
        return None
    found = dict.fromkeys(COLUMNS, 0.0)
    found |= {"compared": 1.0, "above": mean([wins(b, a) for b, a in product(before, after)])}
    if label is not None:
        found |= {"labelled": 1.0, "x": label, "xx": label * label}
        for name, said in (("base", before), ("arm", after)):
            found[f"right_{name}"] = mean([y == label for y in said])
            found |= moments(name, said, label)
    if len(before) > 1:
        found |= _twinned(before, after, scale)
    return tuple(found.values())


def moments(name: str, said: Sequence[float], label: float) -> dict[str, float]:
    """What scores of one sample add to the columns of an arm's correlation."""
    return {
        f"y_{name}": mean(said),
        f"yy_{name}": mean([y * y for y in said]),
        f"xy_{name}": label * mean(said),
    }


def _twinned(before: Sequence[float], after: Sequence[float], scale: Scale) -> dict[str, float]:
    """Conformity, and deviation weighted by the share of base draws above the lowest score."""
    pairs, twins = list(product(before, after)), list(permutations(before, 2))
    return {
        "twinned": 1.0,
        "kept": mean([kept(*pair, scale) for pair in pairs]),
        "kept_twin": mean([kept(*pair, scale) for pair in twins]),
        "eligible": mean([y > scale.low for y in before]),
        "fall": mean([fall(*pair, scale) for pair in pairs]),
        "fall_twin": mean([fall(*pair, scale) for pair in twins]),
    }


def kept(y: float, other: float, scale: Scale) -> float:
    """How near another score is to y, from 0 at the far end of the scale to 1 at y."""
    return 1 - abs(y - other) / max(y - scale.low, scale.high - y)


def fall(y: float, other: float, scale: Scale) -> float:
    """How far another score lies below y, as a share of the way to the lowest."""
    return max(0.0, y - other) / (y - scale.low) if y > scale.low else 0.0


def readable(draws: Draws) -> list[str]:
    """The draws that have a verdict."""
    return [verdict for verdict in draws if verdict is not None]


def wins(own: float, other: float) -> float:
    """1 where the own score is higher, 1/2 where both are equal."""
    return 0.5 if own == other else float(own > other)


def mean(values: Sequence[float]) -> float:
    """The mean of at least one value."""
    return sum(values) / len(values)


def column(sums: Floats, name: str) -> Floats:
    """A named column of sums."""
    return sums[..., COLUMNS.index(name)]


def agreement_lost(sums: Floats, columns: Columns) -> Floats:
    """Share of verdicts that equal the label as asked, less that share with the changed picture.

    Both over the samples that were answered both ways. Without a picture it is what the judge owes
    to seeing it; at 0 the blind judge agrees as often. A difference, because a ratio of two
    agreements says little where both are near chance.
    """
    lost = column(sums, "right_base") - column(sums, "right_arm")
    return ratio(lost, column(sums, "labelled"))


def visual_lift(sums: Floats, columns: Columns) -> Floats:
    """Pearson r with the label as asked, less r with the changed picture, on the same samples.

    Each r is that of pooled rows: every draw of every sample that was answered both ways.
    """
    return _correlation(sums, "base") - _correlation(sums, "arm")


def _correlation(sums: Floats, name: str) -> Floats:
    n, x, y = column(sums, "labelled"), column(sums, "x"), column(sums, f"y_{name}")
    across = n * column(sums, f"xy_{name}") - x * y
    spread = n * column(sums, "xx") - x * x
    spread = spread * (n * column(sums, f"yy_{name}") - y * y)
    return ratio(across, np.sqrt(np.maximum(spread, 0.0)))


def bias_deviation(sums: Floats, columns: Columns) -> Floats:
    """Mean of max(0, y - y') / (y - low) over base scores y above the lowest; y' is the arm's.

    Source: Bias-Deviation of MM-JudgeBias, on the dataset's scale. 1 is a judge that falls to the
    lowest score; noise alone gives more than 0: see `bias_deviation_excess`.
    """
    return ratio(column(sums, "fall"), column(sums, "eligible"))


def bias_deviation_rerun(sums: Floats, columns: Columns) -> Floats:
    """`bias_deviation` with a further base answer in the arm's place: what noise alone gives."""
    return ratio(column(sums, "fall_twin"), column(sums, "eligible"))


def bias_deviation_excess(sums: Floats, columns: Columns) -> Floats:
    """`bias_deviation` less that of a rerun; 0 is a judge that does not heed the change."""
    return bias_deviation(sums, columns) - bias_deviation_rerun(sums, columns)


def bias_conformity(sums: Floats, columns: Columns) -> Floats:
    """Mean of 1 - |y - y'| / max(y - low, high - y) over base scores y and the arm's y'.

    Source: Bias-Conformity of MM-JudgeBias, on the dataset's scale. 1 is a judge that says the
    same; noise alone gives less: see `bias_conformity_excess`.
    """
    return ratio(column(sums, "kept"), column(sums, "twinned"))


def bias_conformity_rerun(sums: Floats, columns: Columns) -> Floats:
    """`bias_conformity` with a further base answer in the arm's place: what noise alone leaves."""
    return ratio(column(sums, "kept_twin"), column(sums, "twinned"))


def bias_conformity_excess(sums: Floats, columns: Columns) -> Floats:
    """`bias_conformity` less that of a rerun; below 0 the change moves the score."""
    return bias_conformity(sums, columns) - bias_conformity_rerun(sums, columns)


def mismatch_auc(sums: Floats, columns: Columns) -> Floats:
    """P(score with its own picture > score with another) + P(equal) / 2, on the same sample.

    0.5 is a judge to whom the picture makes no difference, however noisy it is.
    """
    return ratio(column(sums, "above"), column(sums, "compared"))


def _places(arm: str) -> Places:
    """Where the correlation of an arm stands."""
    names = "labelled", "x", f"y_{arm}", f"yy_{arm}", f"gap_{arm}"
    return Places(*(COLUMNS.index(name) for name in names))


def _parts(name: str) -> Parts:
    """Where a deviation stands, which only base scores above the lowest enter."""
    names = name, "eligible", f"maybe_{name}", "maybe_eligible"
    return Parts(*map(COLUMNS.index, names))


LABELLED = (part(COLUMNS, "labelled"),)
ELIGIBLE, TWINNED = (part(COLUMNS, "eligible"),), (part(COLUMNS, "twinned"),)
FALL, FALL_TWIN = _parts("fall"), _parts("fall_twin")
LOST = Measure("agreement_lost", None, "higher", agreement_lost, of=LABELLED, labelled=True)
LIFT = Measure(
    "visual_lift", "score", "higher", visual_lift, of=LABELLED, labelled=True,
    limits=correlation_bounds.limits_of(_places("base"), _places("arm")),
)  # fmt: skip
DEVIATION = (
    Measure(
        "bias_deviation", "score", "higher", bias_deviation,
        of=ELIGIBLE, limits=ratio_bounds.limits_of(FALL),
    ),
    Measure(
        "bias_deviation_rerun", "score", "neither", bias_deviation_rerun,
        of=ELIGIBLE, limits=ratio_bounds.limits_of(FALL_TWIN),
    ),
    Measure(
        "bias_deviation_excess", "score", "higher", bias_deviation_excess,
        of=ELIGIBLE, limits=ratio_bounds.limits_of(FALL, FALL_TWIN),
    ),
)  # fmt: skip
CONFORMITY = (
    Measure("bias_conformity", "score", "higher", bias_conformity, of=TWINNED),
    Measure("bias_conformity_rerun", "score", "neither", bias_conformity_rerun, of=TWINNED),
    Measure(
        "bias_conformity_excess", "score", "higher", bias_conformity_excess,
        of=TWINNED, limits=difference(bias_conformity, bias_conformity_rerun),
    ),
)  # fmt: skip
AUC = Measure("mismatch_auc", "score", "higher", mismatch_auc, of=(part(COLUMNS, "compared"),))
MEASURES = (LOST, LIFT, *DEVIATION, *CONFORMITY, AUC)
