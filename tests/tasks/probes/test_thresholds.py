import random
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from data.make.graded import DIMENSIONS
from data.records import LETTERS, Sample, Scale
from data.samples import samples_table
from data.schemas import VERDICTS
from data.tables import table
from tasks.config import BootstrapConfig, ProbeConfig
from tasks.probes import PROBES, Around, Found, Variant
from tasks.probes.fresh import FreshProbe
from tasks.probes.thresholds import Thresholds, dose_of

PROBE = Thresholds()
QUICK = BootstrapConfig(replicates=100)
AROUND = Around(ProbeConfig(), Scale(), ())
Judge = Callable[[Sample, Variant, random.Random], str | None]


def drawn(**settings: Any) -> list[Sample]:
    return [s for p in PROBE.fresh(ProbeConfig(**settings), None) for s in p.samples]


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    """Those of 24 pictures with bars."""
    return [sample for sample in drawn(limit=24) if sample.source == "value"]


def estimates(samples: list[Sample], judge: Judge) -> dict[tuple[str, str, str], dict[str, Any]]:
    """What the probe makes of a judge, by arm, metric and group."""
    draw, rows = random.Random(3), []
    for sample in samples:
        for ask in PROBE.vary(sample, AROUND):
            said = judge(sample, ask, draw)
            own = said if said in ("C", None) else LETTERS[ask.presented[LETTERS.index(str(said))]]
            rows.append(
                {"sample_id": sample.sample_id, "cluster_id": sample.cluster_id, "mode": "pair",
                 "judge": "j", "setting": "s", "probe": PROBE.name, "variant": ask.variant,
                 "repeat": 0, "status": "chosen" if own else "refused", "verdict": own}
            )  # fmt: skip
    found = Found(
        samples_table(samples), table(rows, VERDICTS), ProbeConfig(limit=24), Scale(), QUICK
    )
    told = PROBE.estimate(found).to_dicts()
    return {(row["arm"], row["metric"], row["group"]): row for row in told}


def sees(threshold: float, lapse: float = 0.0) -> Judge:
    """Right in three of four pairs at the threshold, as a cumulative normal of the log dose."""

    def judge(sample: Sample, ask: Variant, draw: random.Random) -> str:
        from scipy.stats import norm

        dose = dose_of(sample)[1]
        if dose == 0:
            return "C"
        share = 0.25 / (0.5 - lapse)
        seen = norm.cdf(1.5 * np.log2(dose / threshold) + norm.ppf(share))
        right = draw.random() < 0.5 + (0.5 - lapse) * seen
        blind = ask.variant.startswith("value/blind")
        first = ask.presented[0] == 0
        return draw.choice("AB") if blind else "A" if right == first else "B"

    return judge


def test_pictures_are_drawn_anew_for_another_seed_and_fewer_are_part_of_more() -> None:
    assert isinstance(PROBES["thresholds"], FreshProbe)
    two, three, other = drawn(limit=2), drawn(limit=3), drawn(limit=2, seed=1)
    assert two == three[: len(two)]
    assert {s.sample_id for s in two} == {s.sample_id for s in other}
    assert not {s.cluster_id for s in two} & {s.cluster_id for s in other}
    assert [p.path for p in PROBE.fresh(ProbeConfig(), 1)] == [
        f"fresh/thresholds/{name}-000.png" for name in DIMENSIONS
    ]


def test_every_pair_is_asked_in_both_orders_and_the_largest_dose_also_blind() -> None:
    asked = {s.sample_id.rpartition("/")[2]: PROBE.vary(s, AROUND) for s in drawn(limit=1)}
    assert [v.variant for v in asked["value-000-5"]] == ["value/5/shown", "value/5/turned"]
    assert [v.presented for v in asked["value-000-5"]] == [(0, 1), (1, 0)]
    blind = asked["count-000-5"][2:]
    assert [v.variant for v in blind] == ["count/blind/shown", "count/blind/turned"]
    assert {v.prompt.steps for v in blind} == {"no-figure"}
    assert sum(len(variants) for variants in asked.values()) == 2 * (29 + 5 + 5)


