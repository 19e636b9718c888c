"""Endpoints side by side, hard limits of calls, and how soon a run lets go."""

import signal
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.flows.conftest import InProcess, Server, Terminal
from tests.standin.control import StandinControl, standin_thread

ITEMS = 12
DEAD = "http://127.0.0.1:9/v1"  # nobody listens


def judge(name: str, url: str, **changes: Any) -> dict[str, Any]:
    own = {"concurrency": 2, "backoff_s": 0.01, "give_up_after_s": 1.5, "max_attempts": 100}
    return {"name": name, "client": "openai", "model": "m", "base_url": url, **own, **changes}


def config(terminal: Terminal, judges: list[dict[str, Any]], **changes: Any) -> Path:
    base = {"judges": judges, "modes": ["score"], "limit": ITEMS, "shard_retries": 0}
    return terminal.config("endpoints", **(base | changes))


def test_a_dead_endpoint_is_left_alone_and_the_others_finish(
    quick: InProcess, standin: StandinControl, prefect_server: Server
) -> None:
    judges = [judge("dead", DEAD, concurrency=1), judge("live", standin.openai_url)]
    folder = quick.folder / "run"
    ended = quick("run", config(quick, judges, limit=None), "--run-dir", folder)
    assert ended.code == 3
    answers = pl.read_parquet(folder / "answers.parquet")
    by_judge = dict(answers.group_by("judge", "status").len().select("judge", "status").rows())
    assert by_judge == {"dead": "open", "live": "answered"}
    left_alone = answers.filter(pl.col("message").str.contains("not asked"))
    assert left_alone.height > 0
    assert set(left_alone["failure"]) == {"connection"}


@pytest.mark.prove
def test_a_slow_endpoint_does_not_hold_up_a_fast_one(
    judgeflow: Terminal, standin: StandinControl
) -> None:
    with standin_thread(latency=2.0) as slow:
        judges = [judge("slow", slow.openai_url), judge("fast", standin.openai_url)]
        words = ("run", config(judgeflow, judges, shard_size=2), "--run-dir", "run")
        process = judgeflow.start(*words)
        ends = time.monotonic() + 60
        while standin.stats()["completed"] < ITEMS and time.monotonic() < ends:
            time.sleep(0.05)
        done_by_slow = slow.stats()["completed"]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert standin.stats()["completed"] == ITEMS
    assert done_by_slow < ITEMS / 2


def test_a_limit_of_calls_counts_repeats_and_the_run_goes_on_later(
    quick: InProcess, standin: StandinControl, prefect_server: Server
) -> None:
    standin.script(each=["500"])  # every request needs two calls
    folder = quick.folder / "run"
    path = config(quick, [judge("live", standin.openai_url)])
    ended = quick("run", path, "--run-dir", folder, "--max-calls", 9)
    assert ended.code == 4, ended.err
    assert "budget reached" in ended.err
    assert "Traceback" not in ended.err
    assert standin.stats()["total"] == 9
    again = quick("resume", folder, "--max-calls", 10)
    assert again.code == 4  # what was sent before counts
    assert standin.stats()["total"] == 10
    last = quick("resume", folder, "--max-calls", 2 * ITEMS + 4, "--json")
    assert last.code == 0, last.err
    assert standin.stats()["completed"] == ITEMS


def test_the_quote_stands_beside_what_was_paid(
    quick: InProcess, standin: StandinControl, prefect_server: Server
) -> None:
    price = {"input": 1.0, "output": 2.0, "image_tokens": 1000}
    judges = [judge(name, standin.openai_url, price=price) for name in ("one", "two")]
    judges[1]["model"] = "other"
    folder = quick.folder / "run"
    path = config(quick, judges, modes=["score", "pair"], probes={"order": {}})
    ended = quick("run", path, "--run-dir", folder, "--json")
    assert ended.code == 0, ended.err
    parts = ended.json["cost"]["by_part"]
    assert {(p["judge"], p["mode"], p["probe"]) for p in parts} >= {
        ("one", "score", None),
        ("two", "pair", "order"),
    }
    assert sum(part["usd"] for part in parts) == pytest.approx(ended.json["cost"]["usd"])
    assert sum(part["calls"] for part in parts) == standin.stats()["completed"]
    for part in parts:
        assert part["calls"] == part["to_send"]
        assert 0 < part["usd"] <= part["max_usd"]
    page = (folder / "report.html").read_text()
    assert "Quote against actual" in page
    (artifact,) = prefect_server.post(
        "/artifacts/filter",
        {
            "artifacts": {
                "key": {"any_": ["judgeflow-cost"]},
                "flow_run_id": {"any_": [prefect_server.flow_run("run")["id"]]},
            }
        },
    )
    assert "two" in artifact["data"]
    again = quick("run", path, "--run-dir", quick.folder / "again")
    assert "quote: 0 calls, 0.0000 USD expected, 0.0000 at most; actual: 0 calls" in again.out


def test_an_interrupt_with_slow_calls_in_flight_ends_within_five_seconds(
    judgeflow: Terminal, quick: InProcess, standin: StandinControl, prefect_server: Server
) -> None:
    standin.script(latency=60.0)
    folder = judgeflow.folder / "run"
    process = judgeflow.start(
        "run", config(judgeflow, [judge("live", standin.openai_url)]), "--run-dir", folder
    )
    while standin.stats()["total"] < 2:
        assert process.poll() is None
        time.sleep(0.05)
    told = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    took_s = time.monotonic() - told
    assert process.returncode == 130, err
    print(f"ended {took_s:.1f} s after Ctrl-C")
    assert took_s < 5.0  # what is promised, not a speed
    standin.script()
    ended = quick("resume", folder, "--json")
    assert ended.code == 0, ended.err
    assert standin.stats()["completed"] == ITEMS
