"""Commands that run no flow: quotes, other people's verdicts, the cache's upkeep, fresh items."""

import json
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from tests.flows.conftest import JUDGEFLOW, ROOT, InProcess
from tests.standin.control import StandinControl

COMMANDS = [
    "demo",
    "plan",
    "run",
    "resume",
    "measure",
    "annotations",
    "reparse",
    "report",
    "view",
    "cache",
    "data",
    "probes",
]


def test_help_names_every_command_and_exit_code_without_importing_anything_heavy() -> None:
    started = time.perf_counter()
    ended = subprocess.run([JUDGEFLOW, "--help"], capture_output=True, text=True, check=True)
    took_s = time.perf_counter() - started
    for command in COMMANDS:
        assert f"  {command}" in ended.stdout
    for code in ("1 regression", "3 incomplete", "4 budget", "5 checkpoint", "130 interrupted"):
        assert code in " ".join(ended.stdout.split())
    assert took_s < 5  # it takes 0.05 s; importing Prefect alone takes longer than this test may
    heavy = "import sys, flows.cli; print({'prefect', 'polars', 'openai'} & set(sys.modules))"
    python = JUDGEFLOW.parent / "python"
    said = subprocess.run([python, "-c", heavy], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["plan", "nosuch.yaml"], "configuration 'nosuch.yaml' does not exist"),
        (["run", "nosuch.yaml"], "configuration 'nosuch.yaml' does not exist"),
        (["resume", "nosuch"], "there is no run at"),
        (["report", "nosuch"], "there is no run at"),
        (["reparse", "nosuch"], "there is no run at"),
        (["view", "nosuch"], "there is no run at"),
        (["reap", "nosuch"], "there is no folder of runs at 'nosuch'"),
        (["history", "show"], "there is no folder 'runs'"),
        (["history", "show", "--runs", ".", "--judge", "x"], "has no judge 'x'; known: []"),
        (["measure", "nosuch.csv"], "verdict table 'nosuch.csv' does not exist"),
        (["cache", "stats"], "there is no call cache at '.cache/judgeflow'"),
        (["cache", "--cache", "x", "export", "y"], "there is no call cache at 'x'"),
        (["run", "c.yaml", "--override", "verdicts"], "--override CHECKPOINT and --why TEXT"),
        (["run", "c.yaml", "--max-usd", "-1"], "Invalid value for '--max-usd'"),
        (["data", "make", "--to", "d", "--kinds", "novel"], "novel"),
        (["power", "--difference", "0.1"], "give either --run RUN or --sd"),
        (["power", "--difference", "0", "--sd", "1"], "Invalid value for '--difference'"),
        (["nonsense"], "No such command 'nonsense'"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    offline: InProcess, words: list[str], said: str
) -> None:
    ended = offline(*words)
    assert ended.code == 2
    assert said in ended.err
    assert len(ended.err.strip().splitlines()) == 1
    assert ended.out == ""


