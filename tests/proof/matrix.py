"""The tables of doses in `docs/probes.md`: `python -m tests.proof.matrix`.

What a probe's headline should show of a judge with one dose, as a sum over the judge's
probabilities; `test_recovery.py` proves that the estimates are on it. Away from its own dose a
probe should show nothing; where it does, the two are confounded, and the page says so. The smallest
effect seen comes from simulated runs of a judge without a dose.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from tests.proof import judges
from tests.proof.cases import CASES, LONG, Case
from tests.proof.pools import Pool, make_pool
from tests.proof.recovery import Judge, chances, recover
from tests.proof.truths import contrast_truths

PAGE = Path(__file__).parents[2] / "docs/probes.md"
BEGIN, END = "<!-- matrix -->", "<!-- end of matrix -->"
DOSE, SLOTS, LEAK = 0.3, 120, 0.005
RUNS, SIZE, POWER = 24, 300, 2.8  # standard errors that four of five intervals leave out zero at
EVERY = (*CASES, *LONG)
COMMON = {
    "none": judges.follows({}),
    "longer texts": judges.lengthy(DOSE),
    "first place": judges.first_come(DOSE),
    "uneven noise": judges.unevenly_noisy(judges.follows({})),
    "any words": judges.follows({"added": DOSE}),
}


def table() -> str:
    """The Markdown table: a row per probe and mode, its own dose, the common ones, the rest."""
    head = [
        "probe, mode, arm, measure",
        "own dose",
        *COMMON,
        "other doses",
        "sees at 300",
        "n for .1",
    ]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    cues = sorted({case.cue for case in EVERY})
    for case in EVERY:
        small = _small(case)
        metric = _metric(case, small)
        found = [_shown(case, small, metric, judge) for judge in COMMON.values()]
        others = {
            cue: _shown(case, small, metric, judges.follows({cue: DOSE}))
            for cue in cues
            if cue != case.cue
        }
        leaks = [f"{cue} {value:+.3f}" for cue, value in others.items() if abs(value) > LEAK]
        own = _shown(case, small, metric, judges.follows({case.cue: DOSE}))
        sees = POWER * _deviation(case, metric)
        cells = [f"{value:+.3f}" for value in (own, *found)]
        name = f"{case.probe}, {case.mode}, {case.headline}, {metric}"
        needed = "–" if metric != "effect" else f"{SIZE * (sees / 0.1) ** 2:,.0f}"
        row = [name, *cells, ", ".join(leaks) or "–", f"{sees:.3f}", needed]
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def _small(case: Case) -> Pool:
    samples, facts = case.world(case.mode)
    if case in LONG:  # a headline that few samples have
        return case.pool()
    return make_pool(case.probe, case.mode, list(samples)[:SLOTS], facts)


def _metric(case: Case, pool: Pool) -> str:
    truths = contrast_truths(pool, chances(pool, judges.follows({})), case.arms)
    return "effect" if (case.headline, "effect") in truths else "excess_change"


def _shown(case: Case, pool: Pool, metric: str, judge: Judge) -> float:
    return contrast_truths(pool, chances(pool, judge), case.arms)[case.headline, metric]


def _deviation(case: Case, metric: str) -> float:
    """The standard deviation of the headline over runs of 300 samples without a dose."""
    found = recover(case.pool(), judges.follows({}), RUNS, SIZE, replicates=100)
    return float(np.std(found.runs[case.headline, metric][:, 0], ddof=1))


def put(made: str, begin: str, end: str) -> None:
    """Write a table into the page, between two marks."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    PAGE.write_text(f"{before}{begin}\n{made}\n{end}{after}", encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")


if __name__ == "__main__":
    put(table(), BEGIN, END)
