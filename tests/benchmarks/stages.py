"""`python -m tests.benchmarks.stages`: what each stage of a cached run costs, in time and memory.

The stages are called as the flow calls them, without Prefect, each run in a process of its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flows.garbage import rarely_collecting
from flows.opening import open_run
from tasks import engine_room
from tasks.plan import GATHER, JUDGE
from tasks.stages import checks, prepare, results, rounds
from tasks.stages.context import Context, context
from tasks.stages.money import money
from tests.benchmarks.graph import FEW, MANY, Bench
from tests.standin.control import standin_process

Took = dict[str, tuple[float, float]]  # seconds and peak memory in MB, by stage


def staged(config: Path, run_dir: Path) -> Took:
    """Run a configuration's stages one after the other."""
    took: Took = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        result = work()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        took[name] = time.perf_counter() - started, peak
        return result

    here = context(timed("open", lambda: open_run(str(config), str(run_dir), None)).path)
    with rarely_collecting():
        for name, work in _stages(here):
            timed(name, work)
    return took


def _stages(here: Context) -> list[tuple[str, Callable[[], Any]]]:
    def answer() -> None:
        for shard in rounds.plan_round(here, JUDGE):
            rounds.execute_shard(here, shard)
        engine_room.close(here.run)

    def report() -> None:
        here.run.note(status="complete", finished="now", cost=money(here), quote_parts={})
        here.run.note(quote={}, coverage=results.coverage(here))
        checks.report(here)

    return [
        ("load", lambda: prepare.load_samples(here)),
        ("check samples", lambda: checks.check(here, "samples", {})),
        ("images", lambda: prepare.prepare_images(here)),
        ("plan, round 1", lambda: rounds.plan_round(here, GATHER)),
        ("plan, round 2", lambda: rounds.plan_round(here, JUDGE)),
        ("quote", lambda: rounds.quote_round(here, JUDGE)),
        ("answer", answer),
        ("verdicts", lambda: results.collect_verdicts(here)),
        ("check verdicts", lambda: checks.check(here, "verdicts", {})),
        ("measure", lambda: results.measure(here)),
        ("check estimates", lambda: checks.check(here, "estimates", {})),
        ("report", report),
    ]


def main() -> None:
    """Print each stage at 10,000 and 20,000 samples, or at the two numbers given."""
    few, many = map(int, sys.argv[1:3]) if len(sys.argv) > 2 else (FEW, MANY)
    found: dict[int, Took] = {}
    with standin_process() as standin, tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), standin, {})
        for samples in (few, many):
            config = bench.config(samples, f"cache-{samples}")
            for number in range(2):  # the second finds every answer in the cache
                words = [str(config), str(Path(folder) / f"run-{samples}-{number}")]
                command = [sys.executable, "-m", "tests.benchmarks.stages", "--staged", *words]
                out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                found[samples] = json.loads(out.splitlines()[-1])
    print(f"{'stage':16} {few:>8} {many:>8} {'more':>8}   peak memory of both")
    for stage, (seconds, peak) in found[many].items():
        first, low = found[few][stage]
        times = f"{first:7.2f}s {seconds:7.2f}s {seconds - first:7.2f}s"
        print(f"{stage:16} {times} {low:8.0f} MB {peak:6.0f} MB")
    sums = [sum(seconds for seconds, _ in found[samples].values()) for samples in (few, many)]
    print(f"{'all':16} {sums[0]:7.2f}s {sums[1]:7.2f}s {sums[1] - sums[0]:7.2f}s")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--staged"]:
        print(json.dumps(staged(Path(sys.argv[2]), Path(sys.argv[3]))))
    else:
        main()
