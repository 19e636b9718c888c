"""When a difference between two runs is a regression.

With d the difference (now minus before, better is higher) of a primary measure, its interval
[low, high], and s the smallest difference of interest:

* `regression`: high < 0, the exchange test agrees, and low <= -s: the judge is shown to be worse,
  and a loss that matters cannot be excluded;
* `slightly worse`: shown worse, but low > -s: by less than matters;
* `better`: low > 0;
* `no worse`: low > -s: a loss that matters is excluded (non-inferiority);
* `undecided`: none of these: too few images to tell.

Intervals are one-sided at `false_alarms` / tests on either side, so that over all deciding tests of
a run together at most that share of runs without a change is called a regression (Bonferroni).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from data.records import Mode
from tasks.config import GateConfig
from tasks.measures.kinds import Better

Finding = Literal[
    "same", "regression", "slightly worse", "better", "no worse", "undecided", "not defined"
]


@dataclass(frozen=True)
class Rule:
    """What is promised, and between how many tests it is shared."""

    gate: GateConfig
    tests: int

    @property
    def each(self) -> float:
        """The share of false alarms that one test may have."""
        return self.gate.false_alarms / max(self.tests, 1)

    @property
    def level(self) -> float:
        """The level of a two-sided interval whose every side holds `each`."""
        return 1.0 - 2.0 * self.each

    def smallest(self, mode: Mode) -> float:
        """The smallest difference of interest in a mode's primary measure."""
        found: float = getattr(self.gate.smallest_difference, mode)
        return found


def finding(
    span: tuple[float | None, float | None],
    better: Better,
    p_worse: float,
    smallest: float,
    each: float,
) -> Finding:
    """What an interval of now minus before, and the exchange test beside it, say."""
    if span[0] is None or span[1] is None:
        return "not defined"
    low, high = (-span[1], -span[0]) if better == "lower" else (span[0], span[1])
    if low == high == 0.0:
        return "same"
    if high < 0 and p_worse <= each:
        return "regression" if low <= -smallest else "slightly worse"
    if low > 0:
        return "better"
    return "no worse" if low > -smallest else "undecided"


def fails(found: Finding, gate: GateConfig) -> bool:
    """Whether a finding on a deciding row fails the run."""
    strict = gate.rule == "non-inferiority"
    return found == "regression" or (strict and found in ("undecided", "not defined"))
