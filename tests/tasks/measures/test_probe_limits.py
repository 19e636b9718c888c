"""Limits of probes for missing verdicts against every verdict that could have been given."""

from typing import Any

import numpy as np
import pytest

from data.records import Scale
from tasks.measures import (
    imagery,
    imagery_limits,
    order,
    own_words,
    slopes,
    spread,
    triangle,
    wording,
    wording_limits,
)
from tests.tasks.measures.fillings import THREE, Draws, check, draws, limits_of, told, valued


@pytest.mark.parametrize("seed", range(6))
def test_refusals_of_a_changed_picture_alone_have_exact_limits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples: list[Any] = [
        (draws(rng, "12345", 2, 0.0), draws(rng, "12345", 2, 0.4), Scale(), 3.0) for _ in range(3)
    ]
    evidence, possible = told(samples, imagery.score_features, imagery_limits.score_limits, "12345")
    for measure in (*imagery.DEVIATION, *imagery.CONFORMITY):
        check(evidence, possible, measure, exact=True)


@pytest.mark.parametrize("seed", range(6))
def test_missing_base_scores_have_exact_limits_of_conformity_and_deviation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples: list[Any] = [
        (draws(rng, "12345", 2, 0.4), draws(rng, "12345", 2, 0.0), Scale(), 3.0) for _ in range(3)
    ]
    evidence, possible = told(samples, imagery.score_features, imagery_limits.score_limits, "12345")
    exact = {"bias_deviation", "bias_conformity"}
    for measure in (*imagery.DEVIATION, *imagery.CONFORMITY):
        check(evidence, possible, measure, measure.name in exact)


def test_limits_are_the_value_where_nothing_is_missing() -> None:
    rng = np.random.default_rng(0)
    samples: list[Any] = [
        (draws(rng, "123", 2, 0.0), draws(rng, "123", 2, 0.0), THREE, float(label))
        for label in (1, 2, 3)
    ]
    evidence, _ = told(samples, imagery.score_features, imagery_limits.score_limits, "123")
    assert evidence.extremes is not None and not evidence.extremes.any()
    for measure in imagery.MEASURES:
        low, high = limits_of(measure, evidence)
        assert low == high == float(valued(measure, evidence.total())), measure.name


