"""Is the judge sure where it is right? Confidence of verdicts against agreement with the label.

Right means: the score, choice or ranking equals the label. Bins hold equal numbers of verdicts and
are cut once on all verdicts, so that images resample within them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from data.rankings import in_favour
from data.records import MODES, READABLE, Estimate, Mode
from tasks.config import BootstrapConfig
from tasks.measures import resampling
from tasks.measures.estimates import estimates, estimates_table
from tasks.measures.evidence import NOTHING, Evidence
from tasks.measures.kinds import Columns, Floats, Measure, ratio
from tasks.measures.labels import combined_choice, combined_score, label_verdicts
from tasks.measures.replicates import Job
from tasks.measures.subjects import Row, Subject, labelled

PROBE = "confidence"
BINS = 10
RULE = "verdicts that came with a confidence"


def expected_calibration_error(sums: Floats, columns: Columns) -> Floats:
    """Mean distance of confidence and share right over ten bins of equal numbers of verdicts.

    Source: Naeini, Cooper and Hauskrecht (2015), with equal-mass bins.
    """
    n, confidence, right = _bins(sums)
    return ratio(np.abs(confidence - right).sum(-1), n.sum(-1))


def brier(sums: Floats, columns: Columns) -> Floats:
    """Mean squared difference of confidence and being right (1) or wrong (0).

    Source: Brier (1950). A judge that always says .5 scores .25.
    """
    return ratio(sums[..., 0], _bins(sums)[0].sum(-1))


def mean_confidence(sums: Floats, columns: Columns) -> Floats:
    """Mean confidence of the verdicts."""
    n, confidence, _ = _bins(sums)
    return ratio(confidence.sum(-1), n.sum(-1))


def share_right(sums: Floats, columns: Columns) -> Floats:
    """Share of the verdicts with a confidence that equal the label."""
    n, _, right = _bins(sums)
    return ratio(right.sum(-1), n.sum(-1))


def surest_right(sums: Floats, columns: Columns) -> Floats:
    """Share right among the tenth of the verdicts that are most confident."""
    n, _, right = _bins(sums)
    return ratio(right[..., -1], n[..., -1])


def risk_over_coverage(sums: Floats, columns: Columns) -> Floats:
    """Area under the risk-coverage curve: mean share wrong over the surest 10, 20, ... 100 %.

    A confidence that says nothing gives the share wrong of all verdicts.
    """
    n, _, right = _bins(sums)
    kept = np.cumsum(n[..., ::-1], -1)
    wrong = np.cumsum((n - right)[..., ::-1], -1)
    return np.asarray(ratio(wrong, kept).mean(-1))


def _bins(sums: Floats) -> tuple[Floats, Floats, Floats]:
    table = sums[..., 1:].reshape(*sums.shape[:-1], -1, 3)
    return table[..., 0], table[..., 1], table[..., 2]


MEASURES = (
    Measure("expected_calibration_error", None, "lower", expected_calibration_error),
    Measure("brier", None, "lower", brier),
    Measure("mean_confidence", None, "neither", mean_confidence),
    Measure("share_right", None, "higher", share_right),
    Measure("surest_right", None, "higher", surest_right),
    Measure("risk_over_coverage", None, "lower", risk_over_coverage),
)


def confidences(
    samples: pl.DataFrame, verdicts: pl.DataFrame, bootstrap: BootstrapConfig
) -> pl.DataFrame:
    """Estimates with probe `confidence`, of judges whose verdicts have one.

    Besides the measures, the reliability curve: `confidence_in_bin` and `right_in_bin` with the
    groups `bin:1` (least sure) to `bin:10`.
    """
    rows: list[Estimate] = []
    sure = verdicts.filter(
        pl.col("confidence").is_not_null()
        & pl.col("status").is_in(list(READABLE))
        & pl.col("probe").is_null()
    )
    for mode in MODES:
        compared = labelled(samples, mode) if not sure.is_empty() else []
        mine = sure.filter(pl.col("mode") == mode)
        for (judge, setting), group in mine.group_by(["judge", "setting"], maintain_order=True):
            kept, evidence = _evidence(mode, compared, group)
            if kept:
                subject = Subject(str(judge), mode, str(setting), PROBE, RULE)
                layers = resampling.strata(kept)
                found = list(estimates([Job(subject, evidence, MEASURES)], layers, bootstrap))
                rows += [row for row in found if row.group == "pooled"]
                rows += _curve(next(iter(rows[-len(MEASURES) :])), evidence)
    return estimates_table(rows)


def _evidence(
    mode: Mode, samples: Sequence[Row], group: pl.DataFrame
) -> tuple[list[Row], Evidence]:
    """A row per verdict (repeats are rows of the same image), and the sample of each."""
    by_id = {sample["sample_id"]: sample for sample in samples}
    given = group.filter(pl.col("sample_id").is_in(list(by_id)))
    kept = [by_id[sample_id] for sample_id in given["sample_id"]]
    sure = given["confidence"].to_numpy()
    right = np.array(
        [_right(mode, s, v) for s, v in zip(kept, given["verdict"], strict=True)], dtype=np.float64
    )
    features = np.zeros((len(kept), 1 + 3 * BINS))
    if kept:
        features[:, 0] = (sure - right) ** 2
        place = np.argsort(np.argsort(sure, kind="stable"), kind="stable") * BINS // len(kept)
        for offset, column in enumerate((np.ones(len(kept)), sure, right)):
            features[np.arange(len(kept)), 1 + 3 * place + offset] = column
    ones = np.ones(len(kept), dtype=np.int64)
    return kept, Evidence(Columns(NOTHING, NOTHING), features, ones, ones)


def _right(mode: Mode, sample: Row, verdict: str) -> bool:
    labels = label_verdicts(sample)
    if mode == "score":
        return abs(float(verdict) - combined_score(labels)) < 1e-9
    if mode == "pair":
        return verdict == combined_choice(labels)
    return verdict == in_favour(labels[0], verdict)


def _curve(like: Estimate, evidence: Evidence) -> list[Estimate]:
    n, confidence, right = _bins(evidence.total())
    rows = []
    for place in range(BINS):
        for metric, total in (("confidence_in_bin", confidence), ("right_in_bin", right)):
            changes = {
                "metric": metric, "group": f"bin:{place + 1}", "n": int(n[place]),
                "value": float(total[place] / n[place]) if n[place] else None,
                "low": None, "high": None, "bound_low": None, "bound_high": None,
                "method": f"{BINS} bins of equal numbers of verdicts",
            }  # fmt: skip
            rows.append(like.model_copy(update=changes))
    return rows
