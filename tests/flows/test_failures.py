"""Every line of the failure table: verdict rows, call cache, shard, Prefect state, exit code."""

import json
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import polars as pl
import pytest

from cache.disk import DiskCallCache
from cache.tools import stats
from data.errors import HostError
from tests.flows.conftest import Ended, InProcess, Server
from tests.standin.control import StandinControl

ITEMS = 12


def config(quick: InProcess, standin: StandinControl, **changes: Any) -> Path:
    """A dozen scoring samples before an OpenAI judge at the stand-in; little patience."""
    judge = {
        "name": "gpt",
        "client": "openai",
        "model": "m",
        "base_url": standin.openai_url,
        "concurrency": 2,
        "backoff_s": 0.01,
        "max_attempts": 2,
        "give_up_after_s": 1.0,
        "timeout_s": 1.0,
        "price": {"input": 1.0, "output": 2.0, "image_tokens": 1000},
        **changes.pop("judge", {}),
    }
    base = {"judges": [judge], "modes": ["score"], "limit": ITEMS, "shard_retries": 0}
    return quick.config("failures", **(base | changes))


class Run:
    """A finished run and where to look."""

    def __init__(self, quick: InProcess, server: Server, path: Path, *words: object) -> None:
        self.folder = quick.folder / "run"
        self.ended: Ended = quick("run", path, "--run-dir", self.folder, *words)
        self.facts: dict[str, Any] = json.loads((self.folder / "run.json").read_text())
        self.flow = server.flow_run("run")
        self.shards = server.shard_states("run")
        self.stored = stats(DiskCallCache(quick.folder / "cache" / "calls")).entries

    def statuses(self) -> dict[str, int]:
        verdicts = pl.read_parquet(self.folder / "verdicts.parquet")
        mine = verdicts.filter(pl.col("judge") == "gpt")
        return dict(mine["status"].value_counts().iter_rows())


def test_answered_and_readable(
    quick: InProcess, standin: StandinControl, prefect_server: Server
) -> None:
    run = Run(quick, prefect_server, config(quick, standin))
    assert (run.ended.code, run.flow["state_name"], run.shards) == (0, "Completed", ["Completed"])
    assert run.statuses() == {"scored": ITEMS}
    assert run.stored == ITEMS
    assert run.facts["status"] == "complete"
    assert 0 < run.facts["cost"]["usd"] <= run.facts["quote"]["2"]["max_usd"]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("refusal", "refused"),
        pytest.param("content-filter", "refused", marks=pytest.mark.prove),
        pytest.param("empty", "unparsed", marks=pytest.mark.prove),
        ("truncated", "unparsed"),
    ],
)
def test_refused_filtered_empty_or_truncated_is_stored_as_such(
    quick: InProcess, standin: StandinControl, prefect_server: Server, kind: str, status: str
) -> None:
    standin.script(sequence=[kind] * 2)
    run = Run(quick, prefect_server, config(quick, standin))
    assert (run.ended.code, run.flow["state_name"], run.shards) == (0, "Completed", ["Completed"])
    assert run.statuses() == {"scored": ITEMS - 2, status: 2}
    assert run.stored == ITEMS
    assert standin.stats()["total"] == ITEMS


def test_answered_but_unreadable_is_stored_and_shown(
    quick: InProcess, standin: StandinControl, prefect_server: Server
) -> None:
    standin.script(texts=["I like the third one."])
    run = Run(quick, prefect_server, config(quick, standin, min_coverage=0.0))
    assert run.statuses() == {"unparsed": ITEMS}
    assert run.stored == ITEMS
    assert run.ended.code == 5  # a judge without one readable verdict fails the checkpoint
    assert "'verdicts'" in run.ended.err
    wanted = {"flow_run_id": {"any_": [run.flow["id"]]}, "key": {"any_": ["judgeflow-checkpoints"]}}
    (artifact,) = prefect_server.post("/artifacts/filter", {"artifacts": wanted})
    found = [row for row in json.loads(artifact["data"]) if row["checkpoint"] == "verdicts"]
    assert {row["result"] for row in found} == {"failed"}
    assert any(row["finding"].startswith("error: ") for row in found)


@pytest.mark.parametrize(
    "kind",
    [
        "429",
        "drop-after",
        *(
            pytest.param(kind, marks=pytest.mark.prove)
            for kind in ("500", "503", "529", "half-body", "html", "stall")
        ),
    ],
)
def test_a_row_whose_transport_fails_to_the_end_is_open_and_asked_again_on_resume(
    quick: InProcess, standin: StandinControl, prefect_server: Server, kind: str
) -> None:
    standin.script(rates={kind: 1.0}, retry_after="0.3")
    path = config(quick, standin, judge={"timeout_s": 0.3}, limit=4)
    run = Run(quick, prefect_server, path)
    assert (run.ended.code, run.shards) == (3, ["Failed"])
    assert run.flow["state_name"] == "Failed"
    assert run.stored == 0
    assert run.facts["status"] in {"incomplete", "stopped by a checkpoint"}
    assert f"judgeflow resume {run.folder}` asks them again" in run.ended.err
    assert " 4; such as: " in run.ended.err  # how many failed of what, and one message
    standin.reset()
    again = quick("resume", run.folder, "--json")
    assert again.code == 0, again.err
    assert again.json["counts"]["open"] == 0
    assert standin.stats()["completed"] == 4


