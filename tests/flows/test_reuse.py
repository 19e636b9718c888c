"""What is paid for is not asked again, and what has changed is."""

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from PIL import Image

from data.errors import DataError
from tests.flows.conftest import ROOT, InProcess, Server
from tests.standin.control import StandinControl


def judge(standin: StandinControl, **changes: Any) -> dict[str, Any]:
    place = {"client": "openai", "model": "m", "base_url": standin.openai_url}
    return {"name": "gpt", **place, "backoff_s": 0.01, "max_attempts": 2, **changes}


def test_only_what_can_change_an_answer_changes_what_is_asked(
    quick: InProcess, standin: StandinControl
) -> None:
    quick("data", "make", "--to", "items", "--items", "3", "--seed", "9")
    base: dict[str, Any] = {
        "dataset": {"path": str(quick.folder / "items")},
        "settings": ["analyze", "no-figure"],
    }
    ended = quick("run", quick.config(judges=[judge(standin)], **base), "--json")
    asked = ended.json["counts"]["planned"]
    assert asked == 2 * (12 + 18 + 3)

    def cached(path: Path) -> int:
        found: int = quick("plan", path, "--json").json["total"]["cached"]
        return found

    patience = {"max_attempts": 9, "backoff_s": 3.0, "timeout_s": 7.0, "concurrency": 3}
    renamed = judge(standin, **patience, name="other", requests_per_minute=5)
    assert cached(quick.config("patient", judges=[renamed], shard_size=7, **base)) == asked
    turned = quick.folder / "turned.yaml"
    config = yaml.safe_load((quick.folder / "config.yaml").read_text())
    turned.write_text(yaml.safe_dump(dict(reversed(config.items())), sort_keys=False))
    assert cached(turned) == asked

    warm = judge(standin, params={"temperature": 0.5})
    assert cached(quick.config("warm", judges=[warm], **base)) == 0
    assert cached(quick.config("dated", judges=[judge(standin)], epoch="2026-11-23", **base)) == 0
    again = quick.config("again", judges=[judge(standin)], repeats=2, **base)
    total = quick("plan", again, "--json").json["total"]
    assert (total["cached"], total["to_send"]) == (asked, asked)

    prompts = quick.folder / "prompts"
    shutil.copytree(ROOT / "tasks/prompts/paper", prompts)
    steps = prompts / "steps_analyze.txt"
    steps.write_text(steps.read_text().replace("e", "E", 1))
    changed = quick.config("prompt", judges=[judge(standin)], prompts=str(prompts), **base)
    assert cached(changed) == asked // 2  # the other setting has no part in that file

    shutil.copytree(quick.folder / "items", quick.folder / "touched")
    picture = sorted((quick.folder / "touched").rglob("*.png"))[0]
    with Image.open(picture) as opened:
        touched = opened.copy()
    pixel = touched.getpixel((5, 5))
    assert isinstance(pixel, tuple)
    touched.putpixel((5, 5), (pixel[0] ^ 1, *pixel[1:]))
    touched.save(picture)
    data = {**base, "dataset": {"path": str(quick.folder / "touched")}}
    blind_and_untouched = asked // 2 + asked // 2 * 2 // 3
    assert cached(quick.config("pixel", judges=[judge(standin)], **data)) == blind_and_untouched


def test_a_resume_skips_finished_shards_and_asks_what_is_open(
    quick: InProcess, standin: StandinControl, prefect_server: Server
) -> None:
    standin.script(sequence=["ok"] * 10 + ["500"] * 100)
    one_at_a_time = judge(standin, concurrency=1, give_up_after_s=0.5)
    path = quick.config(
        judges=[one_at_a_time], modes=["score"], limit=16, shard_size=4, shard_retries=0
    )
    first = quick("run", path, "--run-dir", "shards", "--set", "on_open_rows=fail")
    assert first.code == 3
    states = prefect_server.shard_states("shards")
    assert "Failed" in states
    standin.script()
    before = standin.stats()["completed"]
    again = quick("resume", "shards", "--json")
    assert again.code == 0, again.err
    assert again.json["counts"]["open"] == 0
    assert standin.stats()["completed"] == 16
    assert standin.stats()["most_completed_per_body"] == 1
    assert before == 10
    states_now = prefect_server.shard_states("shards")
    assert states_now.count("Cached") == states.count("Completed")
    assert set(states_now) <= {"Cached", "Completed"}


