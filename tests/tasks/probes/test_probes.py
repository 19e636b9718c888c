import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.records import Response, Sample, Scale
from data.schemas import SAMPLES, VERDICTS
from data.tables import table
from tasks.config import BootstrapConfig, ProbeConfig
from tasks.measures.consistency import chances, features
from tasks.probes import PROBES, Around, Found, estimate_probes
from tasks.probes.contrasts import Arm, contrasted, named
from tests.tasks.probes.verdict_tables import STATUS

QUICK = BootstrapConfig(replicates=200)


def sample(mode: str, size: int) -> Sample:
    responses = tuple(Response(author=f"r{i}", text="x") for i in range(size))
    return Sample.model_validate(
        {"sample_id": f"d/{mode}/1", "item_id": "i", "cluster_id": "c", "mode": mode,
         "source": None, "instruction": "?", "responses": responses}
    )  # fmt: skip


def around(**settings: Any) -> Around:
    return Around(ProbeConfig(**settings), Scale(), ())


def test_the_repeats_probe_asks_the_base_request_again_with_further_indices() -> None:
    (variant,) = PROBES["repeats"].vary(sample("pair", 2), around(repeats=6))
    assert (variant.variant, variant.presented, variant.repeats) == (
        "base",
        (0, 1),
        (1, 2, 3, 4, 5),
    )


