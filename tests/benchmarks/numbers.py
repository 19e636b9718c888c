"""Measuring: intervals from additive sums beside resampling rows, and reading answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from data.schemas import SAMPLES, VERDICTS
from data.tables import table
from tasks.config import BootstrapConfig
from tasks.measures import AGREEMENT, estimate

ROWS, REPLICATES = 2000, 500
LARGE = 100_000
Work = Callable[[], object]


def pairs() -> Iterator[tuple[str, Work, Work, str]]:
    """Benchmarks as (name, ours, other, name of the other)."""
    draw = np.random.default_rng(0)
    human = draw.integers(1, 6, ROWS)
    judge = np.clip(human + draw.integers(-2, 3, ROWS), 1, 5)
    samples, verdicts = _tables(human, judge)
    bootstrap = BootstrapConfig(replicates=REPLICATES)

    def ours() -> object:
        return estimate(samples, verdicts, bootstrap)

    def rows() -> object:
        found = []
        for _ in range(REPLICATES):
            pick = draw.integers(0, ROWS, ROWS)
            x, y = human[pick], judge[pick]
            found.append((
                stats.pearsonr(x, y).statistic,
                stats.spearmanr(x, y).statistic,
                stats.kendalltau(x, y).statistic,
            ))  # fmt: skip
        return np.percentile(np.array(found), [2.5, 97.5], axis=0)

    name = f"{len(AGREEMENT['score'])} measures, {ROWS} rows, {REPLICATES} replicates"
    yield name, ours, rows, "3 of them: scipy on resampled rows"


def large() -> Work:
    """All scoring measures of five judges on 100,000 samples, 2,000 replicates, 14 sources."""
    draw = np.random.default_rng(1)
    human = draw.integers(1, 6, LARGE)
    judges = [np.clip(human + draw.integers(-2, 3, LARGE), 1, 5) for _ in range(5)]
    samples, first = _tables(human, judges[0], sources=14)
    said = [
        first.with_columns(
            pl.lit(f"j{number}").alias("judge"), pl.Series("verdict", judge.astype(str))
        )
        for number, judge in enumerate(judges)
    ]
    verdicts = pl.concat(said)
    return lambda: estimate(samples, verdicts, BootstrapConfig(replicates=2000))


def _tables(human: Any, judge: Any, sources: int = 5) -> tuple[Any, Any]:
    samples, verdicts = [], []
    for index, (label, said) in enumerate(zip(human, judge, strict=True)):
        common = {
            "sample_id": f"d/score/{index}", "item_id": f"i{index}", "cluster_id": f"c{index // 4}",
            "mode": "score", "source": f"s{index % sources}",
        }  # fmt: skip
        labels = [{"annotator": "h", "verdict": str(label), "origin": "human"}]
        samples.append({**common, "instruction": "", "labels": labels})
        row = {"judge": "j", "setting": "analyze", "variant": "base", "repeat": 0}
        row |= {"epoch": "base", "status": "scored", "verdict": str(said)}
        verdicts.append({**common, **row})
    return table(samples, SAMPLES), table(verdicts, VERDICTS)
