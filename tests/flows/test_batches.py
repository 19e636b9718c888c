"""Batch APIs through the whole graph: the same answers under the same keys, at half the price."""

import signal
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.flows.conftest import InProcess, Server, Terminal
from tests.standin.control import StandinControl

ITEMS = 12
PRICE = {"input": 1.0, "output": 2.0, "image_tokens": 1000}
ONE = ["openai", pytest.param("anthropic", marks=pytest.mark.prove)]
BOTH = pytest.mark.parametrize("client", ["openai", "anthropic"])
ONE_QUICKLY = pytest.mark.parametrize("client", ONE)


def config(
    terminal: Terminal, standin: StandinControl, client: str, name: str = "batched", **changes: Any
) -> Path:
    url = standin.openai_url if client == "openai" else standin.anthropic_url
    judge = {
        "name": "j", "client": client, "model": "m", "base_url": url, "price": PRICE,
        "execute": "batch", "batch": {"poll_s": 0.05}, "backoff_s": 0.01, "max_attempts": 4,
        **changes.pop("judge", {}),
    }  # fmt: skip
    return terminal.config(name, judges=[judge], limit=ITEMS, shard_retries=0, **changes)


def verdicts(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "verdicts.parquet").filter(pl.col("judge") == "j")


@BOTH
def test_a_batch_answers_as_calls_do_for_half_the_price(
    quick: InProcess, standin: StandinControl, prefect_server: Server, client: str
) -> None:
    standin.script(batch_s=0.3)
    path = config(quick, standin, client)
    ended = quick("run", path, "--run-dir", "run", "--json")
    assert ended.code == 0, ended.err
    assert (standin.stats()["completed"], standin.stats()["faults"]["batches"]) == (ITEMS, 1)
    called = config(
        quick, standin, client, "called", judge={"execute": "calls"}, cache=str(quick.folder / "o")
    )
    other = quick("run", called, "--run-dir", "other", "--json")
    assert other.code == 0, other.err
    mine, its = verdicts(quick.folder / "run"), verdicts(quick.folder / "other")
    assert mine["request_key"].equals(its["request_key"])
    assert mine["status"].equals(its["status"])
    assert ended.json["cost"]["usd"] < 0.6 * other.json["cost"]["usd"]
    quoted, full = ended.json["quote"]["2"], other.json["quote"]["2"]
    assert quoted["max_usd"] == pytest.approx(full["max_usd"] / 2)
    assert ended.json["counts"]["sent"] == ended.json["counts"]["paid"] == ITEMS
    cached = config(quick, standin, client, "cached", judge={"execute": "calls"})
    again = quick("run", cached, "--run-dir", "again", "--json")
    assert again.json["counts"]["cached"] == ITEMS  # however it was asked, it was answered


@ONE_QUICKLY
def test_a_killed_process_leaves_a_batch_that_the_next_one_picks_up(
    judgeflow: Terminal,
    quick: InProcess,
    standin: StandinControl,
    prefect_server: Server,
    client: str,
) -> None:
    standin.script(batch_s=3600)
    folder = judgeflow.folder / "run"
    process = judgeflow.start("run", config(judgeflow, standin, client), "--run-dir", folder)
    while not standin.stats()["faults"].get("batches"):
        assert process.poll() is None
        time.sleep(0.05)
    time.sleep(0.5)  # the id is written down right after
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    standin.script(batch_s=0.0)
    ended = quick("resume", folder, "--json")
    assert ended.code == 0, ended.err
    assert (standin.stats()["completed"], standin.stats()["faults"]["batches"]) == (ITEMS, 1)
    counts = ended.json["counts"]
    assert (counts["sent"], counts["paid"], counts["perhaps_paid"]) == (ITEMS, ITEMS, 0)
    assert set(verdicts(folder)["status"]) <= {"scored", "chosen", "ranked"}


@ONE_QUICKLY
def test_what_failed_in_a_batch_is_asked_again_in_another(
    quick: InProcess, standin: StandinControl, prefect_server: Server, client: str
) -> None:
    standin.script(sequence=["500", "expired", "bad-request"])
    ended = quick("run", config(quick, standin, client), "--run-dir", "run", "--json")
    assert ended.code == 0, ended.err
    assert (standin.stats()["completed"], standin.stats()["faults"]["batches"]) == (ITEMS - 1, 2)
    assert ended.json["counts"]["failed"] == 1
    assert ended.json["counts"]["sent"] == ITEMS + 2


@pytest.mark.parametrize("fallback", [True, False])
def test_a_deadline_keeps_what_is_there_and_calls_for_the_rest_if_it_may(
    quick: InProcess, standin: StandinControl, prefect_server: Server, fallback: bool
) -> None:
    standin.script(batch_s=3600, batch_share=0.5)
    batch = {"poll_s": 0.05, "deadline_h": 0.0001, "fallback": fallback}
    path = config(quick, standin, "openai", judge={"batch": batch})
    ended = quick("run", path, "--run-dir", "run", "--json")
    open_ = 0 if fallback else ITEMS // 2
    assert ended.code == (0 if fallback else 3), ended.err
    answers = pl.read_parquet(quick.folder / "run" / "answers.parquet")
    assert answers.filter(pl.col("status") == "open").height == open_
    assert standin.stats()["completed"] == ITEMS - open_
    standin.script()
    again = quick("resume", "run", "--json")
    assert again.code == 0, again.err
    assert standin.stats()["completed"] == ITEMS


def test_a_budget_hands_in_what_it_has_room_for_and_stops(
    quick: InProcess, standin: StandinControl, prefect_server: Server
) -> None:
    path = config(quick, standin, "openai")
    most = quick("plan", path, "--json").json["total"]["max_usd"]
    ended = quick("run", path, "--run-dir", "run", "--max-usd", most / 4)
    assert ended.code == 4, ended.err
    assert 0 < standin.stats()["completed"] < ITEMS
    again = quick("resume", "run", "--max-usd", most, "--json")
    assert again.code == 0, again.err
    assert standin.stats()["completed"] == ITEMS


@pytest.mark.prove
def test_an_interrupt_leaves_the_batch_where_it_is(
    judgeflow: Terminal, quick: InProcess, standin: StandinControl, prefect_server: Server
) -> None:
    standin.script(batch_s=3600)
    folder = judgeflow.folder / "run"
    process = judgeflow.start("run", config(judgeflow, standin, "openai"), "--run-dir", folder)
    while not standin.stats()["faults"].get("batches"):
        assert process.poll() is None
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    standin.script()
    ended = quick("resume", folder, "--json")
    assert ended.code == 0, ended.err
    assert (standin.stats()["completed"], standin.stats()["faults"]["batches"]) == (ITEMS, 1)
