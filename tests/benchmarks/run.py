"""`make bench`: what judgeflow takes beside what a careful script would, measured in one run.

Every line is a ratio of medians over rounds that alternate, so a slow machine slows both sides.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import calls, graph, numbers
from tests.standin.control import standin_process

ROUNDS = 5


@dataclass(frozen=True)
class Pair:
    """Two ways to the same result; `ours` and `other` may be called again and again."""

    name: str
    ours: Callable[[], object]
    other: Callable[[], object]
    other_name: str


def measured(pair: Pair) -> str:
    """A line with both medians and their ratio."""
    took: dict[str, list[float]] = {"ours": [], "other": []}
    pair.ours(), pair.other()  # imports and connections are not what is compared
    for _ in range(ROUNDS):
        for name, work in (("ours", pair.ours), ("other", pair.other)):
            started = time.perf_counter()
            work()
            took[name].append(time.perf_counter() - started)
    ours, other = (statistics.median(took[name]) for name in ("ours", "other"))
    return (
        f"{pair.name:42} {ours:8.3f} s   {pair.other_name:44} {other:8.3f} s   "
        f"ratio {ours / other:6.3f}"
    )


def main() -> None:
    """Run every benchmark and print its line."""
    with tempfile.TemporaryDirectory() as folder, standin_process(latency=0.05) as standin:
        for name, ours, other, other_name in (
            *calls.pairs(standin, Path(folder)),
            *numbers.pairs(),
        ):
            print(measured(Pair(name, ours, other, other_name)), flush=True)
        for part in (graph.starting, graph.marginal, graph.memory):
            with tempfile.TemporaryDirectory() as place:
                for line in part(standin, Path(place)):
                    print(line, flush=True)
    work = numbers.large()
    started = time.perf_counter()
    work()
    took_s = time.perf_counter() - started
    print(f"all scoring measures, 5 judges x 100,000 samples, 2,000 replicates {took_s:8.3f} s")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
