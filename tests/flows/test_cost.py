"""Every probe at once, through the real SDK: what was quoted is what is sent and billed."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from data.make import make_dataset
from tasks.probes import PROBES
from tests.flows.conftest import ROOT, InProcess
from tests.standin.control import StandinControl

PRICE = {"input": 0.4, "output": 1.6, "image_tokens": 765}  # what the stand-in bills per image
FIRST, LATER = ("judge", "ask"), ("verify",)  # by purpose: the first round with requests, and after


def config(
    terminal: InProcess, standin: StandinControl, items: int, probes: dict[str, Any], limit: int
) -> Path:
    folder = terminal.folder / "made"
    make_dataset(folder, items=items, difficulty="medium", seed=3, name="made")
    place = {"client": "openai", "base_url": standin.openai_url, "price": PRICE}
    judge = {"name": "gpt", "model": "gpt", "expected_output_tokens": 22, **place}
    eye = {"name": "eye", "model": "eye", "expected_output_tokens": 15, **place}
    return terminal.config(
        "full", dataset={"path": str(folder)}, judges=[judge], verifier=eye, probes=probes,
        limit_probes=limit,
    )  # fmt: skip


def sums(lines: list[dict[str, Any]], purposes: tuple[str, ...]) -> tuple[int, float]:
    """Requests to send and dollars expected."""
    own = [line for line in lines if line["purpose"] in purposes]
    send = sum(line["requests"] - line["shared"] - line["cached"] for line in own)
    return send, sum(line["expected_usd"] for line in own)


def checked(path: Path, quick: InProcess, standin: StandinControl) -> None:
    run = quick.folder / "run"
    lines = quick("plan", path, "--json").json["lines"]
    ended = quick("run", path, "--run-dir", run, "--json")
    assert ended.code == 0, ended.err
    facts = json.loads((run / "run.json").read_text())
    paid = Counter[str]()
    billed = Counter[str]()
    for part in facts["cost"]["by_part"]:
        paid[part["purpose"]] += part["calls"]
        billed[part["purpose"]] += part["usd"]
    sent = sum(paid[purpose] for purpose in FIRST)
    verified = paid["verify"]
    assert sent + verified == standin.stats()["total"] == standin.stats()["completed"]

    quoted, usd = sums(lines, FIRST)
    assert quoted == facts["quote"]["2"]["to_send"] == sent
    assert usd == pytest.approx(sum(billed[purpose] for purpose in FIRST), rel=0.1)
    assert all(line["exact"] for line in lines if line["purpose"] in FIRST)

    bound, most_usd = sums(lines, LATER)
    assert bound >= facts["quote"]["3"]["to_send"] == verified > 0
    assert most_usd >= billed["verify"]
    assert facts["quote"]["3"]["expected_usd"] == pytest.approx(billed["verify"], rel=0.1)

    verdicts = pl.read_parquet(run / "verdicts.parquet")
    assert set(verdicts["status"]) == {"scored", "chosen", "ranked", "said"}  # all is readable
    asked = set(verdicts["probe"].drop_nulls())
    assert asked >= set(PROBES) - {"self-preference", "self-verdict", "image-order"}


def test_all_probes_of_a_small_set_cost_what_was_quoted(
    quick: InProcess, standin: StandinControl
) -> None:
    probes: dict[str, Any] = {name: {} for name in PROBES} | {"thresholds": {"limit": 1}}
    checked(config(quick, standin, 6, probes, 1), quick, standin)


@pytest.mark.prove
@pytest.mark.timeout(3600)
def test_the_weekly_run_of_300_items_costs_what_was_quoted(
    quick: InProcess, standin: StandinControl
) -> None:
    weekly = yaml.safe_load((ROOT / "deployments/configs/full.yaml").read_text())
    assert set(weekly["probes"]) == set(PROBES)
    path = config(quick, standin, 300, weekly["probes"], weekly["limit_probes"])
    checked(path, quick, standin)
