"""The rules of flex-judge's evaluation, from its code: what its headlines would be on our verdicts.

* an unreadable score is -1 and stays in; an unreadable pair verdict is a tie; an unreadable ranking
  is left out;
* scores: Pearson over the pooled rows of the first 1, 2, ... K runs, the *median* of these;
* pairs: the runs' votes (+1, 0, -1) added up; the accuracy of a source rounded to three digits;
* rankings: mean Levenshtein distance over the pooled rows of the first 1, 2, ... K runs, the
  *maximum* of these;
* an undefined figure is 0; the overall figure is the unweighted mean over sources.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl

from data.records import MODES, Mode
from tasks.measures.batch import features as ranking_features
from tasks.measures.evidence import Answers
from tasks.measures.labels import combined_choice, combined_score, label_verdicts
from tasks.measures.subjects import Row, every

NAME = "flex-judge"
METRIC: dict[Mode, str] = {"score": "pearson", "pair": "accuracy", "batch": "levenshtein"}
VOTES = {"A": 1, "B": -1, "C": 0, None: 0}
Rows = Sequence[tuple[Row, list[str | None]]]


def flex_judge(samples: pl.DataFrame, verdicts: pl.DataFrame) -> pl.DataFrame:
    """A row per mode, judge and setting: `metric` and the `value` under these rules.

    Args:
        samples: columns of `data.schemas.SAMPLES`.
        verdicts: columns of `data.schemas.VERDICTS`; rows of probes are left out.
    """
    found = []
    for mode in MODES:
        compared, asked = every(samples, verdicts, mode)
        for subject, answers in asked:
            found.append({
                "mode": mode, "judge": subject.judge, "setting": subject.setting,
                "metric": METRIC[mode], "value": _overall(mode, compared, answers),
            })  # fmt: skip
    return pl.DataFrame(found, schema=["mode", "judge", "setting", "metric", "value"], orient="row")


def _overall(mode: Mode, samples: Sequence[Row], answers: Answers) -> float:
    sources: dict[str, list[tuple[Row, list[str | None]]]] = {}
    for sample in samples:
        if sample["sample_id"] in answers:
            own = sources.setdefault(sample["source"] or "", [])
            own.append((sample, list(answers[sample["sample_id"]])))
    rules: dict[Mode, Callable[[Rows], float]] = {"score": _scores, "pair": _pairs, "batch": _ranks}
    return float(np.mean([rules[mode](rows) for rows in sources.values()]))


def _pools(rows: Rows) -> list[list[tuple[Row, str | None]]]:
    """The rows of the first run, of the first two, and so on."""
    runs = max(len(said) for _, said in rows)
    return [[(sample, v) for sample, said in rows for v in said[: k + 1]] for k in range(runs)]


def _scores(rows: Rows) -> float:
    found = []
    for pool in _pools(rows):
        human = [combined_score(label_verdicts(sample)) for sample, _ in pool]
        judge = [-1.0 if verdict is None else float(verdict) for _, verdict in pool]
        varied = len(set(human)) > 1 and len(set(judge)) > 1
        found.append(float(np.corrcoef(human, judge)[0, 1]) if varied else 0.0)
    return float(np.median(found))


def _pairs(rows: Rows) -> float:
    right = 0
    for sample, said in rows:
        total = sum(VOTES[verdict] for verdict in said)
        choice = "A" if total > 0 else "B" if total < 0 else "C"
        right += choice == combined_choice(label_verdicts(sample))
    return round(right / len(rows), 3)


def _ranks(rows: Rows) -> float:
    found = []
    for pool in _pools(rows):
        distances = [
            float(np.mean([ranking_features(y, v)[1] for y in label_verdicts(sample)]))
            for sample, v in pool
            if v is not None
        ]
        found.append(float(np.mean(distances)) if distances else 0.0)
    return max(found)