@pytest.mark.parametrize("mode", ["score", "pair"])
@pytest.mark.parametrize("seed", range(4))
def test_no_verdict_leaves_the_limits_of_slopes_over_doses(mode: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    said = "123" if mode == "score" else "ABC"

    def apart(one: str, other: str) -> float:
        return abs(float(one) - float(other)) if mode == "score" else float(one != other)

    def furthest(verdict: str | None) -> float:
        return max(apart(verdict, other) for other in said) if verdict else apart(said[0], said[-1])

    def value(verdict: str) -> float:
        return float(verdict) if mode == "score" else 0.5 if verdict == "C" else verdict == "B"

    def features(base: Draws, *arms: Draws) -> tuple[float, ...] | None:
        return slopes.series_features(base, arms, apart, value)

    def ends(base: Draws, *arms: Draws) -> tuple[tuple[float, ...], ...]:
        low_high = (1.0, 3.0) if mode == "score" else (0.0, 1.0)
        return slopes.series_limits(base, arms, apart, furthest, value, low_high)

    samples = [[draws(rng, said, 2, 0.2) for _ in range(4)] for _ in range(3)]
    evidence, possible = told(samples, features, ends, said)
    check(evidence, possible, slopes.EFFECT_SLOPE, exact=True)
    check(evidence, possible, slopes.CHANGE_SLOPE, exact=False)


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("prompts", [2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_no_verdict_leaves_the_limits_of_flips(prompts: int, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)

    def features(*asked: Draws) -> tuple[float, ...] | None:
        said = [[v for v in own if v is not None] for own in asked]
        return wording.flip_features(said) if all(said) else None

    def ends(*asked: Draws) -> tuple[tuple[float, ...], ...]:
        return wording_limits.flip_limits(asked, features(*asked))

    samples = [[draws(rng, "ABC", count, 0.3) for _ in range(prompts)] for _ in range(4)]
    evidence, possible = told(samples, features, ends, "ABC")
    exact = {"prompt_flip_any"} | ({"prompt_flip"} if prompts == 2 else set())
    for measure in wording.FLIP:
        check(evidence, possible, measure, measure.name in exact)


@pytest.mark.parametrize(("mode", "said"), [("pair", "ABC"), ("score", "123")])
@pytest.mark.parametrize("seed", range(4))
def test_no_verdict_leaves_the_limits_of_the_range_of_wordings(
    mode: Any, said: str, seed: int
) -> None:
    rng = np.random.default_rng(seed)

    def features(at: int, label: str, *asked: Draws) -> tuple[float, ...] | None:
        read = [[v for v in own if v] for own in asked]
        return wording.half_features(mode, [label], read, at % 2)

    def ends(at: int, label: str, *asked: Draws) -> tuple[tuple[float, ...], ...]:
        given = features(at, label, *asked)
        return wording_limits.half_limits(mode, [label], asked, (1.0, 3.0), at % 2, given)

    samples: list[Any] = [
        [at, label, *(draws(rng, said, 2, 0.1) for _ in range(3))]
        for at, label in enumerate(sorted([*said, *said]))
    ]
    evidence, possible = told(samples, features, ends, said)
    check(evidence, possible, wording.RANGE, exact=False)


@pytest.mark.parametrize("seed", range(6))
def test_no_choice_leaves_the_limits_of_an_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples: list[Any] = [
        (draws(rng, "ABC", 2, 0.25), draws(rng, "ABC", 2, 0.25), label) for label in "ABCA"
    ]
    samples.append((["A", "B"], ["C", "B"], "A"))  # so that some are decided
    evidence, possible = told(samples, order.features, order.limits, "ABC")
    exact = {"first_preference", "both_order_accuracy"}
    for measure in order.MEASURES[:-1]:
        check(evidence, possible, measure, measure.name in exact)


def test_a_coin_that_may_tie_always_has_no_lower_limit() -> None:
    samples: list[Any] = [(["C"], ["C"], "A"), (["C"], [None], "A")]
    evidence, _ = told(samples, order.features, order.limits, "ABC")
    beyond = next(m for m in order.MEASURES if m.name == "consistency_beyond_coin")
    assert limits_of(beyond, evidence)[0] is None


@pytest.mark.parametrize("labels", ["ABC", ""])
@pytest.mark.parametrize("seed", range(4))
def test_no_answer_leaves_the_limits_of_own_words(labels: str, seed: int) -> None:
    """An answer is what its words name, or - for nothing, and then its verdict."""
    rng = np.random.default_rng(seed)
    said = ["AA", "AB", "BA", "-A", "CB", "AC"]

    def rows(answers: Draws, label: str | None) -> list[tuple[float, ...]]:
        found = []
        for answer in answers:
            if answer is not None:
                words = None if answer[0] == "-" else answer[0]
                right = [None if label is None else float(w == label) for w in (words, answer[1])]
                found.append(own_words.features(answer[1], words, *right))
        return found

    def features(answers: Draws, label: str | None) -> tuple[float, ...] | None:
        given = rows(answers, label)
        return tuple(np.mean(given, axis=0).tolist()) if given else None

    def ends(answers: Draws, label: str | None) -> tuple[tuple[float, ...], ...]:
        return own_words.limits(rows(answers, label), answers.count(None), label is not None)

    samples: list[Any] = [
        (draws(rng, said, 2, 0.3), label) for label in (labels or [None, None, None])
    ]
    evidence, possible = told(samples, features, ends, said)
    for measure in own_words.MEASURES[: 3 if labels else 2]:
        check(evidence, possible, measure, exact=True)


@pytest.mark.parametrize("seed", range(6))
def test_no_answer_leaves_the_limits_of_the_triangle(seed: int) -> None:
    rng = np.random.default_rng(seed)

    def ways(
        first: Draws, second: Draws, choices: Draws
    ) -> list[tuple[triangle.Way, triangle.Way]]:
        scores = [[float("ABC".index(v)) if v else None for v in own] for own in (first, second)]
        return [(triangle.from_scores(*scores), triangle.from_choices(choices))]

    def features(*asked: Draws) -> tuple[float, ...] | None:
        return triangle.features(ways(*asked))

    def ends(*asked: Draws) -> tuple[tuple[float, ...], ...]:
        return triangle.limits(ways(*asked)) or ()

    samples = [[draws(rng, "ABC", 2, 0.2) for _ in range(3)] for _ in range(4)]
    evidence, possible = told(samples, features, ends, "ABC")
    for measure in triangle.MEASURES:
        check(evidence, possible, measure, exact=False)


def test_conflicts_of_one_answer_each_have_exact_limits() -> None:
    def ways(score: str, choices: Draws) -> list[tuple[triangle.Way, triangle.Way]]:
        return [(triangle.from_scores([float(score)], [2.0]), triangle.from_choices(choices))]

    def features(*asked: Any) -> tuple[float, ...] | None:
        return triangle.features(ways(*asked))

    def ends(*asked: Any) -> tuple[tuple[float, ...], ...]:
        return triangle.limits(ways(*asked)) or ()

    samples: list[Any] = [("3", [None]), ("1", ["A"]), ("2", [None])]  # a tie cannot be opposed
    evidence, possible = told(samples, features, ends, "ABC")
    check(evidence, possible, triangle.MEASURES[0], exact=True)
    assert limits_of(triangle.MEASURES[0], evidence) == pytest.approx((1 / 3, 2 / 3))


@pytest.mark.parametrize("seed", range(8))
def test_no_verdict_leaves_the_limits_of_the_spread(seed: int) -> None:
    """Each image has two samples, of one group or of two; draws of the base, the arm, the twin."""
    rng = np.random.default_rng(seed)

    def features(groups: tuple[int, int], *asked: Draws) -> tuple[float, ...] | None:
        both = zip(groups, (asked[:3], asked[3:]), strict=True)
        known = [one for group, own in both if (one := spread.moved(group, own, float))]
        return spread.features(known, 2) if known else None

    def ends(groups: tuple[int, int], *asked: Draws) -> tuple[tuple[float, ...], ...]:
        both = zip(groups, (asked[:3], asked[3:]), strict=True)
        each = [spread.moved_limits(group, own, float, (1.0, 3.0)) for group, own in both]
        given = features(groups, *asked)
        found = [spread.features([one[case] for one in each], 2) for case in (0, 1)]
        return tuple(tuple(np.subtract(end, given or 0.0).tolist()) for end in found)

    samples: list[Any] = [
        [(image % 2, seed % 2), *(draws(rng, "123", 1, 0.15) for _ in range(6))]
        for image in range(4)
    ]
    evidence, possible = told(samples, features, ends, "123")
    check(evidence, possible, spread.SPREAD, exact=False)
    whole = [
        [groups, *(["2"] if None in own else own for own in rest)] for groups, *rest in samples
    ]
    evidence, _ = told(whole, features, ends, "123")
    value = float(valued(spread.SPREAD, evidence.total()))
    assert limits_of(spread.SPREAD, evidence) == (value, value)
