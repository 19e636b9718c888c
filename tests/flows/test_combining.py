"""Combined judges in whole runs: quoted as a bound, asked no more than needed, never paid twice."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.flows.conftest import InProcess
from tests.flows.test_reuse import judge
from tests.standin.control import StandinControl

CHEAP = {"name": "small", "client": "simulated", "simulation": {"accuracy": 0.5}}


def config(quick: InProcess, standin: StandinControl, name: str, **changes: Any) -> Path:
    strong = judge(standin, name="large", concurrency=1, give_up_after_s=0.5)
    base: dict[str, Any] = {
        "judges": [CHEAP], "repeats": 3, "modes": ["pair"], "limit": 24, "both_orders": True,
        "cascades": [{"name": "frugal", "cheap": "small", "strong": strong, "sure": 1.0}],
        "cache": str(quick.folder / f"cache-{name}"), "shard_retries": 0,
    }  # fmt: skip
    return quick.config(name, **(base | changes))


def rows(folder: Path, judge: str) -> pl.DataFrame:
    found = pl.read_parquet(folder / "verdicts.parquet").filter(pl.col("judge") == judge)
    return found.filter(pl.col("probe").is_null())


def wavering(folder: Path) -> int:
    """Samples about which the cheap judge does not say the same three times."""
    said = rows(folder, "small").group_by("sample_id").agg(pl.col("verdict").n_unique())
    return said.filter(pl.col("verdict") > 1).height


def test_a_cascade_is_bounded_before_and_asks_the_strong_judge_only_where_it_must(
    quick: InProcess, standin: StandinControl
) -> None:
    path, folder = config(quick, standin, "whole"), quick.folder / "one"
    lines = quick("plan", path, "--json").json["lines"]
    (bound,) = [line for line in lines if line["probe"] == "cascade"]
    assert (bound["judge"], bound["requests"], bound["exact"]) == ("large", 24, False)
    ended = quick("run", path, "--run-dir", folder, "--json")
    assert ended.code == 0, ended.err
    assert 0 < standin.stats()["total"] == wavering(folder) < 24
    frugal = rows(folder, "cascade:frugal")
    keys = frugal["request_key"].str.split(" ").list.len()
    assert (frugal.height, sorted(set(keys))) == (24, [3, 4])
    both = rows(folder, "both-orders:small")
    assert both.height == 24 * 3
    assert set(both["request_key"].str.split(" ").list.len()) == {2}
    differences = pl.read_parquet(folder / "differences.parquet")
    pairs = set(differences.select("judge", "other").rows())
    assert {("small", "both-orders:small"), ("small", "cascade:frugal")} <= pairs
    card = json.loads((folder / "cards" / "cascade=frugal.json").read_text())
    assert (card["simulated"], card["model"]) == (True, "simulated > m")
    page = (folder / "report.html").read_text()
    assert "cascade:frugal (simulated)" in page
    wavers = frugal.filter(keys == 4).row(0, named=True)
    seen = quick(
        "view", folder, "--sample", wavers["sample_id"], "--judge", "cascade:frugal", "--json"
    ).json
    assert [one["judge"] for one in seen["asked"]] == ["small"] * 3 + ["large"]
    assert [one["verdict"] for one in seen["combined"]] == [wavers["verdict"]]
    again = quick("run", path, "--run-dir", quick.folder / "two", "--json")
    assert (again.code, again.json["counts"]["sent"]) == (0, 0)
    assert "no regression" in again.err + json.dumps(again.json)


@pytest.mark.prove
def test_a_cascade_stopped_by_its_cap_goes_on_without_paying_again(
    quick: InProcess, standin: StandinControl
) -> None:
    cheap = judge(standin, name="small", model="s", concurrency=1, give_up_after_s=0.5)
    never_sure = {"name": "frugal", "cheap": "small", "strong": {**CHEAP, "name": "large"}}
    path = config(
        quick, standin, "capped", judges=[{**cheap, "logprobs": True}], repeats=1, limit=6,
        both_orders=False, cascades=[{**never_sure, "sure": 1.0}],
    )  # fmt: skip
    folder = quick.folder / "capped"
    assert quick("run", path, "--run-dir", folder, "--max-calls", 2).code == 4
    again = quick("rerun", folder, "--stage", "judge", "--max-calls", 50, "--json")
    assert again.code == 0, again.err
    assert standin.stats()["total"] == 6
    facts = json.loads((folder / "run.json").read_text())
    assert (facts["status"], facts["counts"]["open"]) == ("complete", 0)
    plan = pl.read_parquet(folder / "plan.parquet").filter(pl.col("probe") == "cascade")
    frugal = rows(folder, "cascade:frugal")
    assert set(frugal["status"]) == {"chosen"}
    assert plan.height == frugal["request_key"].str.contains(" ").sum() > 0


def test_what_the_cheap_judge_owes_leaves_the_run_incomplete_until_it_is_there(
    quick: InProcess, standin: StandinControl
) -> None:
    claim = {"claim": "It is odd.", "about": "image", "kind": "other", "quote": ""}
    said = json.dumps({"Claims": [claim], "Analysis": "x", "Judgement": "[[4]]"})
    cheap = judge(standin, name="small", model="s", concurrency=1, give_up_after_s=0.5)
    path = config(
        quick, standin, "owing", judges=[{**cheap, "logprobs": True}], modes=["score"], limit=8,
        repeats=1, both_orders=False, verifier={**CHEAP, "name": "eye"},
        probes={"rationale": {}},
        cascades=[{"name": "frugal", "cheap": "small", "strong": {**CHEAP, "name": "large"},
                   "sure": 1.0}],
    )  # fmt: skip
    folder = quick.folder / "owing"
    standin.script(texts=[said], sequence=["ok"] * 6 + ["500"] * 100)
    ended = quick("run", path, "--run-dir", folder)
    assert (ended.code, "have no answer" in ended.err) == (3, True), ended.err
    owed = rows(folder, "small").filter(pl.col("status") == "open")["sample_id"].to_list()
    waits = rows(folder, "cascade:frugal").filter(pl.col("status") == "open")["sample_id"].to_list()
    assert (waits, 0 < len(owed) < 8) == (owed, True)
    standin.script(texts=[said], sequence=["ok"] * 12 + ["500"] * 100)
    assert quick("resume", folder).code == 3  # all base rows now, some of the probe's
    assert set(rows(folder, "cascade:frugal")["status"]) == {"scored"}
    standin.script(texts=[said])
    whole = quick("rerun", folder, "--stage", "probe", "--json")
    assert whole.code == 0, whole.err
    assert set(rows(folder, "cascade:frugal")["status"]) == {"scored"}
    asked = pl.read_parquet(folder / "plan.parquet").filter(pl.col("purpose") == "verify")
    assert asked.height > 0


def test_a_strong_judge_is_shown_what_the_describer_saw(quick: InProcess) -> None:
    strong = {**CHEAP, "name": "large"}
    path = quick.config(
        "described", judges=[CHEAP], repeats=3, modes=["pair"], limit=12,
        settings=["vision-expert"], describer={**CHEAP, "name": "eye"},
        cascades=[{"name": "frugal", "cheap": "small", "strong": strong, "sure": 1.0}],
    )  # fmt: skip
    folder = quick.folder / "described"
    ended = quick("run", path, "--run-dir", folder)
    assert ended.code == 0, ended.err
    plan = pl.read_parquet(folder / "plan.parquet").filter(pl.col("probe") == "cascade")
    assert plan.height == wavering(folder) > 0
    assert plan["request_key"].null_count() == 0
    assert set(rows(folder, "cascade:frugal")["status"]) == {"chosen"}


def test_a_verdict_read_anew_that_must_be_handed_over_reopens_the_run(quick: InProcess) -> None:
    strong = {**CHEAP, "name": "large"}
    path = quick.config(
        "anew", judges=[CHEAP], repeats=3, modes=["pair"], limit=12,
        cascades=[{"name": "frugal", "cheap": "small", "strong": strong, "sure": 1.0}],
    )  # fmt: skip
    folder = quick.folder / "anew"
    assert quick("run", path, "--run-dir", folder).code == 0
    kept = rows(folder, "cascade:frugal").filter(pl.col("request_key").str.count_matches(" ") == 2)
    lost = kept["request_key"][0].split()[0]
    for file in (folder / "answers").glob("r2-*.parquet"):
        answers = pl.read_parquet(file)
        unread = pl.when(pl.col("request_key") == lost).then(pl.lit("Hm.")).otherwise("text")
        answers.with_columns(unread.alias("text")).write_parquet(file)
    ended = quick("reparse", folder)
    assert (ended.code, "1 verdicts wait for a strong judge" in ended.err) == (3, True), ended.err
    assert quick("resume", folder).code == 0
    assert set(rows(folder, "cascade:frugal")["status"]) == {"chosen"}