def test_a_defect_is_one_line_too_and_can_be_traced(
    offline: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows import planning

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("two\nlines")

    monkeypatch.setattr(planning, "print_quote", broken)
    ended = offline("plan", "c.yaml")
    assert ended.code == 70
    assert ended.err == (
        "judgeflow: a defect in judgeflow: ZeroDivisionError: two lines; "
        "JUDGEFLOW_TRACEBACK=1 shows where\n"
    )


def test_the_quote_counts_everything_and_makes_no_call(
    offline: InProcess, standin: StandinControl
) -> None:
    judge = {"name": "gpt", "client": "openai", "model": "gpt-4o", "base_url": standin.openai_url}
    path = offline.config(
        judges=[{**judge, "price_as": "openai/gpt-4o"}],
        settings=["analyze", "no-figure"],
        probes={"order": {"limit": 10}},
    )
    quoted = offline("plan", path, "--json").json
    lines = {
        (line["mode"], line["setting"], line["probe"]): line["requests"] for line in quoted["lines"]
    }
    assert lines["score", "analyze", None] == lines["score", "no-figure", None] == 96
    assert lines["pair", "analyze", None] == 144
    assert lines["batch", "analyze", None] == 24
    assert {probe for _, _, probe in lines} == {None, "order"}
    total = quoted["total"]
    every = sum(line["requests"] - line["shared"] for line in quoted["lines"])
    assert total["requests"] == total["to_send"] == every > 2 * (96 + 144 + 24)
    assert total["cached"] == 0
    assert 0 < total["expected_usd"] < total["max_usd"]
    assert quoted["prices_as_of"]
    assert standin.stats()["total"] == 0
    assert not (offline.folder / "runs").exists()
    fewer = offline("plan", path, "--no-probes", "--limit", "30", "--json").json
    assert fewer["total"]["requests"] == 60
    text = offline("plan", path)
    assert "USD expected" in text.out
    assert "prices as of" in text.out


def test_the_quote_has_sums_by_mode_and_probe_and_lines_where_they_are_wanted(
    offline: InProcess,
) -> None:
    path = offline.config(probes={"length": {"limit": 3}, "rationale": {"limit": 2}})
    text = offline("plan", path).out
    lines = offline("plan", path, "--json").json["lines"]
    asked = sum(line["requests"] for line in lines if line["probe"] == "length")
    row = next(line.split() for line in text.splitlines() if line.startswith("length"))
    assert row[:3] == ["length", "9", str(asked)]  # three samples in each of three modes
    assert "(base)" in text
    assert "own/summary" not in text
    assert "caution: probe 'rationale': no `verifier` is configured" in text
    every = offline("plan", path, "--variants").out
    assert sum(len(line.split()) > 10 for line in every.splitlines()[2:]) >= len(lines)
    assert "own/summary" in every


def test_an_unknown_price_is_said_and_not_guessed(offline: InProcess) -> None:
    judge = {"name": "m", "client": "openai", "model": "my-own", "base_url": "http://gpu/v1"}
    quoted = offline("plan", offline.config(judges=[judge]), "--json").json
    assert quoted["total"]["unpriced"] == ["m"]
    assert {line["max_usd"] for line in quoted["lines"]} == {None}
    assert "price unknown for m" in offline("plan", offline.config(judges=[judge])).out


def test_a_quote_before_responses_exist_is_an_upper_bound(offline: InProcess) -> None:
    rows = [
        json.loads(line) | {"responses": [], "labels": []}
        for line in (ROOT / "data/demo/samples.jsonl").read_text().splitlines()[:3]
    ]
    folder = offline.folder / "d"
    folder.mkdir()
    (folder / "samples.jsonl").write_text("\n".join(json.dumps(r | {"images": []}) for r in rows))
    model = {"name": "m", "client": "openai", "model": "gpt-4o", "price_as": "openai/gpt-4o"}
    path = offline.config(
        dataset={"path": str(folder)},
        judges=[{"name": "sim", "client": "simulated"}],
        responders=[{**model, "base_url": "http://gpu/v1"}],
    )
    total = offline("plan", path, "--json").json["total"]
    assert total["exact"] is False
    assert total["expected_usd"] > 0


def test_measures_of_somebody_elses_verdicts(offline: InProcess) -> None:
    rows = ["sample,label,verdict,judge"]
    rows += [f"{i},{1 + i % 5},{1 + (i + (i % 3 == 0)) % 5},mine" for i in range(60)]
    rows += [f"{i},{1 + i % 5},-1,yours" for i in range(60)]
    (offline.folder / "v.csv").write_text("\n".join(rows))
    ended = offline("measure", "v.csv", "--missing", "-1", "--json")
    assert ended.code == 0, ended.err
    assert (ended.json["samples"], ended.json["judged"]) == (60, 60)
    found = {
        (row["judge"], row["metric"]): row
        for row in ended.json["estimates"]
        if row["group"] == "pooled"
    }
    assert found["mine", "exact"]["value"] == pytest.approx(40 / 60)
    assert found["mine", "exact"]["clustered"] is False
    assert (found["yours", "exact"]["value"], found["yours", "exact"]["n_missing"]) == (None, 60)
    assert "60 labelled samples" in offline("measure", "v.csv", "--missing", "-1").out


def test_the_number_of_images_a_difference_needs(offline: InProcess) -> None:
    asked = ("power", "--sd", "1", "--difference", "0.5", "--correlation", "0.5", "--json")
    (guess,) = offline(*asked).json["judges"]
    assert guess["images_needed"] == 32  # (1.960 + 0.842)^2 / 0.25 = 31.4
    assert "32" in offline(*asked[:-1]).out


def test_fresh_items_can_be_made_and_loaded(offline: InProcess) -> None:
    made = offline("data", "make", "--to", "fresh", "--items", "3", "--seed", "5", "--json")
    assert made.json == {"folder": "fresh", "items": 3, "score": 12, "pair": 18, "batch": 3}
    path = offline.config(dataset={"path": str(offline.folder / "fresh")})
    assert offline("plan", path, "--json").json["total"]["requests"] == 33


def test_a_configuration_is_read_from_where_it_lies(offline: InProcess) -> None:
    offline("data", "make", "--to", "here/items", "--items", "1")
    config = yaml.safe_load(offline.config().read_text()) | {"dataset": {"path": "items"}}
    path = offline.folder / "here" / "c.yaml"
    path.write_text(yaml.safe_dump(config))
    assert offline("plan", path, "--json").json["total"]["requests"] == 4 + 6 + 1


def test_the_cache_is_looked_after(quick: InProcess, standin: StandinControl) -> None:
    judge = {"name": "gpt", "client": "openai", "model": "m", "base_url": standin.openai_url}
    ended = quick("run", quick.config(judges=[judge], modes=["score"], limit=6), "--json")
    assert ended.code == 0, ended.err
    told = quick("power", "--run", _only(quick.folder / "runs"), "--difference", "0.1", "--json")
    (row,) = told.json["judges"]
    assert (row["judge"], row["measure"], row["images"]) == ("gpt", "pearson", 6)
    needed = row["images"] * (row["smallest_difference"] / 0.1) ** 2
    assert row["images_needed"] == -(-needed // 1)
    cache = ("cache", "--cache", "cache")
    held = quick(*cache, "stats", "--json").json
    assert held["by_model"] == {"openai/m": 6}
    assert (held["spent_usd"], held["unpriced"]) == (0.0, 6)  # nobody lists this host's prices
    assert quick(*cache, "verify", "--json").json == {"sound": 6, "damaged": []}
    assert quick(*cache, "export", "all.jsonl", "--json").json == {"exported": 6}
    moved = ("cache", "--cache", "moved")
    assert quick(*moved, "import", "all.jsonl", "--json").json == {"new": 6, "known": 0}
    assert quick(*moved, "import", "all.jsonl", "--json").json == {"new": 0, "known": 6}
    assert quick(*moved, "prune", "--model", "m", "--json").json == {"matching": 6, "deleted": 0}
    assert quick(*moved, "prune", "--model", "m", "--yes", "--json").json["deleted"] == 6
    assert quick(*moved, "stats", "--json").json["entries"] == 0
    text = quick(*cache, "stats").out
    assert "entries" in text
    assert Path(quick.folder / "all.jsonl").read_text().count("\n") == 6
    asked = standin.stats()["total"]
    replayed = {"name": "gpt", "client": "recorded", "path": "all.jsonl", "of": judge}
    path = quick.config(judges=[replayed], modes=["score"], limit=6, cache="elsewhere")
    again = quick("run", path, "--json")
    assert again.code == 0, again.err
    assert again.json["counts"]["verdicts"] == ended.json["counts"]["verdicts"] == {"scored": 6}
    assert standin.stats()["total"] == asked


def _only(folder: Path) -> Path:
    (found,) = (path for path in folder.iterdir() if path.is_dir())
    return found


def test_results_of_another_harness_are_measured(offline: InProcess) -> None:
    log = {
        "eval": {"model": "gpt-x"},
        "samples": [
            {"id": i, "epoch": 1, "target": str(1 + i % 5), "metadata": {"responder": f"r{i % 2}"},
             "output": {"completion": "Sorry." if i < 5 else f"Judgement: [[{1 + i % 5}]]"}}
            for i in range(50)
        ],
    }  # fmt: skip
    (offline.folder / "log.json").write_text(json.dumps(log))
    ended = offline("measure", "log.json", "--from", "inspect", "--json")
    assert ended.code == 0, ended.err
    found = {
        (row["judge"], row["metric"]): row
        for row in ended.json["estimates"]
        if row["group"] == "pooled"
    }
    assert found["gpt-x", "exact"]["value"] == 1
    assert found["gpt-x", "exact"]["n_missing"] == 5
    assert "pearson_beyond_responder" in {metric for _, metric in found}
    text = offline("measure", "log.json", "--from", "inspect").out
    assert "gpt-x: pearson of 50 labelled scored responses; pooled over samples" in text
    assert offline("measure", "log.json", "--from", "promptfoo").code == 2


def test_log_probabilities_and_a_labelled_part(offline: InProcess) -> None:
    rows = ["sample,verdict,a,b,c"] + [f"{i},{1 + i % 3},-0.1,-2.5,-4" for i in range(60)]
    (offline.folder / "v.csv").write_text("\n".join(rows))
    labels = ["sample,label"] + [f"{i},{1 + (i + (i % 7 == 0)) % 3}" for i in range(30)]
    (offline.folder / "l.csv").write_text("\n".join(labels))
    probabilities = ["--logprob", "a", "--logprob", "b", "--logprob", "c"]
    asked = ["measure", "v.csv", "--labels", "l.csv", "--scale", "1", "3", *probabilities]
    ended = offline(*asked, "--json")
    assert ended.code == 0, ended.err
    metrics = {row["metric"] for row in ended.json["estimates"]}
    assert {"expected_calibration_error", "corrected_mean", "label_mean"} <= metrics
    assert ended.json["samples"] == 30
    assert "PPI++" in offline(*asked).out
    few = offline("measure", "v.csv", "--labels", "l.csv", "--logprob", "a")
    assert few.code == 2
    assert "1 --logprob columns for 5 levels" in few.err


def test_marks_of_judge_outputs_become_rates(offline: InProcess) -> None:
    rows = ["sample,judge,accepts,hallucinates,cluster"]
    rows += [f"{i // 3},j,{int(i % 3 < 2)},{int(i % 5 == 0)},c{i // 6}" for i in range(60)]
    (offline.folder / "marks.csv").write_text("\n".join(rows))
    ended = offline("annotations", "marks.csv", "--json")
    assert ended.code == 0, ended.err
    pooled = [row for row in ended.json["estimates"] if row["group"] == "pooled"]
    found = {row["metric"]: row["value"] for row in pooled}
    assert found["human_agreement"] == 1.0
    assert found["hallucination_rate"] == pytest.approx(0.0)
    (offline.folder / "marks.csv").write_text("sample,judge,accepts\n1,j,maybe\n")
    bad = offline("annotations", "marks.csv")
    assert (bad.code, "marks.csv:2: accepts must be 0 or 1" in bad.err) == (2, True)
