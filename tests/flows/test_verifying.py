"""Round 3: a verifier is asked about judges' claims; quoted as a bound, cached, resumed."""

import json
import signal
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cache.keys import request_of_json
from tests.flows.conftest import InProcess, Terminal
from tests.standin.control import StandinControl

YES = json.dumps({"Observation": "It is.", "Answer": "[[yes]]"})


def entry(standin: StandinControl, name: str, **changes: Any) -> dict[str, Any]:
    place = {"client": "openai", "model": name, "base_url": standin.openai_url}
    return {"name": name, **place, "backoff_s": 0.01, "max_attempts": 2, **changes}


def config(terminal: Terminal, standin: StandinControl, name: str, **changes: Any) -> Path:
    base: dict[str, Any] = {
        "judges": [{"name": "sim", "client": "simulated", "simulation": {"fabrication": 0.3}}],
        "verifier": entry(standin, "eye"), "probes": {"rationale": {"limit": 8}},
        "modes": ["score"], "limit": 8, "cache": str(terminal.folder / f"cache-{name}"),
    }  # fmt: skip
    return terminal.config(name, **(base | changes))


def parts(found: Any, purpose: str) -> list[dict[str, Any]]:
    return [part for part in found["cost"]["by_part"] if part["purpose"] == purpose]


def shows_what_was_asked(quick: InProcess, path: Path, run: Path) -> None:
    """`probes show` prints round 3 of a run: controls before it, the rest from its answers."""
    plan = pl.read_parquet(run / "plan.parquet")
    texts = dict(
        pl.concat(pl.read_parquet(file) for file in sorted((run / "answers").glob("*.parquet")))
        .select("request_key", "text")
        .iter_rows()
    )
    sent = {
        key: request_of_json(text).text
        for file in (run / "requests").glob("r3-*.parquet")
        for key, text in pl.read_parquet(file).select("request_key", "request").iter_rows()
    }
    sample = plan.filter(pl.col("purpose") == "verify")["sample_id"][0]
    own = plan.filter((pl.col("sample_id") == sample) & (pl.col("probe") == "rationale"))
    asked = dict(own.filter(pl.col("round") == 3).select("variant", "request_key").iter_rows())
    words: list[object] = ["probes", "show", "rationale", sample, "--config", path, "--json"]
    before = [row for row in quick(*words).json if row["round"] == 3]
    assert [row["variant"] for row in before[-2:]] == ["true/...", "false/..."]
    assert all("[what the answer claims" in row["prompt"] for row in before[-2:])
    assert len(before) == 2 * 2 + 2
    for row in before[:-2]:
        assert row["prompt"] == sent[asked[row["variant"]]]
        assert row["changed"][-1].startswith("a control, asked whatever the answers are; right is")
    for key in own.filter(pl.col("variant") == "evidence")["request_key"]:
        (quick.folder / key).write_text(texts[key])
        words += ["--answer", quick.folder / key]
    after = {row["variant"]: row["prompt"] for row in quick(*words).json if row["round"] == 3}
    assert after == {variant: sent[key] for variant, key in asked.items()}


def test_round_three_is_bounded_before_exact_when_it_comes_and_paid_once(
    quick: InProcess, standin: StandinControl
) -> None:
    standin.script(texts=[YES])
    path = config(quick, standin, "verified")
    quoted = quick("plan", path, "--json").json
    lines = {line["purpose"]: line for line in quoted["lines"] if line["probe"] == "rationale"}
    assert (lines["judge"]["exact"], lines["verify"]["exact"]) == (True, False)
    bound = sum(line["requests"] for line in quoted["lines"] if line["purpose"] == "verify")
    assert bound == 2 * 8 * (2 * 8 + 2)  # polarities, samples, claims of two draws and controls

    ended = quick("run", path, "--run-dir", quick.folder / "one", "--json")
    assert ended.code == 0, ended.err
    facts = json.loads((quick.folder / "one" / "run.json").read_text())
    (paid,) = parts(facts, "verify")
    assert (paid["judge"], paid["mode"], paid["probe"]) == ("eye", "ask", "rationale")
    assert 0 < paid["to_send"] == paid["calls"] == standin.stats()["total"] < bound
    plan = pl.read_parquet(quick.folder / "one" / "plan.parquet")
    asked = plan.filter(pl.col("purpose") == "verify")
    assert set(asked["round"]) == {3}
    assert asked.select("sample_id", "variant").is_unique().all()
    shows_what_was_asked(quick, path, quick.folder / "one")
    claims = pl.read_parquet(quick.folder / "one" / "claims.parquet")
    assert claims.filter(pl.col("number") < 2).height == 2 * 8
    page = (quick.folder / "one" / "report.html").read_text()
    assert "hallucination_found" in page

    again = quick("run", path, "--run-dir", quick.folder / "two", "--json")
    assert again.code == 0, again.err
    assert standin.stats()["total"] == paid["calls"]


