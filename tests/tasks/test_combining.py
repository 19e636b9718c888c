"""Verdicts that stand on several answers: in every order, and of a cheap and a strong judge."""

from typing import Any

import polars as pl
import pytest

from data.errors import ConfigError
from data.schemas import VERDICTS
from data.tables import table
from tasks.combining import combined_verdicts, judging, unsure, waiting
from tasks.config import RunConfig
from tasks.config_file import parse_config

STRONG = {"name": "large", "client": "openai", "model": "gpt-4o"}
FRUGAL = {"name": "frugal", "cheap": "small", "strong": STRONG, "sure": 0.9}


def config(**changes: Any) -> RunConfig:
    small = {"name": "small", "client": "openai", "model": "gpt-4o-mini"}
    return parse_config({"name": "t", "dataset": {"path": "d"}, "judges": [small], **changes})


def row(sample: str, verdict: str | None, **changes: Any) -> dict[str, Any]:
    made = {
        "sample_id": sample, "item_id": sample, "mode": "pair", "judge": "small",
        "setting": "analyze", "variant": "base", "repeat": 0, "epoch": "base", "verdict": verdict,
        "status": "chosen" if verdict else "unparsed", "reason": None if verdict else "no marker",
    } | changes  # fmt: skip
    key = f"{sample}-{made['judge']}-{made['variant']}-{made['repeat']}"
    return made | {"request_key": key}


def turned(sample: str, verdict: str | None, **changes: Any) -> dict[str, Any]:
    return row(sample, verdict, probe="both-orders", variant="rotated-1", **changes)


def handed(sample: str, verdict: str | None, **changes: Any) -> dict[str, Any]:
    of_cascade = {"judge": "large", "probe": "cascade", "variant": "frugal"}
    return row(sample, verdict, **(of_cascade | changes))


def made(settings: RunConfig, *rows: dict[str, Any]) -> dict[tuple[str, int], dict[str, Any]]:
    found = combined_verdicts(settings, table(rows, VERDICTS))
    return {(each["sample_id"], each["repeat"]): each for each in found.iter_rows(named=True)}


def test_both_orders_stand_as_one_verdict_for_every_repeat() -> None:
    found = made(
        config(both_orders=True, repeats=2),
        row("x", "A"), turned("x", "B"), row("x", "A", repeat=1), turned("x", "A", repeat=1),
    )  # fmt: skip
    assert {repeat: each["verdict"] for (_, repeat), each in found.items()} == {0: "C", 1: "A"}
    one = found["x", 0]
    assert (one["judge"], one["probe"], one["variant"]) == ("both-orders:small", None, "base")
    assert one["request_key"] == "x-small-base-0 x-small-rotated-1-0"


@pytest.mark.parametrize("status", ["unparsed", "refused", "failed", "open"])
def test_an_order_without_a_verdict_takes_the_verdict_and_says_why(status: str) -> None:
    lost = turned("x", None, status=status, reason="why not")
    found = made(config(both_orders=True), row("x", "A"), lost)["x", 0]
    assert (found["verdict"], found["status"]) == (None, status)
    assert "why not" in found["reason"]


def test_scores_and_samples_without_another_order_have_no_combined_verdict() -> None:
    assert made(config(both_orders=True), row("x", "4", mode="score", status="scored")) == {}


def repeated(sample: str, *verdicts: str | None) -> list[dict[str, Any]]:
    return [row(sample, verdict, repeat=at) for at, verdict in enumerate(verdicts)]


def test_a_cascade_hands_over_what_its_cheap_judge_is_not_sure_of() -> None:
    settings = config(repeats=2, cascades=[FRUGAL])
    rows = [*repeated("sure", "A", "A"), *repeated("wavers", "A", "B"), *repeated("mute", None)]
    waiting = row("waits", None, status="open")
    asked = table([*rows, waiting], VERDICTS)
    assert set(unsure(settings.cascades[0], asked)) == {
        ("analyze", "wavers"), ("analyze", "mute"),
    }  # fmt: skip
    found = made(settings, *rows, waiting, handed("wavers", "B"), handed("mute", None))
    shown = {sample: (each["verdict"], each["status"]) for (sample, _), each in found.items()}
    assert shown == {
        "sure": ("A", "chosen"), "wavers": ("B", "chosen"), "mute": (None, "unparsed"),
        "waits": (None, "open"),
    }  # fmt: skip
    assert found["wavers", 0]["request_key"].split() == [
        "wavers-large-frugal-0", "wavers-small-base-0", "wavers-small-base-1",
    ]  # fmt: skip
    assert {each["judge"] for each in found.values()} == {"cascade:frugal"}