def tables(
    mode: str, size: int, given: list[dict[tuple[str, int], str | None]], probe: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Samples, and their verdicts by (variant, repeat); the base is ("base", 0)."""
    rows: list[dict[str, Any]] = []
    responses = [{"author": f"r{i}", "text": "x"} for i in range(size)]
    samples = [
        {"sample_id": f"d/{mode}/{n}", "item_id": f"i{n}", "cluster_id": f"c{n}", "mode": mode,
         "instruction": "?", "responses": responses}
        for n in range(len(given))
    ]  # fmt: skip
    for number, verdicts in enumerate(given):
        for (variant, repeat), verdict in verdicts.items():
            base = variant == "base" and repeat == 0
            rows.append(
                {"sample_id": f"d/{mode}/{number}", "mode": mode, "judge": "j", "setting": "s",
                 "probe": None if base else probe, "variant": variant, "repeat": repeat,
                 "status": STATUS[mode] if verdict else "unparsed", "verdict": verdict}
            )  # fmt: skip
    return table(samples, SAMPLES), table(rows, VERDICTS)


def pooled(probe: str, mode: str, size: int, given: Any) -> dict[str, dict[str, Any]]:
    samples, verdicts = tables(mode, size, given, probe)
    found = estimate_probes({probe: Found(samples, verdicts, ProbeConfig(), Scale(), QUICK)})
    rows = found.filter(pl.col("group") == "pooled").iter_rows(named=True)
    return {row["metric"]: row for row in rows}


def test_four_of_six_are_a_majority_and_three_are_none() -> None:
    assert features(["4"] * 4 + ["5"] * 2)[:3] == (1.0, 1.0, 4 / 6)
    assert features(["4"] * 3 + ["5"] * 3)[:3] == (1.0, 0.0, 0.5)
    assert features(["4"] * 3 + [None] * 3)[:3] == (1.0, 0.0, 0.5)


@given(st.lists(st.sampled_from([None, "A", "B", "C"]), min_size=1))
def test_consistency_equals_its_brute_force(answers: list[str | None]) -> None:
    most = max(answers.count(letter) for letter in "ABC")
    size = len(answers)
    pairs = [(a, b) for i, a in enumerate(answers) for b in answers[i + 1 :]]
    equal = np.mean([a == b is not None for a, b in pairs]) if pairs else float(most)
    expected = (1.0, float(most > size / 2), most / size, equal, float(most == size))
    assert features(answers) == pytest.approx(expected)


def test_consistency_is_estimated_over_base_and_further_answers() -> None:
    six = [{("base", n): v for n, v in enumerate(row)} for row in ("AAAAAA", "AABBCC")]
    found = pooled("repeats", "pair", 2, six)
    assert found["majority_criterion"]["value"] == 0.5
    assert found["modal_share"]["value"] == pytest.approx((1 + 2 / 6) / 2)


def test_unreadable_repeats_could_have_agreed() -> None:
    six: Any = [{("base", n): v for n, v in enumerate(row)}
                for row in (["A"] * 3 + [None] * 3, "AAAABB")]  # fmt: skip
    found = pooled("repeats", "pair", 2, six)
    for metric, high in (("majority_criterion", 1), ("modal_share", 5 / 6)):
        row = found[metric]
        assert (row["bound_low"], row["bound_high"]) == (row["value"], pytest.approx(high))
    alpha = found["repeat_alpha"]
    assert (alpha["bound_low"], alpha["bound_high"]) == (None, None)
    assert "no limits for missing verdicts" in alpha["note"]


@pytest.mark.parametrize(("size", "outcomes"), [(1, 3), (2, 2), (5, 3), (6, 3), (4, 5), (6, 5)])
def test_chance_is_the_mean_over_all_answers_that_are_possible(size: int, outcomes: int) -> None:
    every = [features(list(row)) for row in product("ABCDE"[:outcomes], repeat=size)]
    assert chances(size, outcomes) == pytest.approx(np.mean(every, axis=0)[1:3])


@pytest.mark.parametrize(
    ("mode", "size", "outcomes"), [("pair", 2, 3), ("score", 1, 5), ("batch", 4, 24)]
)
def test_what_a_random_judge_reaches_stands_beside_the_figure(
    mode: str, size: int, outcomes: int
) -> None:
    verdict = {"pair": "A", "score": "4", "batch": "BACD"}[mode]
    found = pooled("repeats", mode, size, [{("base", n): verdict for n in range(6)}] * 3)
    majority, modal = chances(6, outcomes)
    assert found["majority_criterion_chance"]["value"] == pytest.approx(majority)
    assert found["modal_share_chance"]["value"] == pytest.approx(modal)
    assert found["modal_share"]["value"] == 1.0


def test_chance_of_six_answers_is_as_simulated_elsewhere() -> None:
    simulated = {3: (0.299, 0.54), 5: (0.083, 0.43), 24: (0.001, 0.25)}
    for outcomes, figures in simulated.items():
        assert chances(6, outcomes) == pytest.approx(figures, abs=0.006)
    assert chances(6, 10**6) == pytest.approx((0, 1 / 6), abs=1e-4)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "equal", "share"), [("mt_bench_eval", 141, 0.7979), ("vicuna_eval", 199, 0.8719)]
)
def test_recorded_repeats_give_the_known_figures(
    shared_data: Path, name: str, equal: int, share: float
) -> None:
    rows = json.loads((shared_data / "prometheus_repeats" / f"{name}.json").read_text())
    triples = [scores_of(row) for row in rows]
    assert sum(len(set(triple)) == 1 for triple in triples) == equal
    assert round(float(np.mean([features(triple)[2] for triple in triples])), 4) == share


def scores_of(row: dict[str, Any]) -> list[str]:
    return [str(score) for score in row["gpt4_score"]]


def test_what_is_not_answered_yet_is_no_refusal() -> None:
    given: Any = [{("base", 0): "A", ("base", 1): "A", ("plain", 0): "A"} for _ in range(3)]
    samples, verdicts = tables("pair", 2, given, "markdown")
    unanswered = (pl.col("sample_id") == "d/pair/0") & (pl.col("variant") == "plain")
    status = pl.when(unanswered).then(pl.lit("open")).otherwise(pl.col("status"))
    verdicts = verdicts.with_columns(status.alias("status"))
    found = Found(samples, verdicts, ProbeConfig(), Scale(), QUICK)
    rows = contrasted("markdown", "pair", found, [Arm("plain", named("plain"))])
    row = rows.filter((pl.col("metric") == "unreadable_shift") & (pl.col("group") == "pooled"))
    assert row.select("value", "n", "n_missing").row(0) == (0.0, 2, 1)


@pytest.mark.parametrize("name", PROBES)
def test_the_signed_effect_stands_for_a_change_wherever_verdicts_have_an_order(name: str) -> None:
    of_scores, of_pairs = (PROBES[name].headlines(mode) for mode in ("score", "pair"))
    assert "excess_change" not in {metric for _, metric in of_scores}
    unsigned = {arm for arm, metric in of_pairs if metric == "excess_change"}
    assert unsigned <= {arm for arm, metric in of_scores if metric == "effect"}


@pytest.mark.parametrize(
    ("name", "arm"),
    [("image-place", "first"), ("image-order", "turned"), ("transforms", "jpeg/10"),
     ("paraphrase", "typos"), ("overlay", "keywords")],
)  # fmt: skip
def test_a_pair_without_a_target_stands_by_what_changes(name: str, arm: str) -> None:
    assert (arm, "effect") in PROBES[name].headlines("score")
    assert (arm, "excess_change") in PROBES[name].headlines("pair")
