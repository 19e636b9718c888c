"""The whole graph: what a judgement more costs, what starting costs, and what memory it takes.

A run is a process of its own, as users start it, against a running Prefect server.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from tasks import engine_room
from tasks.plan import JUDGE
from tasks.stages import results, rounds
from tasks.stages.context import context
from tests.benchmarks.calls import AT_ONCE, PROMPT, REQUESTS, Load, bare_s, jpegs
from tests.standin.control import StandinControl

FEW, MANY = 10_000, 20_000
ROUNDS = 3  # of what is cached: a difference of two short times needs more than one
JUDGEFLOW = Path(sys.executable).parent / "judgeflow"


@dataclass(frozen=True)
class Took:
    """A run: seconds from the command to its end and to the first call, and its peak memory."""

    wall_s: float
    first_call_s: float | None
    peak_mb: float
    calls: int


class Bench:
    """Runs of one folder against one stand-in.

    Args:
        images: how many distinct JPEGs the samples show in turn; 0 for text alone.
    """

    def __init__(
        self, folder: Path, standin: StandinControl, env: Mapping[str, str], images: int = 0
    ) -> None:
        self.folder, self.standin, self.env, self.images = folder, standin, env, images
        self._number = itertools.count()
        self.last = folder / "none"  # the last run's folder

    def run(self, samples: int, cache: str, repeats: int = 1) -> Took:
        """Judge that many samples so many times, with a call cache of that name."""
        path = self.config(samples, cache, repeats)
        self.standin.reset()
        took = self._timed("run", str(path), "--run-dir", str(self.folder / path.stem))
        shutil.rmtree(self.last, ignore_errors=True)
        self.last = self.folder / path.stem
        return took

    def config(self, samples: int, cache: str, repeats: int = 1) -> Path:
        """The configuration of a run, in a file of its own name."""
        name = f"run-{next(self._number)}"
        path = self.folder / f"{name}.yaml"
        config = {
            "name": name,
            "dataset": {"path": str(self._dataset(samples))},
            "judges": [
                {
                    "name": "gpt", "client": "openai", "model": "m", "concurrency": AT_ONCE,
                    "base_url": self.standin.openai_url,
                    "price": {"input": 1.0, "output": 2.0, "image_tokens": 1000},
                }
            ],
            "modes": ["score"],
            "repeats": repeats,
            "cache": str(self.folder / cache),
            "runs": str(self.folder / "runs"),
        }  # fmt: skip
        path.write_text(yaml.safe_dump(config))
        return path

    def between_s(self) -> float:
        """Seconds from plan to verdicts of the last run once more, when all is cached."""
        here = context(self.last)
        shards = rounds.plan_round(here, JUDGE)
        started = time.perf_counter()
        for shard in shards:
            rounds.execute_shard(here, shard)
        results.collect_verdicts(here)
        took_s = time.perf_counter() - started
        engine_room.close(here.run)
        return took_s

    def _timed(self, *words: str) -> Took:
        started, first = time.perf_counter(), None
        with (self.folder / "out.log").open("w") as log:
            process = subprocess.Popen(
                [str(JUDGEFLOW), *words],
                env=dict(self.env),
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )
            while (ended := os.wait4(process.pid, os.WNOHANG))[0] == 0:
                if first is None and self.standin.stats()["total"]:
                    first = time.perf_counter() - started
                time.sleep(0.05)
        if ended[1] != 0:
            raise RuntimeError((self.folder / "out.log").read_text()[-2000:])
        usage: resource.struct_rusage = ended[2]
        wall_s = time.perf_counter() - started
        return Took(wall_s, first, usage.ru_maxrss / 1024, self.standin.stats()["total"])

    def _dataset(self, samples: int) -> Path:
        root = self.folder / f"data-{samples}-{self.images}"
        if root.exists():
            return root
        (root / "images").mkdir(parents=True)
        for number, image in enumerate(jpegs()[: self.images]):
            (root / "images" / f"{number}.jpg").write_bytes(image)
        with (root / "samples.jsonl").open("w") as file:
            for number in range(samples):
                shown = [f"images/{number % self.images}.jpg"] if self.images else []
                row = {
                    "id": f"s{number}", "mode": "score", "source": "bench", "images": shown,
                    "instruction": f"{PROMPT} {number}",
                    "responses": [{"text": f"Response {number}.", "author": "a"}],
                    "label": number % 5 + 1,
                }  # fmt: skip
                file.write(json.dumps(row) + "\n")
        return root


@contextlib.contextmanager
def prefect_server(home: Path) -> Iterator[dict[str, str]]:
    """An environment that points at a running Prefect server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/api"
    env = {**os.environ, "PREFECT_HOME": str(home), "PREFECT_API_URL": url}
    env["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
    command = [sys.executable, "-m", "prefect", "server", "start", "--port", str(port)]
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        for _ in range(240):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=2):
                break
            time.sleep(0.25)
        yield env
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def marginal(standin: StandinControl, folder: Path) -> Iterator[str]:
    """What 10,000 judgements more cost, cold and cached, beside a bare loop's 10,000."""
    with prefect_server(folder) as env:
        bench = Bench(folder, standin, env)
        bench.run(100, "warm")
        cold, cached_s, between_s = {}, {}, {}
        for samples in (FEW, MANY):
            cold[samples] = bench.run(samples, f"cache-{samples}")
            again = [bench.run(samples, f"cache-{samples}") for _ in range(ROUNDS)]
            assert [run.calls for run in (cold[samples], *again)] == [samples, *[0] * ROUNDS]
            cached_s[samples] = statistics.median(run.wall_s for run in again)
            between_s[samples] = statistics.median(bench.between_s() for _ in range(ROUNDS))
    more = MANY - FEW
    bare = more / bare_s(Load(standin, "openai"), 10**6, more // REQUESTS)
    paid = more / (cold[MANY].wall_s - cold[FEW].wall_s)
    free = more / (cached_s[MANY] - cached_s[FEW])
    what = f"{FEW} to {MANY}"
    ratio = paid / bare
    yield f"whole graph, cold, {what}: {paid:.0f}/s, bare loop {bare:.0f}/s, ratio {ratio:.3f}"
    yield f"whole graph, all cached, {what}: {free:.0f}/s, 0 calls"
    rate = more / (between_s[MANY] - between_s[FEW])
    yield f"from plan to verdicts, all cached, {what}: {rate:.0f}/s, 0 calls"


def starting(standin: StandinControl, folder: Path) -> Iterator[str]:
    """Seconds from the command to the first call, with a running Prefect server and without."""
    with prefect_server(folder) as env:
        running = Bench(folder, standin, env).run(100, "running").first_call_s
    alone = {name: value for name, value in env.items() if name != "PREFECT_API_URL"}
    apart = folder / "alone"
    apart.mkdir()
    temporary = Bench(apart, standin, alone).run(100, "temporary").first_call_s
    yield f"first call after {running:.1f} s with a running server, {temporary:.1f} s without"


def memory(standin: StandinControl, folder: Path) -> Iterator[str]:
    """Peak memory of many judgements beside that of few: more samples, or more repeats of them."""
    with prefect_server(folder) as env:
        bench = Bench(folder, standin, env)
        few = bench.run(FEW, "few").peak_mb
        repeated = bench.run(FEW, "repeated", repeats=10).peak_mb
        many = bench.run(10 * FEW, "many").peak_mb
    yield f"peak memory, {FEW} samples: {few:.0f} MB"
    yield f"peak memory, 10 repeats of each: {repeated:.0f} MB, ratio {repeated / few:.2f}"
    yield f"peak memory, {10 * FEW} samples: {many:.0f} MB, ratio {many / few:.2f}"
