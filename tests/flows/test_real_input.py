"""Real input: published judges on the official scoring set, real pictures through the real SDKs."""

import hashlib
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from tests.flows.conftest import ROOT, InProcess
from tests.standin.control import StandinControl

PUBLISHED = {  # data: the README beside the tables; macro is published for the first one only
    "llava-critic-7b": (0.4020, 0.3558, 0.3003, 0.3216, 0.7505, 1.0310, 5716),
    "gemini-2.5-flash": (0.4586, 0.4458, 0.3766, 0.3213, 0.7025, 1.1224, 5409),
    "phi-4-reasoning": (0.3030, 0.2929, 0.2506, 0.3419, 0.7610, 1.0050, 5653),
}
MEASURES = ("pearson", "spearman", "kendall_tau_b", "exact", "within_one", "mae")


@pytest.mark.data
def test_recorded_judges_from_load_to_report_give_the_published_figures(
    quick: InProcess, shared_data: Path
) -> None:
    config = ROOT / "deployments/configs/recorded.yaml"
    loaded = yaml.safe_load(config.read_text())
    text = yaml.safe_dump(loaded | {"runs": "runs", "cache": "cache"})
    path = quick.folder / "recorded.yaml"
    path.write_text(text.replace("vlm_judge_uncertainty/", f"{shared_data}/vlm_judge_uncertainty/"))
    ended = quick("run", path, "--run-dir", "run", "--set", "bootstrap.replicates=100", "--json")
    assert ended.code == 0, ended.err
    rows = {(r["judge"], r["group"], r["metric"]): r for r in ended.json["estimates"]}
    for judge, (*figures, n) in PUBLISHED.items():
        for measure, figure in zip(MEASURES, figures, strict=True):
            row = rows[judge, "pooled", measure]
            assert row["value"] == pytest.approx(figure, abs=5e-5), (judge, measure)
            assert (row["n"], row["n_missing"]) == (n, 5717 - n)
            assert row["clustered"] is False
    groups = {r["group"] for r in ended.json["estimates"]}
    sources = {group for group in groups if group.startswith("source:")} - {"source:(none)"}
    assert len(sources) == 14
    nowhere = {judge: rows[judge, "source:(none)", "exact"]["n"] for judge in PUBLISHED}
    assert nowhere == {"llava-critic-7b": 0, "gemini-2.5-flash": 1, "phi-4-reasoning": 1}  # 1583
    assert rows["llava-critic-7b", "macro", "pearson"]["value"] == pytest.approx(0.317, abs=5e-4)
    assert any("cluster_id is given" in line for line in ended.json["warnings"])
    page = (quick.folder / "run" / "report.html").read_text()
    assert "unclustered" in page
    assert "human labels" in page
    assert "simulated" not in page
    checks = [json.loads(p.read_text()) for p in quick.folder.glob("run/validations/*.json")]
    assert {check["boundary"] for check in checks} == {"samples", "images", "verdicts", "estimates"}
    assert all(check["passed"] for check in checks)


@pytest.mark.data
def test_real_pictures_reach_both_providers_as_recorded(
    quick: InProcess, standin: StandinControl, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = sorted(
        p for p in (shared_data / "images_cc0").iterdir() if p.suffix in {".png", ".jpg"}
    )
    assert len(pictures) == 11
    _dataset(quick.folder / "data", pictures)
    monkeypatch.setenv("STANDIN_KEY", "sk-secret-0123456789")
    common = {"model": "m", "api_key_env": "STANDIN_KEY", "concurrency": 4}
    openai = {"name": "gpt", "client": "openai", "base_url": standin.openai_url, **common}
    claude = {"name": "claude", "client": "anthropic", "base_url": standin.anthropic_url, **common}
    path = quick.config(dataset={"path": str(quick.folder / "data")}, judges=[openai, claude])
    ended = quick("run", path, "--run-dir", "run", "--json")
    assert ended.code == 0, ended.err
    assert ended.json["counts"]["sent"] == ended.json["counts"]["planned"] == 2 * 22
    stats = standin.stats()
    assert stats["most_completed_per_body"] == 1
    assert set(ended.json["coverage"].values()) == {1.0}
    prepared = pl.read_parquet(quick.folder / "run" / "images.parquet")
    assert set(stats["images"]) == set(prepared["sha256"])
    kept = prepared["sha256"] == prepared["source_sha256"]
    assert kept.to_list() == prepared["passed_through"].to_list()
    assert prepared["passed_through"].any()
    ceiling = {r["judge"] for r in ended.json["estimates"] if r["probe"] == "ceiling"}
    assert {"humans:leave-one-out", "gpt", "claude"} <= ceiling
    assert "Human ceiling" in (quick.folder / "run" / "report.html").read_text()
    _secret_is_nowhere(quick.folder, "sk-secret-0123456789")
    one = f"data/score/{pictures[0].stem}"
    (seen, other) = quick("view", "run", "--sample", one, "--json").json["asked"]
    assert {seen["judge"], other["judge"]} == {"gpt", "claude"}
    for told in (seen, other):
        (image,) = told["images"]
        assert hashlib.sha256(Path(image).read_bytes()).hexdigest() in stats["images"]
        assert "What is in picture" in told["prompt"]


def _dataset(folder: Path, pictures: list[Path]) -> None:
    """A scoring and a pair sample for every picture, with two people's labels each."""
    (folder / "images").mkdir(parents=True)
    rows: list[dict[str, Any]] = []
    for index, picture in enumerate(pictures):
        (folder / "images" / picture.name).write_bytes(picture.read_bytes())
        common = {"images": [f"images/{picture.name}"], "id": picture.stem, "source": "cc0"}
        common["instruction"] = f"What is in picture {index}?"
        texts = [{"author": a, "text": f"{a} sees {picture.stem}."} for a in ("x", "y")]
        scores = [str(1 + index % 5), str(1 + (index + index % 2) % 5)]
        rows.append({**common, "mode": "score", "responses": texts[:1], "labels": _by(scores)})
        choices = ["AB"[index % 2], "ABC"[index % 3]]
        rows.append({**common, "mode": "pair", "responses": texts, "labels": _by(choices)})
    (folder / "samples.jsonl").write_text("\n".join(map(json.dumps, rows)))


def _by(verdicts: list[str]) -> list[dict[str, str]]:
    return [{"annotator": f"person {i}", "verdict": v} for i, v in enumerate(verdicts)]


def _secret_is_nowhere(folder: Path, secret: str) -> None:
    found = [p for p in folder.rglob("*") if p.is_file() and secret.encode() in p.read_bytes()]
    assert found == []
