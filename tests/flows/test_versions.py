"""A judge whose endpoint answers in two model versions: refused, or reported as two judges."""

import json

import polars as pl

from tests.flows.conftest import InProcess
from tests.flows.test_reuse import judge
from tests.standin.control import StandinControl

OLD, NEW = "m-2026-01", "org/m:2026-02"
EACH = [f"version:gpt@{model}" for model in (OLD, NEW)]


def test_two_versions_stop_a_run_and_split_ones_are_two_judges(
    quick: InProcess, standin: StandinControl
) -> None:
    standin.script(versions=[OLD, NEW])
    path, folder = quick.config("two", judges=[judge(standin)], limit=40), quick.folder / "run"
    ended = quick("run", path, "--run-dir", quick.folder / "mixed")
    assert ended.code == 5
    assert "--split-versions" in ended.err
    asked = standin.stats()["total"]

    ended = quick("run", path, "--run-dir", folder, "--split-versions", "--json")
    assert ended.code == 0, ended.err
    assert standin.stats()["total"] == asked  # nothing is paid twice
    assert any(f"read {EACH[0]} and {EACH[1]}" in line for line in ended.json["warnings"])
    rows = pl.read_parquet(folder / "verdicts.parquet").filter(pl.col("probe").is_null())
    own, *split = (rows.filter(pl.col("judge") == name) for name in ("gpt", *EACH))
    assert all(row.height for row in split)
    both = pl.concat(split).sort("sample_id")["verdict"].to_list()
    assert both == own.sort("sample_id")["verdict"].to_list()

    facts = json.loads((folder / "run.json").read_text())
    assert [one["name"] for one in facts["judges"]] == ["gpt", *EACH]
    assert facts["model_versions"] == {"gpt": [OLD, NEW], EACH[0]: [OLD], EACH[1]: [NEW]}
    card = json.loads((folder / "cards" / "version=gpt@org%2Fm=2026-02.json").read_text())
    assert (card["judge"], card["model"]) == (EACH[1], NEW)
    assert EACH[0] in (folder / "report.html").read_text()
    sample = split[0]["sample_id"][0]
    seen = quick("view", folder, "--sample", sample, "--judge", EACH[0], "--json").json
    assert [one["judge"] for one in seen["combined"]] == [EACH[0]]
    assert quick("reparse", folder).code == 0
    assert [one["name"] for one in json.loads((folder / "run.json").read_text())["judges"]] == [
        "gpt", *EACH,
    ]  # fmt: skip


def test_a_new_epoch_asks_afresh(quick: InProcess, standin: StandinControl) -> None:
    path = quick.config("again", judges=[judge(standin)], limit=6)
    quick("run", path)
    ended = quick("run", path, "--epoch", "2026-12-01", "--json")
    assert ended.code == 0, ended.err
    assert standin.stats()["total"] == 12
