"""What thousands of simulated runs of a probe have estimated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tasks.measures.kinds import Floats

Key = tuple[str | None, str]  # arm and metric


@dataclass
class Recovered:
    """The estimates of all runs by (arm, metric): value, interval and limits of each run."""

    runs: dict[Key, Floats]

    def mean(self, arm: str | None, metric: str) -> float:
        """The mean of an estimate over the runs."""
        return float(np.nanmean(self.runs[arm, metric][:, 0]))

    def coverage(self, arm: str | None, metric: str, truth: float) -> float:
        """The share of runs whose interval holds the truth; one without an interval does not."""
        rows = self.runs[arm, metric]
        return float(np.mean((rows[:, 1] <= truth + 1e-12) & (truth <= rows[:, 2] + 1e-12)))

    def beside(self, arm: str | None, metric: str, truth: float) -> tuple[float, float]:
        """The shares of runs whose interval lies below the truth, and above it."""
        rows = self.runs[arm, metric]
        below, above = np.mean(rows[:, 2] < truth - 1e-12), np.mean(rows[:, 1] > truth + 1e-12)
        return float(below), float(above)

    def bounded(self, arm: str | None, metric: str, truth: float) -> float:
        """The share of runs whose limits for missing verdicts, widened by the interval, hold it."""
        value, low, high, lowest, highest = self.runs[arm, metric].T
        return float(
            np.mean((lowest - (value - low) <= truth) & (truth <= highest + (high - value)))
        )