def test_the_right_statement_is_labelled_and_the_twin_says_the_truth_twice() -> None:
    for sample in drawn(limit=2):
        dimension, dose = dose_of(sample)
        texts = [response.text for response in sample.responses]
        assert len(set(texts)) == 2
        assert sample.labels[0].verdict == ("A" if dose else "C")
        if dimension in ("value", "count") and not dose:
            numbers = [{w.strip(".,") for w in t.split() if w.strip(".,").isdigit()} for t in texts]
            assert numbers[0] == numbers[1]


@pytest.mark.parametrize(("threshold", "lapse"), [(4, 0.0), (12, 0.05)])
def test_a_known_threshold_lies_in_its_interval(
    samples: list[Sample], threshold: float, lapse: float
) -> None:
    row = estimates(samples, sees(threshold, lapse))["value", "threshold_75", "pooled"]
    assert row["low"] < threshold < row["high"]
    assert row["high"] / row["low"] < 3
    assert (row["n"], row["n_missing"], row["clusters"]) == (144, 0, 24)


def test_a_judge_that_takes_the_first_sees_nothing_and_is_unmasked(samples: list[Sample]) -> None:
    found = estimates(samples, lambda sample, ask, draw: "A")
    row = found["value", "threshold_75", "pooled"]
    assert (row["value"], row["high"], row["bound_high"]) == (None, None, None)
    assert row["note"].startswith("not reached: above 50")
    assert found["value", "first_preference", "pooled"]["value"] == 1.0
    assert found["value", "false_alarm_rate", "pooled"]["value"] == 1.0
    assert found["value", "right_at_dose", "dose:50"]["value"] == 0.5


def test_a_judge_that_sees_all_has_a_threshold_below_the_doses(samples: list[Sample]) -> None:
    row = estimates(samples, sees(1e-6))["value", "threshold_75", "pooled"]
    assert (row["value"], row["low"]) == (None, None)
    assert row["high"] == pytest.approx(1, abs=0.2)
    assert row["note"] == "below 1, the smallest dose"


def test_statements_that_give_themselves_away_show_without_the_picture(
    samples: list[Sample],
) -> None:
    def knows(sample: Sample, ask: Variant, draw: random.Random) -> str:
        return "AB"[ask.presented[0]]

    found = estimates(samples, knows)
    assert found["value", "right_blind", "pooled"]["low"] > 0.5
    blind = estimates(samples, sees(4))["value", "right_blind", "pooled"]
    assert blind["low"] <= 0.5 <= blind["high"]


def test_unreadable_pairs_are_missing_and_bounded(samples: list[Sample]) -> None:
    def refuses(sample: Sample, ask: Variant, draw: random.Random) -> str | None:
        return None if draw.random() < 0.1 else sees(8)(sample, ask, draw)

    found = estimates(samples, refuses)
    row = found["value", "threshold_75", "pooled"]
    assert row["n"] + row["n_missing"] == 144
    assert row["n_missing"] > 10
    assert row["bound_low"] < row["value"] < row["bound_high"]
    at = found["value", "right_at_dose", "dose:10"]
    assert at["bound_low"] <= at["value"] <= at["bound_high"]


def test_a_judge_that_refuses_has_no_threshold_and_it_says_why(samples: list[Sample]) -> None:
    row = estimates(samples, lambda *_: None)["value", "threshold_75", "pooled"]
    assert row["value"] is None
    assert row["note"] == "not defined: readable answers at 0 doses, 3 are needed"


def test_a_curve_that_is_right_about_small_errors_only_is_called_unfit(
    samples: list[Sample],
) -> None:
    def upside_down(sample: Sample, ask: Variant, draw: random.Random) -> str:
        right = dose_of(sample)[1] < 5 or draw.random() < 0.5
        return "AB"[ask.presented[0]] if right else "AB"[ask.presented[1]]

    row = estimates(samples, upside_down)["value", "threshold_75", "pooled"]
    assert "the curve does not fit" in row["note"]


def test_arms_and_groups_are_told_once(samples: list[Sample]) -> None:
    found = estimates(samples, sees(4))
    arms = {arm for arm, _, _ in found}
    doses = {group for _, metric, group in found if metric == "right_at_dose"}
    assert arms == {"value"}
    assert PROBE.headlines("pair")[0] in {(arm, metric) for arm, metric, _ in found}
    assert doses == {f"dose:{dose:g}" for dose in DIMENSIONS["value"].doses}
    assert pl.DataFrame(list(found.values()))["repeat_rule"].unique().to_list() == [
        "both orders of every pair; pictures of generator 1, seed 0"
    ]
