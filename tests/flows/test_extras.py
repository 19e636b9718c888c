"""Structured verdicts and log-probabilities through the whole graph, offered and not offered."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.flows.conftest import InProcess, Server
from tests.standin.control import StandinControl

ITEMS = 12


def config(quick: InProcess, standin: StandinControl, client: str, **extras: bool) -> Path:
    url = standin.openai_url if client == "openai" else standin.anthropic_url
    judge: dict[str, Any] = {"name": "j", "client": client, "model": "m", "base_url": url}
    return quick.config("extras", judges=[{**judge, "backoff_s": 0.01, **extras}], limit=ITEMS)


def test_verdicts_are_structured_and_come_with_a_confidence(
    quick: InProcess, standin: StandinControl, prefect_server: Server
) -> None:
    folder = quick.folder / "run"
    ended = quick("run", config(quick, standin, "openai", structured=True, logprobs=True),
                  "--run-dir", folder)  # fmt: skip
    assert ended.code == 0, ended.err
    verdicts = pl.read_parquet(folder / "verdicts.parquet").filter(pl.col("judge") == "j")
    assert verdicts["status"].is_in(["scored", "chosen", "ranked"]).all()
    sure = verdicts.filter(pl.col("mode") != "batch")["confidence"]
    assert sure.null_count() == 0
    assert sure.min() == pytest.approx(0.7 / 0.96, abs=1e-3)
    estimates = pl.read_parquet(folder / "estimates.parquet")
    assert "brier" in set(estimates.filter(pl.col("probe") == "confidence")["metric"])


@pytest.mark.parametrize(
    ("client", "extras", "parameters"),
    [
        ("openai", {"structured": True, "logprobs": True}, ["response_format", "logprobs"]),
        pytest.param("anthropic", {"structured": True}, ["output_config"], marks=pytest.mark.prove),
    ],
)
def test_what_is_not_offered_is_done_without_and_told(
    quick: InProcess,
    standin: StandinControl,
    prefect_server: Server,
    client: str,
    extras: dict[str, bool],
    parameters: list[str],
) -> None:
    standin.script(refuses=parameters)
    folder = quick.folder / "run"
    path = config(quick, standin, client, **extras)
    ended = quick("run", path, "--run-dir", folder, "--json")
    assert ended.code == 0, ended.err
    assert ended.json["without"] == {"j": dict.fromkeys(sorted(extras), ITEMS)}
    for extra in extras:
        assert any(f"came without `{extra}`" in line for line in ended.json["warnings"])
    assert ended.json["counts"]["sent"] == standin.stats()["total"] > ITEMS
    assert ended.json["counts"]["paid"] == ITEMS
    again = quick("run", path, "--run-dir", quick.folder / "again", "--json")
    assert again.json["counts"]["cached"] == ITEMS  # the same question, answered before
    assert again.json["without"] == ended.json["without"]


def test_a_schema_of_ones_own_beside_ours_is_refused(
    quick: InProcess, standin: StandinControl
) -> None:
    path = config(quick, standin, "openai", structured=True)
    ended = quick("plan", path, "--set", "judges.j.params.response_format=json")
    assert ended.code == 2
    assert "leave its own out of params" in ended.err


@pytest.mark.parametrize("client", ["openai", pytest.param("anthropic", marks=pytest.mark.prove)])
def test_an_answer_cut_off_by_its_own_thinking_is_a_state_of_its_own_and_billed(
    quick: InProcess, standin: StandinControl, prefect_server: Server, client: str
) -> None:
    standin.script(sequence=["thinking"] * 3)
    folder = quick.folder / "run"
    path = config(quick, standin, client)
    ended = quick("run", path, "--run-dir", folder, "--json")
    assert ended.code == 0, ended.err
    verdicts = pl.read_parquet(folder / "verdicts.parquet").filter(pl.col("judge") == "j")
    cut = verdicts.filter(pl.col("reason") == "truncated while thinking")
    assert (cut.height, set(cut["status"])) == (3, {"unparsed"})
    answers = pl.read_parquet(folder / "answers.parquet")
    assert answers["reasoning_tokens"].sum() == 3 * 64
    assert ended.json["cost"]["output_tokens"] == answers["output_tokens"].sum()
