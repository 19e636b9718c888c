from typing import Any

import numpy as np
import polars as pl
import pytest

from data.records import Scale
from data.schemas import SAMPLES, VERDICTS
from data.tables import table
from tasks.config import BootstrapConfig, ProbeConfig
from tasks.measures.self_preference import preference
from tasks.probes import PROBES, Found

RESPONDERS = [f"r{n}" for n in range(5)]
FAMILIES = {"north": ["judge-0", "r0"]}


def run(scores: dict[str, list[list[str | None]]], **settings: Any) -> dict[Any, dict[str, Any]]:
    """Estimates of judges whose scores are lists by sample and responder; every label is 3."""
    samples, verdicts = [], []
    for judge, by_sample in scores.items():
        for number, row in enumerate(by_sample):
            for at, score in enumerate(row):
                name = f"d/score/{number}-{at}"
                samples.append(
                    {"sample_id": name, "item_id": str(number), "cluster_id": str(number),
                     "mode": "score", "labels": [{"annotator": "a", "verdict": "3",
                                                  "origin": "human"}],
                     "responses": [{"author": RESPONDERS[at], "text": "x"}]}
                )  # fmt: skip
                verdicts.append(
                    {"sample_id": name, "mode": "score", "judge": judge, "setting": "s",
                     "variant": "base", "repeat": 0, "verdict": score,
                     "status": "scored" if score else "unparsed"}
                )  # fmt: skip
    frame = table(samples, SAMPLES).unique("sample_id", maintain_order=True)
    config = ProbeConfig(**{"families": FAMILIES} | settings)
    found = Found(frame, table(verdicts, VERDICTS), config, Scale(), BootstrapConfig())
    rows = PROBES["self-preference"].estimate(found).iter_rows(named=True)
    return {(row["judge"], row["metric"], row["group"]): row for row in rows}


def test_a_judge_that_favours_its_own_family_is_seen_beyond_severity_and_quality() -> None:
    fair: list[list[str | None]] = [["2", "3", "3", "4", "5"]] * 8
    found = run({"judge-0": [["3", "2", "2", "3", "4"]] * 8, "judge-1": fair})
    row = found["judge-0", "self_preference", "pooled"]
    assert row["value"] == pytest.approx(2.0)  # one more for its own, one less for the others
    assert (row["n"], row["clusters"], row["clustered"]) == (40, 5, False)
    assert ("judge-1", "self_preference", "pooled") not in found  # it has no responder here
    assert found["judge-0", "judge_minus_label", "responder:r0"]["value"] == 0.0


KIN = {"families": {"north": ["judge-0", "judge-1", "r0"]}}


def test_judges_without_one_of_another_family_are_refused_with_the_reason() -> None:
    fond: list[list[str | None]] = [["4", "3", "3", "3", "3"]] * 4
    alone = run({"judge-0": fond})
    kin = run({"judge-0": fond, "judge-1": fond}, **KIN)
    for found, judge in ((alone, "judge-0"), (kin, "judge-0"), (kin, "judge-1")):
        row = found[judge, "self_preference", "pooled"]
        assert (row["value"], row["low"], row["high"]) == (None, None, None)
        assert "no judge of another family" in row["note"]
    assert kin["judge-1", "judge_minus_label", "responder:r0"]["value"] == 1.0


def test_a_judge_of_the_same_family_does_not_hide_what_both_give_to_it() -> None:
    fond: list[list[str | None]] = [["4", "3", "3", "3", "3"]] * 4
    fair: list[list[str | None]] = [["3", "3", "3", "3", "3"]] * 4
    found = run({"judge-0": fond, "judge-1": fond, "judge-2": fair}, **KIN)
    for judge in ("judge-0", "judge-1"):
        assert found[judge, "self_preference", "pooled"]["value"] == pytest.approx(1.0)


def test_only_samples_that_every_judge_answered_count() -> None:
    found = run({"judge-0": [["3", None, "2", "3", "4"]], "judge-1": [["3", "1", "2", "3", "4"]]})
    assert ("judge-0", "judge_minus_label", "responder:r1") not in found
    assert found["judge-0", "judge_minus_label", "responder:r2"]["n_missing"] == 1


def test_with_few_responders_there_is_a_value_and_no_interval() -> None:
    told = preference(np.array([[0.5, 0.0, 0.0], [0.0, 0.0, 0.0]]), 0, [1], [0], 0.95)
    assert told["value"] == pytest.approx(0.5)
    assert told["low"] is None
    assert told["note"].startswith("3 responders: permutation p >= 0.33")


def test_taste_alone_is_within_the_interval_as_often_as_promised() -> None:
    rng = np.random.default_rng(11)
    hits = 0
    for _ in range(2000):
        cells = rng.normal(0, 0.5, (4, 1)) + rng.normal(0, 0.6, 8) + rng.normal(0, 0.15, (4, 8))
        told = preference(cells, 0, [1, 2, 3], [0], 0.95)
        hits += told["low"] <= 0 <= told["high"]
    assert abs(hits / 2000 - 0.95) < 3.3 * (0.95 * 0.05 / 2000) ** 0.5


def paired(families: dict[str, list[str]], **said: str) -> pl.DataFrame:
    """Self-preference from choices of r0 and r1, r0 and r2, r1 and r2; every label is a tie."""
    samples = table(
        [{"sample_id": f"d/pair/{n}", "mode": "pair", "item_id": str(n),
          "labels": [{"annotator": "a", "verdict": "C", "origin": "human"}],
          "responses": [{"author": a, "text": "x"}, {"author": b, "text": "y"}]}
         for n, (a, b) in enumerate([("r0", "r1"), ("r0", "r2"), ("r1", "r2")])], SAMPLES
    )  # fmt: skip
    verdicts = table(
        [{"sample_id": f"d/pair/{n}", "mode": "pair", "judge": judge, "setting": "s",
          "variant": "base", "repeat": 0, "status": "chosen", "verdict": choices[n]}
         for judge, choices in said.items() for n in range(3)], VERDICTS
    )  # fmt: skip
    config = ProbeConfig(families=families)
    found = Found(samples, verdicts, config, Scale(), BootstrapConfig())
    rows = PROBES["self-preference"].estimate(found).filter(pl.col("metric") == "self_preference")
    return rows.select("judge", "value")


def test_pairs_count_won_shares() -> None:
    rows = paired({"north": ["one", "r0"]}, one="AAC", two="CCC")
    assert rows.rows() == [("one", pytest.approx(0.5 + 0.25))]


def test_pairs_too_are_compared_with_judges_of_other_families_alone() -> None:
    kin = {"north": ["one", "twin", "r0"]}
    both = [("one", pytest.approx(0.75)), ("twin", pytest.approx(0.75))]
    assert paired(kin, one="AAC", twin="AAC", other="CCC").rows() == both
    assert paired(kin, one="AAC", twin="AAC").rows() == [("one", None), ("twin", None)]
