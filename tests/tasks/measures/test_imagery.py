import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.records import Scale
from tasks.measures import imagery, slopes
from tasks.measures.kinds import Columns, Floats
from tasks.measures.resampling import values

PLAIN = Columns(np.array([]), np.array([]))
FIVE, TEN = Scale(), Scale(low=1, high=10)


def measured(value: object, rows: list[tuple[float, ...]]) -> float:
    sums: Floats = np.array(rows, dtype=np.float64).sum(0)
    return float(values(lambda s: value(s, PLAIN), sums))  # type: ignore[operator]


def scored(base: str, arm: str, scale: Scale = FIVE, label: float | None = None) -> list[float]:
    found = imagery.score_features(list(base), list(arm), scale, label)
    assert found is not None
    return list(found)


@pytest.mark.parametrize(
    ("base", "arm", "deviation", "conformity"),
    [("5", "1", 1.0, 0.0), ("5", "5", 0.0, 1.0), ("3", "2", 0.5, 0.5), ("3", "5", 0.0, 0.0),
     ("2", "4", 0.0, 1 / 3)],
)  # fmt: skip
def test_deviation_and_conformity_of_one_pair_of_scores(
    base: str, arm: str, deviation: float, conformity: float
) -> None:
    rows = [tuple(scored(base * 2, arm))]
    assert measured(imagery.bias_deviation, rows) == pytest.approx(deviation)
    assert measured(imagery.bias_conformity, rows) == pytest.approx(conformity)


def test_the_lowest_base_score_cannot_fall_and_is_not_counted() -> None:
    rows = [tuple(scored("11", "1")), tuple(scored("33", "1"))]
    assert measured(imagery.bias_deviation, rows) == 1
    assert np.isnan(measured(imagery.bias_deviation, rows[:1]))


@given(st.lists(st.tuples(*[st.integers(1, 10)] * 4), min_size=2, max_size=12))
def test_deviation_conformity_and_auc_equal_their_brute_force(
    drawn: list[tuple[int, int, int, int]],
) -> None:
    rows, falls, twins, kept, above = [], [], [], [], []
    for b1, b2, a1, a2 in drawn:
        rows.append(imagery.score_features([str(b1), str(b2)], [str(a1), str(a2)], TEN, None))
        for y, other in ((b1, b2), (b2, b1)):
            falls += [max(0, y - z) / (y - 1) for z in (a1, a2) if y > 1]
            twins += [max(0, y - other) / (y - 1)] * 2 if y > 1 else []
            kept += [1 - abs(y - z) / max(y - 1, 10 - y) for z in (a1, a2)]
            above += [(y > z) + 0.5 * (y == z) for z in (a1, a2)]
    made = [row for row in rows if row is not None]
    if falls:
        assert measured(imagery.bias_deviation, made) == pytest.approx(np.mean(falls))
        assert measured(imagery.bias_deviation_rerun, made) == pytest.approx(np.mean(twins))
    assert measured(imagery.bias_conformity, made) == pytest.approx(np.mean(kept))
    assert measured(imagery.mismatch_auc, made) == pytest.approx(np.mean(above))


def test_the_visual_lift_is_the_difference_of_numpys_correlations_of_all_rows() -> None:
    draw = random.Random(2)
    rows: list[tuple[float, ...]] = []
    x, y_base, y_arm, right = [], list[int](), list[int](), []
    for _ in range(40):
        label = draw.randint(1, 5)
        base = [draw.randint(1, 5) if draw.random() < 0.4 else label for _ in range(2)]
        arm = [draw.randint(1, 5) for _ in range(2)]
        made = imagery.score_features([*map(str, base)], [*map(str, arm)], FIVE, float(label))
        assert made is not None
        rows.append(made)
        x += [label] * 2
        y_base, y_arm = y_base + base, y_arm + arm
        right += [(b == label) - (a == label) for b, a in zip(base, arm, strict=True)]
    lift = np.corrcoef(x, y_base)[0, 1] - np.corrcoef(x, y_arm)[0, 1]
    assert measured(imagery.visual_lift, rows) == pytest.approx(lift)
    assert measured(imagery.agreement_lost, rows) == pytest.approx(np.mean(right))


def test_a_constant_judge_has_no_lift_rather_than_none() -> None:
    rows = [tuple(scored("33", "33", label=float(n))) for n in (1, 2, 5)]
    assert np.isnan(measured(imagery.visual_lift, rows))


def test_without_a_readable_answer_in_both_arms_nothing_is_compared() -> None:
    assert imagery.score_features([None, None], ["3"], FIVE, 3.0) is None
    assert imagery.score_features(["3"], [None], FIVE, 3.0) is None
    assert imagery.agreement_features(["A"], [], "A") is None


def test_slopes_equal_numpys_line_through_the_doses() -> None:
    doses = ["54", "44", "43", "32", "21"]
    found = slopes.series_features(
        ["5", "5"], [list(d) for d in doses], lambda a, b: abs(float(a) - float(b)), float
    )
    assert found is not None
    means = [np.mean([float(v) for v in dose]) for dose in doses]
    assert found[2] == pytest.approx(np.polyfit(range(5), means, 1)[0])
    assert found[1] == pytest.approx(-found[2])


def test_a_dose_without_a_readable_answer_has_no_slope() -> None:
    assert slopes.series_features(["5"], [["4"], [None]], lambda a, b: 0.0, None) is None
