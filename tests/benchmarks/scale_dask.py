"""`python -m tests.benchmarks.scale_dask`: the demo set on one to four Dask workers.

A whole run on a Dask cluster with a Redis server, every call a second long, eight connections a
worker and eight threads that hold shards. What is measured lies between the first call and the
last, as the stand-in saw them; planning and measures are the leader's and do not scale.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from tests.flows.conftest import Server, Terminal, prefect_process
from tests.flows.machines import Cluster
from tests.redis_process import RedisProcess, redis_process
from tests.standin.control import StandinControl, standin_process

LATENCY_S, AT_ONCE, MOST = 1.0, 8, 4


def seconds(
    server: Server, standin: StandinControl, redis: RedisProcess, many: int, folder: Path
) -> tuple[int, float]:
    """The calls of a run on so many workers, and the seconds from the first to the last."""
    folder.mkdir()
    terminal = Terminal(folder, dict(server.env))
    with redis.client() as client:
        client.do("FLUSHALL")
    standin.reset()
    cluster = Cluster(folder, terminal.env, [()] * many, threads=AT_ONCE)
    judge = {"client": "openai", "model": "m", "base_url": standin.openai_url}
    try:
        config = terminal.config(
            judges=[{"name": "gpt", **judge, "concurrency": AT_ONCE}],
            probes={"order": {}}, limit=60, shard_size=10,
            cache=redis.url, runner={"dask": {"address": cluster.address}},
        )  # fmt: skip
        process = terminal.start("run", config, "--run-dir", "run", "--json")
        out, err = process.communicate(timeout=900)
    finally:
        cluster.stop()
    if process.returncode:
        raise RuntimeError(err)
    arrived, counts = standin.stats()["arrived_s"], json.loads(out)["counts"]
    if len(arrived) != counts["planned"]:
        raise RuntimeError(f"{len(arrived)} calls for {counts}")
    return len(arrived), max(arrived) - min(arrived) + LATENCY_S


def main() -> None:
    """Print a line for every number of workers."""
    options = ("--appendonly", "yes", "--appendfsync", "always")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            redis_process(folder, *options) as redis,
            prefect_process(folder / "prefect") as server,
            standin_process(LATENCY_S) as standin,
        ):
            for many in range(1, MOST + 1):
                count, took = seconds(server, standin, redis, many, folder / str(many))
                ideal, load = many * AT_ONCE / LATENCY_S, os.getloadavg()[0]
                told = f"{count} calls in {took:5.1f} s, load {load:.0f}"
                print(f"{many} workers {count / took:6.1f}/s of {ideal:5.1f}/s  {told}", flush=True)


if __name__ == "__main__":
    main()
