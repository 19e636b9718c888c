"""A night's figure over anchors, by hand."""

from collections.abc import Mapping
from typing import Any

import pytest

from data.records import Scale
from tasks.config import BootstrapConfig
from tasks.measures.anchored import Figure, figures, worth

SCALE = Scale(low=1, high=5)
BOOTSTRAP = BootstrapConfig(replicates=100)


def sample(name: str, mode: str, *labels: str) -> dict[str, Any]:
    given = [{"annotator": str(n), "verdict": v, "origin": "human"} for n, v in enumerate(labels)]
    return {"sample_id": name, "mode": mode, "labels": given, "cluster_id": name, "source": "s"}


def figure(measure: str, verdicts: Mapping[str, str | None]) -> Figure:
    samples = [
        sample("s1", "score", "5"), sample("s2", "score", "2"),
        sample("p1", "pair", "A"), sample("p2", "pair", "C"), sample("b1", "batch", "ABCD"),
    ]  # fmt: skip
    found = figures(samples, verdicts, SCALE, BOOTSTRAP)
    return next(each for each in found if each.measure == measure)


def test_verdicts_are_worth_how_near_they_are_to_the_label() -> None:
    assert worth("score", ["5"], "4", SCALE) == pytest.approx(0.75)
    assert worth("score", ["4", "5"], "1", SCALE) == pytest.approx(1 - 3.5 / 4)
    assert worth("pair", ["A", "A", "B"], "A", SCALE) == 1
    assert worth("pair", ["A", "B"], "A", SCALE) == 0  # no majority is a tie
    assert worth("batch", ["ABCD"], "ABDC", SCALE) == pytest.approx(5 / 6)
    assert worth("batch", ["ABCD"], "DCBA", SCALE) == 0


def test_missing_verdicts_in_one_mode_do_not_tilt_the_mean() -> None:
    full = {"s1": "4", "s2": "2", "p1": "A", "p2": "A", "b1": "ABDC"}
    found = figure("anchor_agreement", full)
    assert found.value == pytest.approx((0.75 + 1 + 1 + 0 + 5 / 6) / 5)
    assert (found.n, found.n_missing, found.clusters) == (5, 0, 5)
    assert found.value is not None
    assert found.low is not None
    assert found.low <= found.value
    part = figure("anchor_agreement", {**full, "p2": None})
    assert part.value == pytest.approx((2 * 0.875 + 2 * 1 + 5 / 6) / 5)
    assert (part.n, part.n_missing) == (4, 1)
    assert figure("anchor_agreement", {**full, "b1": None}).value is None


def test_leniency_is_signed_and_of_scores_alone() -> None:
    found = figure("anchor_leniency", {"s1": "4", "s2": "5", "p1": "A", "p2": None, "b1": None})
    assert found.value == pytest.approx((-0.25 + 0.75) / 2)
    assert (found.n, found.n_missing) == (2, 0)
