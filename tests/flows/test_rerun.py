"""One stage of a run again: with its own quote and cap, and nothing asked twice."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from cache.policies import OncePerRun
from tasks import steps
from tests.flows.conftest import InProcess, Server
from tests.flows.test_reuse import judge, unanswered
from tests.standin.control import StandinControl


def probed(quick: InProcess, standin: StandinControl, **changes: Any) -> Path:
    """A configuration that asks six pairs in both orders."""
    one = judge(standin, concurrency=1)
    asked: dict[str, Any] = {"modes": ["pair"], "limit": 6, "probes": {"order": {}}}
    return quick.config(judges=[one], **(asked | changes))


def facts(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "run.json").read_text())
    return found


def test_judges_and_probes_are_asked_apart_each_under_a_cap_of_its_own(
    quick: InProcess, standin: StandinControl
) -> None:
    run = quick.folder / "run"
    words = ("--max-calls", 2, "--run-dir", run)
    assert quick("run", probed(quick, standin), *words).code == 4
    assert standin.stats()["total"] == 2
    quotes = {
        stage: quick("rerun", run, "--stage", stage, "--quote", "--json").json
        for stage in ("judge", "probe")
    }
    assert quotes["judge"]["requests"] == 6
    assert sum(quote["cached"] for quote in quotes.values()) == 2
    stopped = quick("rerun", run, "--stage", "judge", "--max-calls", 1)
    assert (stopped.code, standin.stats()["total"]) == (4, 3)
    assert "stage judge: 6 requests, " in stopped.err
    judged = quick("rerun", run, "--stage", "judge", "--max-calls", 50, "--json")
    assert judged.code == 0, judged.err
    assert standin.stats()["total"] == quotes["judge"]["to_send"] + 2
    assert (facts(run)["status"], judged.json["counts"]["open"] > 0) == ("incomplete", True)
    whole = quick("rerun", run, "--stage", "probe", "--max-calls", 500, "--json")
    assert whole.code == 0, whole.err
    assert facts(run)["status"] == "complete"
    stats = standin.stats()
    total = quotes["judge"]["requests"] + quotes["probe"]["requests"]
    assert (stats["total"], stats["completed"]) == (total, total)
    assert [one.get("stage") for one in facts(run)["attempts"]] == [None, "judge", "judge", "probe"]


def test_responses_are_collected_under_a_cap_of_their_own_and_then_judged(
    quick: InProcess, standin: StandinControl
) -> None:
    models = [judge(standin, name=name, model=name) for name in ("alpha", "beta")]
    config = quick.config(
        dataset=unanswered(quick), modes=["pair"], judges=[judge(standin)], responders=models
    )
    run = quick.folder / "run"
    assert quick("run", config, "--run-dir", run, "--max-calls", 1).code == 4
    early = quick("rerun", run, "--stage", "judge", "--max-calls", 50)
    assert (early.code, "which stage 'judge' needs" in early.err) == (2, True)
    quote = quick("rerun", run, "--stage", "collect", "--quote", "--json").json
    assert (quote["requests"], quote["cached"]) == (4, 1)
    collected = quick("rerun", run, "--stage", "collect", "--max-calls", 50)
    assert (collected.code, standin.stats()["total"]) == (0, 4), collected.err
    assert quick("resume", run, "--max-calls", 50).code == 0
    assert (facts(run)["status"], standin.stats()["total"]) == ("complete", 6)  # a pair an item


def test_a_complete_run_whose_stage_is_capped_keeps_its_end_its_answers_and_its_verdicts(
    quick: InProcess, standin: StandinControl
) -> None:
    run = quick.folder / "run"
    whole = quick("run", probed(quick, standin, probes={}), "--run-dir", run, "--json").json
    before = facts(run)
    verdicts = (run / "verdicts.parquet").read_bytes()
    for each in (quick.folder / "cache").iterdir():  # the answers are lost, the images are not
        if each.name != "images":
            shutil.rmtree(each) if each.is_dir() else each.unlink()
    capped = quick("rerun", run, "--stage", "judge", "--max-calls", 2)
    assert (capped.code, standin.stats()["total"]) == (4, 6 + 2)
    stood = facts(run)
    for name in ("status", "finished", "error", "exit_code", "gate", "counts"):
        assert stood[name] == before[name]
    assert "budget reached" in stood["attempts"][-1]["error"]
    assert (before["cost"]["unpriced_calls"], stood["cost"]["unpriced_calls"]) == (6, 6 + 2)
    assert (run / "verdicts.parquet").read_bytes() == verdicts
    listed = quick("runs", "show", run, "--json").json
    assert (listed["status"], listed["last_good_for"]) == ("complete", ["gpt"])
    assert quick("reparse", run, "--json").json["changed"] == 0
    assert quick("rerun", run, "--stage", "judge").code == 0
    assert (facts(run)["status"], facts(run)["counts"]["open"]) == ("complete", 0)
    assert whole["status"] == "complete"


@pytest.mark.prove
def test_images_lost_from_the_store_are_prepared_again(
    quick: InProcess, standin: StandinControl
) -> None:
    run = quick.folder / "run"
    path = probed(quick, standin, probes={})
    assert quick("run", path, "--max-calls", 2, "--run-dir", run).code == 4
    shutil.rmtree(quick.folder / "cache" / "images")
    assert quick("rerun", run, "--stage", "images").code == 0
    assert facts(run)["status"] == "budget reached"  # as before
    assert quick("resume", run, "--max-calls", 50).code == 0
    assert standin.stats()["total"] == 6
    page = (run / "report.html").read_bytes()
    estimates = (run / "estimates.parquet").read_bytes()
    (run / "report.html").unlink()
    assert quick("rerun", run, "--stage", "report").code == 0
    assert len((run / "report.html").read_bytes()) == len(page)
    assert quick("rerun", run, "--stage", "measure").code == 0
    assert (run / "estimates.parquet").read_bytes() == estimates
    assert (standin.stats()["total"], facts(run)["status"]) == (6, "complete")


def test_a_stage_that_a_run_has_not_come_to_is_refused(offline: InProcess, tmp_path: Path) -> None:
    from data.run_folder import RunFolder

    RunFolder.create(tmp_path / "young", {})
    ended = offline("rerun", tmp_path / "young", "--stage", "judge")
    assert (ended.code, "has no samples yet, which stage 'judge' needs" in ended.err) == (2, True)
    unknown = offline(
        "rerun", tmp_path / "young", "--stage", "judge", "--override", "x", "--why", "y"
    )
    assert (unknown.code, "there is no checkpoint 'x'; known: " in unknown.err) == (2, True)


def test_a_checkpoint_is_passed_with_a_reason_given_as_the_flows_parameters(
    quick: InProcess, standin: StandinControl
) -> None:
    standin.script(texts=["no verdict in here"])
    run = quick.folder / "run"
    path = probed(quick, standin, probes={}, min_coverage=0.0)
    assert quick("run", path, "--run-dir", run).code == 5
    asked = standin.stats()["total"]
    again = ("rerun", run, "--stage", "measure")
    assert quick(*again).code == 5
    assert quick(*again, "--override", "verdicts").code == 2
    passed = quick(*again, "--override", "verdicts", "--why", "known to be mute")
    assert passed.code == 0, passed.err
    assert facts(run)["overrides"] == {"verdicts": "known to be mute"}
    kept = json.loads((run / "validations" / "verdicts.json").read_text())
    assert (kept["passed"], kept["overridden"]["why"]) == (False, "known to be mute")
    assert standin.stats()["total"] == asked


@pytest.mark.prove
def test_an_upgrade_of_the_shard_step_asks_the_cache_and_nobody_else(
    quick: InProcess,
    standin: StandinControl,
    prefect_server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    standin.script(sequence=["ok"] * 10 + ["500"] * 100)
    one = judge(standin, concurrency=1, give_up_after_s=0.5)
    asked: dict[str, Any] = {"modes": ["score"], "limit": 16, "shard_size": 4}
    path = quick.config(judges=[one], shard_retries=0, on_open_rows="fail", **asked)
    assert quick("run", path, "--run-dir", "upgraded").code == 3
    standin.script()
    upgraded = steps.execute_shard.with_options(cache_policy=OncePerRun(version="next"))
    monkeypatch.setattr(steps, "execute_shard", upgraded)
    assert quick("resume", "upgraded").code == 0
    stats = standin.stats()
    assert (stats["completed"], stats["most_completed_per_body"]) == (16, 1)
    assert "Cached" not in prefect_server.shard_states("upgraded")