def test_a_run_folder_can_be_replayed_and_a_miss_names_the_request(
    quick: InProcess, standin: StandinControl
) -> None:
    config: dict[str, Any] = {"modes": ["score"], "limit": 8}
    first = quick("run", quick.config(judges=[judge(standin)], **config), "--run-dir", "one")
    assert first.code == 0, first.err
    standin.reset()
    place = {"client": "recorded", "path": str(quick.folder / "one")}
    recorded = {"name": "gpt", **place, "of": judge(standin)}
    fresh: dict[str, Any] = {"cache": str(quick.folder / "fresh")}
    replay = quick.config("replay", judges=[recorded], **config, **fresh)
    ended = quick("run", replay, "--run-dir", "two", "--json")
    assert ended.code == 0, ended.err
    assert standin.stats()["total"] == 0
    one, two = (quick.folder / name / "estimates.parquet" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    wider = quick.config("wider", judges=[recorded], **(config | {"limit": 20}), **fresh)
    missed = quick("run", wider, "--run-dir", "three")
    assert missed.code == DataError.exit_code
    assert "judge 'gpt': 'one' holds no answer for request " in missed.err


def test_reparsing_changes_nothing_without_a_new_parser_and_asks_nothing(
    quick: InProcess, standin: StandinControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = quick.config(judges=[judge(standin)], modes=["score"], limit=10)
    assert quick("run", path, "--run-dir", "run").code == 0
    before = (quick.folder / "run" / "estimates.parquet").read_bytes()
    asked = standin.stats()["total"]
    assert quick("reparse", "run", "--json").json["changed"] == 0
    assert (quick.folder / "run" / "estimates.parquet").read_bytes() == before

    stored = quick.folder / "run" / "verdicts.parquet"
    pl.read_parquet(stored).drop("confidence").write_parquet(stored)  # of an older version
    refused = quick("report", "run")
    assert (refused.code, "judgeflow reparse RUN" in refused.err) == (2, True)
    assert quick("reparse", "run", "--json").json["changed"] == 0
    assert quick("report", "run").code == 0

    from data.records import Unparsed
    from tasks import verdicts
    from tasks.parsing import Parsed

    nothing = Parsed(Unparsed(reason="no-judgement"), None)
    monkeypatch.setattr(verdicts, "parse", lambda *_: nothing)
    changed = quick("reparse", "run", "--json").json
    assert changed["changed"] == 10
    assert {row["status_new"] for row in changed["verdicts"]} == {"unparsed"}
    assert standin.stats()["total"] == asked


def unanswered(quick: InProcess) -> dict[str, str]:
    """A dataset of two made items, each in every mode, that nobody has answered."""
    quick("data", "make", "--to", "items", "--items", "2")
    path = quick.folder / "items" / "samples.jsonl"
    frame = pl.read_ndjson(path).unique(["images", "mode"], keep="first", maintain_order=True)
    frame.with_columns(responses=pl.lit([]), labels=pl.lit([])).write_ndjson(path)
    return {"path": str(path.parent)}


def test_candidates_answer_and_experts_describe_before_they_are_judged(
    quick: InProcess, standin: StandinControl
) -> None:
    items = unanswered(quick)
    models = [judge(standin, name=name, model=name) for name in ("alpha", "beta", "gamma")]
    config = quick.config(
        dataset=items,
        judges=[judge(standin)],
        responders=models,
        settings=["analyze", "vision-expert"],
    )
    quoted = quick("plan", config, "--json").json["total"]
    ended = quick("run", config, "--run-dir", "run", "--json")
    assert ended.code == 0, ended.err
    gathering = 2 * 3 + 2  # three candidates and one expert for two items
    judging = 2 * 2 * (3 + 3 + 1)  # two settings and items; scores, pairs and a ranking
    assert ended.json["counts"]["planned"] == gathering + judging == quoted["requests"]
    samples = pl.read_parquet(quick.folder / "run" / "samples.parquet")
    assert sorted(samples["mode"]) == ["batch"] * 2 + ["pair"] * 6 + ["score"] * 6
    assert {r["author"] for row in samples["responses"] for r in row} == {"alpha", "beta", "gamma"}
    assert (quick.folder / "run" / "validations" / "responses.html").exists()
    assert ended.json["estimates"] == []
    page = (quick.folder / "run" / "report.html").read_text()
    assert "no agreement can be given" in page
    shown = quick("view", "run", "--sample", samples["sample_id"][0], "--json").json["asked"]
    expert = next(one for one in shown if one["setting"] == "vision-expert")
    assert "Stand-in prose" in expert["prompt"]
    assert expert["images"] == []
    assert len(next(one for one in shown if one["setting"] == "analyze")["images"]) == 1
