"""Agreement beyond who wrote the response: nothing for a lookup of names, all for real insight."""

import numpy as np
import polars as pl
import pytest

from tasks.baselines import baseline_verdicts
from tasks.config import BootstrapConfig
from tasks.measures import estimate
from tests.tasks.measures.conftest import samples, values, verdicts

FEW = BootstrapConfig(replicates=100)
N = 800
NAMES = ("amy", "bob", "cid")


def world(mode: str) -> tuple[list[str], list[str], list[tuple[str, ...]]]:
    """Labels, what a judge says who knows the names alone, and the names."""
    draw = np.random.default_rng(5)
    labels: list[str] = []
    by_name: list[str] = []
    names: list[tuple[str, ...]] = []
    for _ in range(N):
        if mode == "score":
            who = draw.integers(3)
            labels.append(str(np.clip(2 + who + draw.integers(-1, 2), 1, 5)))
            by_name.append(str(np.clip(2 + who + draw.integers(-1, 2), 1, 5)))
            names.append((NAMES[who],))
            continue
        order = draw.permutation(3)[: 2 if mode == "pair" else 3]
        names.append(tuple(NAMES[i] for i in order))
        for said in (labels, by_name):
            quality = order + draw.normal(0, 1, len(order))
            ranking = "".join("ABC"[i] for i in np.argsort(-quality))
            said.append(ranking[0] if mode == "pair" else ranking)
    return labels, by_name, names


def table_of(mode: str, labels: list[str], names: list[tuple[str, ...]]) -> pl.DataFrame:
    written = [[{"author": name, "text": "t"} for name in who] for who in names]
    return samples(mode, labels, responses=written)


MEASURES = {
    "score": ("pearson", "pearson_beyond_responder"),
    "pair": ("kappa", "kappa_beyond_responder"),
    "batch": ("kendall", "kendall_beyond_responder"),
}


@pytest.mark.parametrize("mode", MEASURES)
def test_a_judge_that_knows_only_names_has_nothing_beyond_them(mode: str) -> None:
    labels, by_name, names = world(mode)
    raw, beyond = MEASURES[mode]
    known = values(estimate(table_of(mode, labels, names), verdicts(mode, by_name), FEW))
    assert (known[raw] or 0) > 0.2
    assert abs(known[beyond] or 0) < 0.08
    seen = values(estimate(table_of(mode, labels, names), verdicts(mode, labels), FEW))
    assert seen[beyond] == pytest.approx(1.0)


@pytest.mark.parametrize("mode", MEASURES)
def test_without_authors_nothing_is_said_beyond_them(mode: str) -> None:
    labels, by_name, _ = world(mode)
    found = values(estimate(samples(mode, labels), verdicts(mode, by_name), FEW))
    assert MEASURES[mode][0] in found
    assert MEASURES[mode][1] not in found


def test_the_partial_correlation_is_that_of_residuals() -> None:
    labels, by_name, names = world("score")
    found = values(estimate(table_of("score", labels, names), verdicts("score", by_name), FEW))
    human, judge = np.array(labels, float), np.array(by_name, float)
    for who in NAMES:
        mine = np.array([name == (who,) for name in names])
        human[mine] -= human[mine].mean()
        judge[mine] -= judge[mine].mean()
    assert found["pearson_beyond_responder"] == pytest.approx(np.corrcoef(human, judge)[0, 1])


@pytest.mark.data
def test_on_the_official_scores_a_lookup_of_responders_is_as_good_as_the_judges(
    official_tables: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    frame, judged = official_tables
    found = estimate(frame, pl.concat([judged, baseline_verdicts(frame, 1)]), FEW)
    pooled = {
        judge: values(found.filter(pl.col("judge") == judge)) for judge in found["judge"].unique()
    }
    lookup = pooled["baseline:responder"]
    assert round(lookup["pearson"] or 0, 2) == 0.41
    assert round(lookup["mae"] or 0, 3) == 0.943
    known = {
        "llava_critic_7b": (0.347, 0.301),
        "gemini_2.5_flash": (0.414, 0.377),
        "phi4_15b": (0.278, 0.252),
    }
    for judge, (within, beyond) in known.items():
        assert round(pooled[judge]["pearson_within_source"] or 0, 3) == within
        assert round(pooled[judge]["pearson_beyond_responder"] or 0, 3) == beyond
        assert (lookup["mae"] or 9) < (pooled[judge]["mae"] or 0)