def test_a_judge_does_not_verify_itself_and_pictures_stay_at_home(
    quick: InProcess, standin: StandinControl
) -> None:
    judge = entry(standin, "gpt", model="gpt-4o")
    same = config(quick, standin, "same", judges=[judge], verifier={**judge, "name": "twin"})
    ended = quick("plan", same)
    assert (ended.code, "is judge 'gpt' itself" in ended.err) == (2, True)
    home = config(quick, standin, "home", images={"allow_send": False}, settings=["no-figure"])
    ended = quick("plan", home)
    assert ended.code == 2
    assert "images.allow_send is false, and probe 'rationale' shows pictures" in ended.err


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("s,j,7", "audits.csv:2: hallucinates must be 0 or 1, got '7'"),
        ("nowhere,j,1", "no sample of"),
    ],
)
def test_audits_that_cannot_be_meant_are_refused_before_anything_is_spent(
    offline: InProcess, rows: str, words: str
) -> None:
    (offline.folder / "audits.csv").write_text(f"sample,judge,hallucinates\n{rows}\n")
    probes = {"rationale": {"audits": "audits.csv"}}
    ended = offline("plan", offline.config(probes=probes, modes=["score"]))
    assert (ended.code, words in ended.err) == (2, True), ended.err


@pytest.mark.prove
def test_answers_that_a_resume_brings_are_verified_too(
    quick: InProcess, standin: StandinControl
) -> None:
    claim = {"claim": "It is odd.", "about": "image", "kind": "other", "quote": ""}
    said = json.dumps({"Claims": [claim], "Analysis": "x", "Judgement": "[[4]]"})
    standin.script(texts=[said], sequence=["ok"] * 22 + ["500"] * 100)
    judge = entry(standin, "gpt", concurrency=1, give_up_after_s=0.5)
    eye = {"name": "eye", "client": "simulated"}
    path = config(
        quick, standin, "resumed", judges=[judge], verifier=eye, shard_size=4, shard_retries=0
    )
    folder = quick.folder / "open"
    assert quick("run", path, "--run-dir", folder).code == 3
    before = pl.read_parquet(folder / "plan.parquet").filter(pl.col("round") == 3)
    standin.script(texts=[said])
    ended = quick("resume", folder, "--json")
    assert ended.code == 0, ended.err
    after = pl.read_parquet(folder / "plan.parquet").filter(pl.col("round") == 3)
    odd = (2, 2 * 8)  # both polarities of the one claim in every sample
    claims = pl.read_parquet(folder / "claims.parquet")
    assert set(claims["found"]) == {"undecided"}
    assert before.height < after.height
    answered = pl.read_parquet(folder / "verdicts.parquet").filter(pl.col("mode") == "ask")
    assert set(answered["status"]) == {"said"}
    assert answered.height == after.height
    assert after.filter(pl.col("variant").is_in(_about("It is odd."))).height == odd[1]


def _about(claim: str) -> list[str]:
    from tasks.claims.checking import ARMS, name

    return [name(arm, claim) for arm in ARMS]


@pytest.mark.prove
@pytest.mark.timeout(600)
def test_killed_in_and_between_the_rounds_pays_again_for_calls_in_flight_only(
    judgeflow: Terminal, quick: InProcess, standin: StandinControl
) -> None:
    standin.script(texts=[YES], latency=0.05)
    path = config(judgeflow, standin, "killed", limit=24, verifier=entry(standin, "eye",
                  concurrency=2), probes={"rationale": {}}, shard_size=25)  # fmt: skip
    folder = judgeflow.folder / "killed"
    words: tuple[object, ...] = ("run", path, "--run-dir", folder)
    for moment in (0, 1, 12, 30):  # calls of the verifier after which the run is killed
        process = judgeflow.start(*words)
        target = standin.stats()["total"] + moment
        while process.poll() is None and (standin.stats()["total"] < target or not moment):
            planned = (folder / "run.json").exists() and '"planned": 2' in (
                folder / "run.json"
            ).read_text()
            if not moment and planned:
                break
            time.sleep(0.01)
        process.kill()
        process.communicate(timeout=30)
        assert process.returncode == -signal.SIGKILL
        words = ("resume", folder)
    ended = judgeflow("resume", folder, "--json")
    assert ended.code == 0, ended.err
    bodies = [body["completed"] for body in standin.stats()["bodies"].values()]
    asked = pl.read_parquet(folder / "plan.parquet").filter(pl.col("purpose") == "verify")
    assert len(bodies) == asked["request_key"].n_unique()
    assert min(bodies) == 1
    assert sum(bodies) - len(bodies) <= 2 * 3
    standin.script(texts=[YES])
    calm = quick("run", path, "--run-dir", quick.folder / "calm", "--set",
                 f"cache={quick.folder / 'cache-calm'}")  # fmt: skip
    assert calm.code == 0, calm.err
    for table in ("estimates", "claims"):
        undisturbed = (quick.folder / "calm" / f"{table}.parquet").read_bytes()
        assert (folder / f"{table}.parquet").read_bytes() == undisturbed