def test_one_bad_request_fails_alone(
    quick: InProcess, standin: StandinControl, prefect_server: Server
) -> None:
    standin.script(sequence=["bad-request"])
    run = Run(quick, prefect_server, config(quick, standin))
    assert (run.ended.code, run.flow["state_name"], run.shards) == (0, "Completed", ["Completed"])
    assert run.statuses() == {"scored": ITEMS - 1, "failed": 1}
    assert run.stored == ITEMS - 1


@pytest.mark.parametrize(
    "kind", ["invalid-key", pytest.param("unknown-model", marks=pytest.mark.prove), "quota"]
)
def test_what_no_further_call_can_survive_stops_the_run_in_one_line(
    quick: InProcess, standin: StandinControl, prefect_server: Server, kind: str
) -> None:
    standin.script(rates={kind: 1.0})
    run = Run(quick, prefect_server, config(quick, standin))
    assert (run.ended.code, run.flow["state_name"], run.shards) == (2, "Failed", ["Failed"])
    assert standin.stats()["total"] <= 2
    assert run.stored == 0
    (line,) = [line for line in run.ended.err.splitlines() if line.startswith("judgeflow: ")]
    assert "judge 'gpt'" in line


def test_a_reached_budget_stops_before_the_call_that_could_cross(
    quick: InProcess, standin: StandinControl, prefect_server: Server
) -> None:
    path = config(quick, standin)
    quoted = quick("plan", path, "--json").json["total"]
    limit = quoted["max_usd"] / ITEMS * 3.5
    run = Run(quick, prefect_server, path, "--max-usd", limit)
    assert (run.ended.code, run.flow["state_name"]) == (4, "Failed")
    assert "budget reached" in run.ended.err
    assert 0 < run.facts["cost"]["usd"] <= limit
    asked = standin.stats()["total"]
    assert asked < ITEMS
    again = quick("resume", run.folder, "--max-usd", quoted["max_usd"] * 2, "--json")
    assert again.code == 0, again.err
    assert standin.stats()["total"] == ITEMS


def test_a_limit_that_cannot_be_kept_is_refused_before_any_call(
    quick: InProcess, standin: StandinControl
) -> None:
    ended = quick("run", config(quick, standin, judge={"price": None}), "--max-usd", 1)
    assert ended.code == 2
    assert "price of ['gpt'] is unknown" in ended.err
    assert standin.stats()["total"] == 0


def test_a_failed_checkpoint_stops_before_the_next_spending_and_can_be_overridden(
    quick: InProcess, standin: StandinControl, prefect_server: Server
) -> None:
    standin.script(texts=["no verdict in here"])
    path = config(quick, standin, min_coverage=0.0)
    run = Run(quick, prefect_server, path)
    assert (run.ended.code, run.flow["state_name"]) == (5, "Failed")
    assert run.facts["status"] == "stopped by a checkpoint"
    assert (run.folder / "validations" / "verdicts.html").exists()
    assert not (run.folder / "estimates.parquet").exists()
    passed = quick(
        "resume", run.folder, "--override", "verdicts", "--why", "a broken judge is the point"
    )
    assert passed.code == 0, passed.err
    result = json.loads((run.folder / "validations" / "verdicts.json").read_text())
    assert result["overridden"]["why"] == "a broken judge is the point"
    assert standin.stats()["total"] == ITEMS


def test_coverage_below_the_floor_is_incomplete(
    quick: InProcess, standin: StandinControl, prefect_server: Server
) -> None:
    standin.script(sequence=["refusal"] * 9)
    run = Run(quick, prefect_server, config(quick, standin))
    assert (run.ended.code, run.flow["state_name"]) == (3, "Failed")
    assert "coverage is below the floor" in run.ended.err
    assert "not complete" in (run.folder / "report.html").read_text()


def test_a_cache_that_cannot_be_written_stops_before_any_call(
    quick: InProcess, standin: StandinControl
) -> None:
    (quick.folder / "cache").write_text("a file where the folder should be")
    ended = quick("run", config(quick, standin))
    assert ended.code == 2
    assert "cache" in ended.err
    assert standin.stats()["total"] == 0


def test_a_full_disk_stops_the_run_before_the_next_call(
    quick: InProcess,
    standin: StandinControl,
    prefect_server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    full = HostError("call cache: no space left on device")
    monkeypatch.setattr(DiskCallCache, "put", Mock(side_effect=full))
    run = Run(quick, prefect_server, config(quick, standin))
    assert (run.ended.code, run.flow["state_name"], run.shards) == (2, "Failed", ["Failed"])
    assert standin.stats()["total"] <= 2  # those side by side when the first could not be kept
    assert run.facts["status"] == "failed"
    assert not (run.folder / "answers.parquet").exists()


def test_a_second_writer_is_refused(
    quick: InProcess, standin: StandinControl, prefect_server: Server
) -> None:
    from data.run_lock import RunLock

    run = Run(quick, prefect_server, config(quick, standin))
    with RunLock(run.folder):
        ended = quick("resume", run.folder)
    assert ended.code == 2
    assert "is being worked on by process" in ended.err
