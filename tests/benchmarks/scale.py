"""`python -m tests.benchmarks.scale`: one to four processes, one Redis server, the same requests.

Processes find the requests in the same order and share them through claims. Two loads: one that
waits for the provider, as real ones do, and one that the processor limits.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from tests.redis_process import RedisProcess, redis_process
from tests.sharing.askers import askers
from tests.standin.control import StandinControl, standin_process

LOADS = (("waits", 0.5, 16, 1280), ("computes", 0.05, 100, 4000))  # latency, connections, requests
MOST, ROUNDS = 4, 3


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


def main() -> None:
    """Print a line for every load and number of processes: median of three rounds."""
    options = ("--appendonly", "yes", "--appendfsync", "always")
    with tempfile.TemporaryDirectory() as folder, redis_process(Path(folder), *options) as redis:
        for name, latency_s, at_once, count in LOADS:
            with standin_process(latency_s) as standin:
                for many in range(1, MOST + 1):
                    times = [took_s(standin, redis, many, count, at_once) for _ in range(ROUNDS)]
                    rate = count / statistics.median(times)
                    ideal = many * at_once / latency_s
                    spread = f"{min(times):.2f} to {max(times):.2f} s"
                    line = f"{many} processes {rate:7.0f}/s of {ideal:5.0f}/s  {spread}"
                    print(
                        f"{name:9} {latency_s:5.2f} s  {at_once:3} connections each  {line}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
