"""Recovery of known doses: thousands of simulated runs of a probe, through its own estimate.

A `Pool` is a population of samples with everything a probe asks about them, planned once by the
probe itself. A judge is a function of one question that returns the probability of each verdict,
so that what an estimate should find (its estimand) is a sum over probabilities and no other
estimate. A run draws samples from the pool, draws every verdict, and measures. To prove a probe:

    pool = make_pool("length", "score", slots=600)
    found = recover(pool, judge, runs=2000, size=200)
    found.coverage(arm, metric, truth)

`contrast_truths` gives the estimands of all arms that use the common contrast.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import polars as pl

from data.records import Sample
from data.schemas import VERDICTS
from tasks.config import BootstrapConfig
from tasks.measures.kinds import Floats
from tasks.probes import PROBES, Found, Variant
from tests.proof.pools import SCALE, Pool, verdicts_of
from tests.proof.recovered import Key, Recovered

SEED = 20240207
JUDGE = "simulated"
NUMBERS = ("value", "low", "high", "bound_low", "bound_high")
STATUS = {"score": "scored", "pair": "chosen", "batch": "ranked", "ask": "said"}
Judge = Callable[[Sample, Variant], Floats]


def chances(pool: Pool, judge: Judge) -> list[Floats]:
    """The judge's probabilities for every question; the last one is of an unreadable answer."""
    found = []
    for sample, ask in pool.asked:
        given = np.asarray(judge(sample, ask), dtype=np.float64)
        names = verdicts_of(_mode(ask), len(ask.sample.responses))
        if len(given) == len(names):
            given = np.append(given, 0.0)
        assert abs(given.sum() - 1) < 1e-9, "probabilities sum to one"
        assert len(given) == len(names) + 1
        found.append(given)
    return found


def _mode(ask: Variant) -> str:
    return "ask" if ask.question is not None else ask.sample.mode


def recover(
    pool: Pool,
    judge: Judge,
    runs: int = 2000,
    size: int = 200,
    replicates: int = 400,
    first: int = 0,
    others: Sequence[Judge] = (),
) -> Recovered:
    """Many simulated runs, in as many processes as it may use cores; each run's number is its seed.

    The first run has the number `first`. `others` are judges beside the one whose estimates are
    looked at, under the names `other-1` and so on.
    """
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    parts = min(cores or 1, runs)
    spans = [range(first + part, first + runs, parts) for part in range(parts)]
    given = [chances(pool, each) for each in (judge, *others)]
    if parts == 1 or runs < 50:
        found = [_some_runs(pool, given, size, replicates, span) for span in spans]
    else:
        spawned = multiprocessing.get_context("spawn")  # a fork would inherit polars' locks
        with ProcessPoolExecutor(parts, spawned) as processes:
            jobs = [
                processes.submit(_some_runs, pool, given, size, replicates, span) for span in spans
            ]
            found = [job.result() for job in jobs]
    keys = dict.fromkeys(key for part in found for key in part)
    nothing = [(float("nan"),) * 5]
    return Recovered(
        {key: np.array([row for part in found for row in part.get(key, nothing)]) for key in keys}
    )


def _some_runs(
    pool: Pool, given: list[list[Floats]], size: int, replicates: int, span: range
) -> dict[Key, list[tuple[float, ...]]]:
    found: dict[Key, list[tuple[float, ...]]] = {}
    speeches = [Speech(pool, own) for own in given]
    for run in span:
        for row in one_run(pool, speeches, size, replicates, run).iter_rows(named=True):
            if row["group"] == "pooled" and row["judge"] == JUDGE:
                numbers = (row[name] for name in NUMBERS)
                values = tuple(float("nan") if x is None else float(x) for x in numbers)
                found.setdefault((row["arm"], row["metric"]), []).append(values)
    return found


def one_run(
    pool: Pool, speeches: Sequence[Speech], size: int, replicates: int, run: int
) -> pl.DataFrame:
    """The probe's estimates of one simulated run."""
    rng = np.random.default_rng([SEED, run])
    slots = rng.integers(len(pool.samples), size=size)
    ids = pl.Series([f"d/{pool.mode}/{at}" for at in range(size)])
    samples = pool.frame[slots].with_columns(
        ids.alias("sample_id"), ids.alias("item_id"), ids.alias("cluster_id")
    )
    places = np.concatenate([pool.places[slot] for slot in slots])
    own = np.repeat(np.arange(size), [len(pool.places[slot]) for slot in slots])
    rows = pool.rows[places]
    about_rows = rows.select(
        ids[own].alias("sample_id"),
        ids[own].alias("item_id"),
        ids[own].alias("cluster_id"),
        "mode", pl.lit("s").alias("source"),
        "setting", "probe", "variant", "repeat", "epoch",
    )  # fmt: skip
    questions = rows["question"].to_list()
    verdicts = pl.concat(
        _said(about_rows, f"other-{at}" if at else JUDGE, speech.drawn(questions, rng))
        for at, speech in enumerate(speeches)
    )
    bootstrap = BootstrapConfig(replicates=replicates, seed=run)
    about = Found(samples, verdicts, pool.config, SCALE, bootstrap, pool.facts)
    return PROBES[pool.probe].estimate(about)


def _said(rows: pl.DataFrame, judge: str, verdicts: Sequence[str | None]) -> pl.DataFrame:
    """The rows with what a judge says."""
    return rows.with_columns(
        pl.lit(judge).alias("judge"), pl.Series("verdict", verdicts, dtype=pl.String)
    ).with_columns(
        pl.when(pl.col("verdict").is_null())
        .then(pl.lit("unparsed"))
        .otherwise(pl.col("mode").replace_strict(STATUS))
        .alias("status"),
        *(pl.lit(None, VERDICTS[name]).alias(name)
          for name in ("raw_verdict", "reason", "confidence", "request_key")),
    ).select(list(VERDICTS))  # fmt: skip


class Speech:
    """What a judge says to a pool's questions, drawn by its probabilities."""

    def __init__(self, pool: Pool, given: Sequence[Floats]) -> None:
        width = max(map(len, given))
        self._bounds = np.array(
            [[*np.cumsum(p)[:-1], *[2.0] * (width - len(p) + 1)] for p in given]
        )
        self._names = [
            [*verdicts_of(_mode(ask), len(ask.sample.responses)), None] for _, ask in pool.asked
        ]

    def drawn(self, questions: Sequence[int], rng: np.random.Generator) -> list[str | None]:
        """One verdict for each question, `None` for an unreadable one."""
        uniform = rng.random(len(questions))[:, None]
        at = (self._bounds[questions] <= uniform).sum(1)
        names = self._names
        return [names[question][place] for question, place in zip(questions, at, strict=True)]
