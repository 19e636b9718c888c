import numpy as np
import pytest
from scipy import optimize, stats

from tasks.measures.kinds import Floats
from tasks.measures.psychometric import MOST_LAPSES, SPREADS, chances, fitted

DOSES = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
LOGS = np.log2(np.array(DOSES))
AT_ONCE = 2.0  # both orders of a pair


def weibull(threshold: float, shape: float, lapse: float, doses: Floats) -> Floats:
    """P(right) of another family, 3/4 at the threshold."""
    most = 1 - 2 * lapse
    falls = np.log1p(-0.5 / most) * (doses / threshold) ** shape
    return np.asarray(0.5 - most / 2 * np.expm1(falls))


def asked(chance: Floats, pictures: int, draw: np.random.Generator) -> Floats:
    return draw.binomial(2, np.broadcast_to(chance, (pictures, len(DOSES)))).astype(float)


def logistic(threshold: float, spread: float, lapse: float) -> Floats:
    return chances(LOGS, *(np.array(x) for x in (np.log2(threshold), spread, lapse)))


@pytest.mark.parametrize("seed", range(4))
def test_the_maximum_is_the_one_a_general_optimiser_finds(seed: int) -> None:
    draw = np.random.default_rng(seed)
    right = asked(logistic(draw.uniform(3, 20), 0.5, 0.03), 30, draw)
    total = np.full_like(right, AT_ONCE)

    def loss(at: Floats) -> float:
        p = np.clip(chances(LOGS, *np.array(at)), 1e-9, 1 - 1e-9)
        found = right.sum(0) * np.log(p) + (total - right).sum(0) * np.log1p(-p)
        return -float(found.sum())

    bounds = ((LOGS[0] - 3, LOGS[-1] + 3), (SPREADS[0], SPREADS[-1]), (0, MOST_LAPSES))
    starts = ((1.5, 0.3, 0.02), (3.0, 0.3, 0.02), (4.5, 0.3, 0.02), (3.0, 1.2, 0.08))
    best = min(
        (optimize.minimize(loss, start, bounds=bounds) for start in starts), key=lambda r: r.fun
    )
    curve = fitted(DOSES, right, total, 0.95)
    assert np.log2(curve.threshold.value) == pytest.approx(best.x[0], abs=0.06)  # octaves
    assert curve.at_doses == pytest.approx(chances(LOGS, *best.x), abs=0.04)


def test_the_interval_holds_what_a_likelihood_ratio_test_would_not_reject() -> None:
    draw = np.random.default_rng(5)
    right = asked(logistic(7, 0.5, 0.0), 25, draw)
    total = np.full_like(right, AT_ONCE)
    curve = fitted(DOSES, right, total, 0.95)

    def most(threshold: float) -> float:
        """The profile likelihood by brute force over spread and lapses."""
        p = chances(
            LOGS, np.array(threshold), np.geomspace(0.04, 2, 120)[:, None, None],
            np.linspace(0, 0.1, 40)[:, None],
        )  # fmt: skip
        p = np.clip(p, 1e-9, 1 - 1e-9)
        return float((np.log(p) @ right.sum(0) + np.log1p(-p) @ (total - right).sum(0)).max())

    top = most(np.log2(curve.threshold.value))
    drop = curve.design * stats.f.ppf(0.95, 1, 24) / 2
    assert curve.threshold.low is not None
    assert curve.threshold.high is not None
    for end in (curve.threshold.low, curve.threshold.high):
        assert top - most(np.log2(end)) == pytest.approx(drop, abs=0.25)


def test_a_steadfast_judge_has_its_threshold_somewhere_between_two_doses() -> None:
    right = np.tile([1.0, 1, 1, 2, 2, 2], (20, 1))  # ties, then all right: every picture alike
    curve = fitted(DOSES, right, np.full_like(right, AT_ONCE), 0.95)
    assert curve.threshold.low == pytest.approx(5, rel=0.1)
    assert curve.threshold.high == pytest.approx(10, rel=0.1)


def test_one_that_sees_nothing_and_one_that_sees_all_have_an_open_interval() -> None:
    total = np.full((20, 6), AT_ONCE)
    blind, sharp = (fitted(DOSES, share * total, total, 0.95).threshold for share in (0.5, 1.0))
    assert blind.value > 50
    assert blind.high is None
    assert sharp.value < 1
    assert sharp.low is None


