"""An estimate says how many samples and images its own value stands on, and why there is none."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest

from data.records import Sample, Scale
from data.samples import samples_table
from tasks.config import BootstrapConfig, ProbeConfig
from tasks.measures import resampling
from tasks.measures.estimates import estimates
from tasks.measures.evidence import NOTHING, Evidence
from tasks.measures.kinds import Columns, Floats, Measure, part, ratio
from tasks.measures.replicates import Job
from tasks.measures.subjects import Subject
from tasks.probes import Found, estimate_probes
from tests.tasks.probes.verdict_tables import Verdicts, judged, sample

BOOTSTRAP = BootstrapConfig(replicates=200)


def found(
    samples: Sequence[Sample], given: Sequence[Verdicts], group: str = "pooled"
) -> dict[str, dict[str, Any]]:
    """Estimates of the letters probe, whose arm is called `exchanged`."""
    table = judged("letters", samples, given)
    about = Found(samples_table(samples), table, ProbeConfig(), Scale(), BOOTSTRAP)
    rows = estimate_probes({"letters": about}).filter(pl.col("group") == group)
    return {row["metric"]: row for row in rows.iter_rows(named=True)}


def pair(number: int, label: str | None, image: str | None = None) -> Sample:
    made = sample("pair", ["one text", "another text"], label, number)
    return made if image is None else made.model_copy(update={"cluster_id": image})


BOTH: Verdicts = {"base": ["A", "A"], "exchanged": ["B", "A"]}


def test_a_loss_stands_on_the_samples_that_have_a_label() -> None:
    samples = [pair(number, "A" if number < 3 else None) for number in range(20)]
    row = found(samples, [BOTH] * 20)["loss_shift"]
    assert (row["n"], row["n_missing"], row["clusters"]) == (3, 0, 3)
    whole = found(samples, [BOTH] * 20)["excess_change"]
    assert (whole["n"], whole["clusters"]) == (20, 20)


def test_what_is_missing_is_what_a_readable_verdict_would_have_let_in() -> None:
    samples = [pair(number, "A" if number < 3 else None) for number in range(6)]
    mute: Verdicts = {"base": ["A", "A"], "exchanged": [None, None]}
    half: Verdicts = {"base": ["A", None], "exchanged": ["A", "B"]}
    rows = found(samples, [BOTH, mute, half, BOTH, mute, half])
    counts = {name: (row["n"], row["n_missing"]) for name, row in rows.items()}
    assert counts["loss_shift"] == (2, 1)  # of the three with a label
    assert counts["excess_change"] == (2, 4)  # two answers in both arms are needed
    assert counts["unreadable_shift"] == (6, 0)


def test_no_interval_over_one_image_however_many_images_were_asked() -> None:
    samples = [pair(n, "A" if n < 4 else None, "same" if n < 4 else None) for n in range(30)]
    row = found(samples, [BOTH] * 30)["loss_shift"]
    assert (row["value"], row["n"], row["clusters"]) == (0.5, 4, 1)
    assert (row["low"], row["high"], row["note"]) == (None, None, "no interval: one image")


def test_it_says_why_there_is_no_value() -> None:
    unlabelled = [pair(number, None) for number in range(5)]
    assert found(unlabelled, [BOTH] * 5)["loss_shift"]["note"] == "not defined: no labelled sample"
    once: Verdicts = {"base": ["A"], "exchanged": ["B"]}
    row = found(unlabelled, [once] * 5)["excess_change"]
    assert (row["n"], row["note"]) == (0, "not defined: no sample in the denominator")
    mute: Verdicts = {"base": ["A", "A"], "exchanged": [None, None]}
    row = found([pair(1, "A")], [mute])["loss_shift"]
    assert (row["n"], row["n_missing"]) == (0, 1)
    assert row["note"] == "not defined: no readable verdict"


# --- the few images of a source -------------------------------------------------------------


COLUMNS = ("sum", "n")


def mean(sums: Floats, columns: Columns) -> Floats:
    return ratio(sums[..., 0], sums[..., 1])


MEAN = Measure("mean", None, "neither", mean, of=(part(COLUMNS, "n"),))
SUBJECT = Subject("j", "score", "s", None, "r")


def measured(sources: Sequence[str], inside: Sequence[bool], measure: Measure) -> Any:
    rows = [
        {"sample_id": str(at), "source": source, "cluster_id": f"c{at}"}
        for at, source in enumerate(sources)
    ]
    numbers = np.arange(len(sources), dtype=float) * np.array(inside)
    ones = np.ones(len(sources), dtype=np.int64)
    features = np.stack([numbers, np.array(inside, dtype=float)], axis=1)
    evidence = Evidence(Columns(NOTHING, NOTHING), features, ones, ones)
    job = Job(SUBJECT, evidence, [measure])
    made = estimates([job], resampling.strata(rows), BOOTSTRAP)
    return next(row for row in made if row.group == "pooled")


def test_sources_with_few_images_inside_are_resampled_together_however_many_they_have() -> None:
    sources = ["s"] * 20 + ["t"] * 20
    few = [at % 20 < 3 for at in range(40)]  # three of either
    apart = measured(sources, few, MEAN)
    alone = measured(["s"] * 40, few, MEAN)
    assert apart.clusters == 6
    # drawn together, the difference between the sources is part of the spread
    assert apart.high - apart.low == pytest.approx(alone.high - alone.low, rel=0.25)
    within = measured(sources, [True] * 40, MEAN)
    assert within.high - within.low < 0.6 * (apart.high - apart.low)


def test_strata_without_an_image_inside_are_drawn_alone() -> None:
    assert resampling.together([0, 3, 20]) == [[0], [2, 1]] or resampling.together([0, 3, 20]) == [
        [0], [1, 2],
    ]  # fmt: skip
    assert resampling.together([0, 20, 30]) == [[0], [1], [2]]
    assert resampling.together([0, 3]) == [[0], [1]]