def test_what_the_strong_judge_was_not_asked_yet_is_open() -> None:
    settings = config(repeats=2, cascades=[FRUGAL])
    found = made(settings, *repeated("wavers", "A", "B"))["wavers", 0]
    assert (found["verdict"], found["status"]) == (None, "open")
    asked = table([*repeated("wavers", "A", "B"), row("owes", None, status="open")], VERDICTS)
    assert waiting(combined_verdicts(settings, asked)) == 1  # what the cheap judge owes is its own


def test_with_log_probabilities_the_first_answer_decides_and_one_without_them_is_unsure() -> None:
    settings = config(repeats=2, cascades=[FRUGAL])
    rows = [
        row("sure", "A", confidence=0.8996), row("sure", "B", repeat=1),
        row("unsure", "A", confidence=0.6), row("without", "A"), row("without", "A", repeat=1),
    ]  # fmt: skip
    rankings = [row("x", "AB", mode="batch", status="ranked", repeat=n) for n in range(2)]
    handed_over = set(unsure(settings.cascades[0], table([*rows, *rankings], VERDICTS)))
    assert handed_over == {("analyze", "unsure"), ("analyze", "without")}


def test_a_single_answer_without_a_probability_is_never_sure() -> None:
    settings = config(repeats=2, cascades=[FRUGAL])
    assert set(unsure(settings.cascades[0], table([row("x", "A")], VERDICTS))) == {("analyze", "x")}


def test_two_of_three_are_two_thirds() -> None:
    cascade = config(repeats=3, cascades=[FRUGAL | {"sure": 0.667}]).cascades[0]
    assert set(unsure(cascade, table(repeated("x", "A", "A", "B"), VERDICTS))) == set()


def test_other_probes_and_judges_have_no_part_in_it() -> None:
    settings = config(both_orders=True, repeats=2, cascades=[FRUGAL])
    noise = [
        row("x", "B", probe="order", variant="rotated-1"), row("x", "B", judge="large"),
        handed("x", "B", variant="other"),
    ]  # fmt: skip
    found = combined_verdicts(settings, table([*repeated("x", "A", "A"), *noise], VERDICTS))
    assert found.filter(pl.col("judge") == "cascade:frugal")["verdict"].to_list() == ["A"]
    assert found.filter(pl.col("judge") == "both-orders:small").is_empty()
    assert judging(settings) == ["small", "both-orders:small", "cascade:frugal"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cascades": [FRUGAL]}, "cannot tell how sure it is"),
        ({"repeats": 2, "cascades": [FRUGAL | {"cheap": "tiny"}]}, "must name one of the judges"),
        ({"repeats": 2, "cascades": [FRUGAL, FRUGAL]}, "must be distinct"),
        ({"repeats": 2, "cascades": [FRUGAL | {"sure": 0}]}, "sure"),
        (
            {"repeats": 2, "cascades": [FRUGAL | {"strong": STRONG | {"name": "small"}}]},
            "small",
        ),
        (
            {"repeats": 2, "cascades": [FRUGAL | {"strong": STRONG | {"model": "gpt-4o-mini"}}]},
            "cheap and strong are one judge",
        ),
        (
            {"repeats": 2, "cascades": [FRUGAL], "settings": ["analyze", "vision-expert"]},
            "need a `describer`",
        ),
        (
            {"both_orders": True, "dataset": {"path": "d", "format": "table"}},
            "both_orders needs texts",
        ),
    ],
)
def test_what_cannot_be_combined_is_refused_in_a_line(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        config(**changes)
