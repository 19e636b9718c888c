"""`make bench-peers`: inspect_ai and promptfoo asked the same questions on the same stand-in.

Each tool is run as its users run it, in an environment of its own under `.bench/`. What is compared
is the marginal cost: the time of many questions minus that of few; nobody's start-up counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from tests.benchmarks.calls import AT_ONCE, PROMPT
from tests.benchmarks.graph import Bench, prefect_server
from tests.standin.control import ROOT, StandinControl, standin_process

PLACE = ROOT / ".bench"
FEW, MANY = 500, 1500
OURS_FEW, OURS_MANY = 10_000, 20_000
INSPECT_TASK = """
import json, os
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import includes
from inspect_ai.solver import generate

@task
def judge():
    texts = json.load(open(os.environ["TEXTS"]))
    samples = [Sample(input=text, target="Judgement") for text in texts]
    return Task(dataset=samples, solver=generate(cache=True), scorer=includes())
"""
Ask = Callable[[Path, StandinControl, list[str], Path], list[str]]


def main() -> None:
    """Print a line per tool: questions a second, cold and cached, and how often ours that is."""
    with tempfile.TemporaryDirectory() as name, standin_process(latency=0.05) as standin:
        folder = Path(name)
        cold, cached = ours(folder / "ours", standin)
        print(f"judgeflow, whole graph: {cold:.0f}/s cold, {cached:.0f}/s cached", flush=True)
        for tool, ask in (("inspect_ai", inspect_command), ("promptfoo", promptfoo_command)):
            try:
                its_cold, its_cached = theirs(folder / tool, standin, ask)
            except FileNotFoundError as error:
                print(f"{tool}: not installed ({error.filename}); `make bench-peers` installs it")
                continue
            print(
                f"{tool}: {its_cold:.0f}/s cold, {its_cached:.0f}/s cached; judgeflow is "
                f"{cold / its_cold:.1f} and {cached / its_cached:.1f} times as fast",
                flush=True,
            )


def ours(folder: Path, standin: StandinControl) -> tuple[float, float]:
    """Judgements a second of the whole graph, cold and all cached."""
    folder.mkdir()
    with prefect_server(folder) as env:
        bench = Bench(folder, standin, env)
        bench.run(100, "warm")
        runs = [bench.run(n, f"c{n}") for n in (OURS_FEW, OURS_FEW, OURS_MANY, OURS_MANY)]
    assert [run.calls for run in runs] == [OURS_FEW, 0, OURS_MANY, 0]
    more = OURS_MANY - OURS_FEW
    return more / (runs[2].wall_s - runs[0].wall_s), more / (runs[3].wall_s - runs[1].wall_s)


def theirs(folder: Path, standin: StandinControl, ask: Ask) -> tuple[float, float]:
    """The same of another tool."""
    folder.mkdir()
    took: dict[tuple[int, str], float] = {}
    for count in (FEW, MANY):
        texts = [f"{PROMPT} Response {count}-{number}." for number in range(count)]
        for round_ in ("cold", "cached"):
            standin.reset()
            command = ask(folder, standin, texts, folder / f"cache-{count}")
            started = time.perf_counter()
            env = {**os.environ, **environment(standin, folder, count)}
            done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
            took[count, round_] = time.perf_counter() - started
            expected = count if round_ == "cold" else 0
            if done.returncode not in {0, 100} or standin.stats()["total"] != expected:
                raise RuntimeError(f"{command[0]}: {done.stderr[-800:]} {done.stdout[-800:]}")
    more = MANY - FEW
    rates = [more / (took[MANY, r] - took[FEW, r]) for r in ("cold", "cached")]
    return rates[0], rates[1]


def environment(standin: StandinControl, folder: Path, count: int) -> dict[str, str]:
    """Keys, addresses and caches of both tools; nobody calls home."""
    return {
        "OPENAI_API_KEY": "none",
        "OPENAI_BASE_URL": standin.openai_url,
        "TEXTS": str(folder / "texts.json"),
        "INSPECT_CACHE_DIR": str(folder / f"cache-{count}"),
        "PROMPTFOO_CACHE_PATH": str(folder / f"cache-{count}"),
        "PROMPTFOO_CONFIG_DIR": str(folder / "home"),
        "PROMPTFOO_DISABLE_TELEMETRY": "1",
        "PROMPTFOO_DISABLE_UPDATE": "1",
        "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
    }


def inspect_command(
    folder: Path, standin: StandinControl, texts: list[str], cache: Path
) -> list[str]:
    """inspect_ai with its cache on and nothing drawn on the screen."""
    (folder / "task.py").write_text(INSPECT_TASK)
    (folder / "texts.json").write_text(json.dumps(texts))
    return [
        str(PLACE / "inspect/bin/inspect"), "eval", "task.py", "--model", "openai/gpt-4o",
        "--max-connections", str(AT_ONCE), "--max-samples", str(AT_ONCE), "--display", "none",
        "-M", "responses_api=false", "--log-dir", str(folder / "logs"),
    ]  # fmt: skip


def promptfoo_command(
    folder: Path, standin: StandinControl, texts: list[str], cache: Path
) -> list[str]:
    """promptfoo with its disk cache on and its result to a file."""
    config = {
        "prompts": ["{{text}}"],
        "providers": [{"id": "openai:chat:m", "config": {"apiBaseUrl": standin.openai_url}}],
        "tests": [{"vars": {"text": text}} for text in texts],
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    return [
        str(PLACE / "promptfoo/node_modules/.bin/promptfoo"), "eval", "-c", "config.yaml",
        "-j", str(AT_ONCE), "--no-progress-bar", "--no-table", "--no-write", "-o", "out.json",
    ]  # fmt: skip


if __name__ == "__main__":
    main()
    sys.stdout.flush()