def test_pictures_answered_alike_widen_the_interval() -> None:
    draw = np.random.default_rng(2)
    once = asked(logistic(7, 0.5, 0.02), 10, draw)
    alike, apart = np.repeat(once, 4, axis=0), once
    total = np.full_like(once, AT_ONCE)
    grouped = fitted(DOSES, alike.reshape(10, 4, 6).sum(1), 4 * total, 0.95)
    single = fitted(DOSES, apart, total, 0.95)
    assert grouped.design > 2
    assert grouped.threshold.value == pytest.approx(single.threshold.value, rel=0.01)


def test_a_curve_that_falls_does_not_fit() -> None:
    right = np.tile([2.0, 2, 2, 1, 1, 1], (20, 1))
    falls = fitted(DOSES, right, np.full_like(right, AT_ONCE), 0.95)
    assert falls.fit_p is not None
    assert falls.fit_p < 1e-6


def test_a_dose_without_answers_is_refused() -> None:
    with pytest.raises(ValueError, match="every dose"):
        fitted(DOSES, np.zeros((3, 6)), np.zeros((3, 6)), 0.95)


CASES = {
    "logistic": logistic(7, 0.5, 0.0),
    "logistic with lapses": logistic(7, 0.5, 0.05),
    "steep Weibull with lapses": weibull(7, 2.0, 0.05, np.array(DOSES)),
    "flat Weibull with lapses": weibull(7, 1.0, 0.05, np.array(DOSES)),
    "sees nothing small, all that is large": logistic(7, 0.1, 0.02),
}
RUNS = 2000
SLACK = 4 * np.sqrt(0.95 * 0.05 / RUNS)  # binomial, of a coverage of .95


@pytest.mark.prove
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("pictures", [10, 20, 60])
def test_the_interval_holds_the_threshold_as_often_as_it_says(case: str, pictures: int) -> None:
    draw = np.random.default_rng([20261124, pictures, list(CASES).index(case)])
    held = unfit = 0
    total = np.full((pictures, len(DOSES)), AT_ONCE)
    for _ in range(RUNS):
        curve = fitted(DOSES, asked(CASES[case], pictures, draw), total, 0.95)
        low, high = curve.threshold.low or 0.0, curve.threshold.high or np.inf
        held += low <= 7 <= high
        unfit += curve.fit_p is not None and curve.fit_p < 0.01
    print(f"{case}, {pictures} pictures: coverage {held / RUNS:.3f}, p < .01 {unfit / RUNS:.3f}")
    assert held / RUNS > 0.95 - SLACK
    assert unfit / RUNS < 0.01 + 4 * np.sqrt(0.01 * 0.99 / RUNS)


@pytest.mark.prove
def test_the_interval_holds_where_pictures_differ_and_where_a_judge_ties() -> None:
    draw = np.random.default_rng(20261125)
    grid = np.geomspace(1, 50, 400)
    nodes, weights = np.polynomial.hermite_e.hermegauss(31)
    mean = sum(
        w * weibull(7 * 2**x, 2.0, 0.02, grid) for x, w in zip(nodes, weights, strict=True)
    ) / weights.sum()  # fmt: skip
    truth = float(np.interp(0.75, mean, grid))  # of the population, one octave sd over pictures
    held, tied, total = 0, 0, np.full((20, 6), AT_ONCE)
    for _ in range(RUNS):
        chance = np.array(
            [weibull(7 * 2**x, 2.0, 0.02, np.array(DOSES)) for x in draw.standard_normal(20)]
        )
        found = fitted(DOSES, asked(chance, 20, draw), total, 0.95).threshold
        held += (found.low or 0.0) <= truth <= (found.high or np.inf)
        seen = draw.binomial(2, 2 * CASES["logistic"] - 1, size=(20, 6))
        found = fitted(DOSES, 1 + seen / 2, total, 0.95).threshold  # a tie where nothing is seen
        tied += (found.low or 0.0) <= 7 <= (found.high or np.inf)
    print(f"pictures differ by an octave: coverage {held / RUNS:.3f}; ties: {tied / RUNS:.3f}")
    assert held / RUNS > 0.95 - SLACK
    assert tied / RUNS > 0.95 - SLACK
