"""`python -m tests.benchmarks.scale [waits] [computes]`: one to four processes and a Redis server.

Processes find the requests in the same order and share them through claims. Two loads: one that
waits for the provider, as real ones do, and one that the processor limits.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.redis_process import RedisProcess, redis_process
from tests.sharing.askers import askers
from tests.standin.control import StandinControl, standin_process

# seconds a call takes, connections of each process, requests, rounds
LOADS = {"waits": (4.0, 8, 160, 1), "computes": (0.05, 100, 4000, 3)}
MOST = 4


def took_s(
    standin: StandinControl, redis: RedisProcess, many: int, count: int, at_once: int
) -> float:
    """Seconds that so many processes take together for so many requests, each paid once."""
    with tempfile.TemporaryDirectory() as folder:
        with redis.client() as client:
            client.do("FLUSHALL")
        runs = [Path(folder) / str(number) for number in range(many)]
        with askers(runs, redis.url, standin, count, concurrency=at_once) as started:
            began = time.perf_counter()
            said = [each.said() for each in started]
            took = time.perf_counter() - began
    if sum(each["sent"] for each in said) != count:
        raise RuntimeError(f"{count} requests, but {said}")
    return took


def main(names: list[str]) -> None:
    """Print a line for every load and number of processes: the median of the rounds."""
    options = ("--appendonly", "yes", "--appendfsync", "always")
    with tempfile.TemporaryDirectory() as folder, redis_process(Path(folder), *options) as redis:
        for name in names or LOADS:
            latency_s, at_once, count, rounds = LOADS[name]
            with standin_process(latency_s) as standin:
                for many in range(1, MOST + 1):
                    times = [took_s(standin, redis, many, count, at_once) for _ in range(rounds)]
                    rate, ideal = count / statistics.median(times), many * at_once / latency_s
                    spread = (
                        f"{min(times):.1f} to {max(times):.1f} s, load {os.getloadavg()[0]:.0f}"
                    )
                    what = f"{name:9} {latency_s:5.2f} s, {at_once:3} connections each"
                    print(f"{what} {many} processes {rate:7.1f}/s of {ideal:6.1f}/s  {spread}")


if __name__ == "__main__":
    main(sys.argv[1:])
