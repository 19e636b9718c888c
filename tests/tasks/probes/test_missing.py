"""Refused answers to probes: whatever they had said, the estimates lie within the limits."""

import random
from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any

import pytest

from data.records import Mode, Response, Sample
from tasks.probes import PROBES, Variant
from tests.tasks.probes.pictured import item
from tests.tasks.probes.verdict_tables import estimated

LABELS: dict[Mode, Sequence[str]] = {"score": "12345", "pair": "ABC", "batch": ["ABC", "CBA"]}
SIZES = {"score": 1, "pair": 2, "batch": 3}
Said = list[str]
KEY = ("mode", "arm", "metric", "group")
FILLINGS: dict[str, Callable[[Said, random.Random], str | None]] = {
    "first": lambda said, draw: said[0],
    "last": lambda said, draw: said[-1],
    "random": lambda said, draw: draw.choice(said),
    "any": lambda said, draw: draw.choice(said[::-1]),
}


def samples(mode: Mode) -> list[Sample]:
    written = tuple(Response(author=f"r{i}", text=f"It rains {i}.") for i in range(SIZES[mode]))
    return [
        item(n, mode, LABELS[mode][n % len(LABELS[mode])], source="ab"[n % 2], responses=written)
        for n in range(10)
    ]


def outcomes(variant: Variant) -> Said:
    size = len(variant.sample.responses)
    if variant.sample.mode == "score":
        return list("12345")
    if variant.sample.mode == "pair":
        return list("ABC")
    return ["".join(letters) for letters in permutations("ABC"[:size])]


def rows(probe: str, filling: str | None) -> dict[tuple[Any, ...], dict[str, Any]]:
    """A probe's estimates of a judge that refuses one question in seven, or says what is filled."""

    def judge(variant: Variant, draw: random.Random) -> str | None:
        said, refused = outcomes(variant), draw.random() < 1 / 7
        verdict = draw.choice(said[:2] if draw.random() < 0.7 else said)
        if not refused:
            return verdict
        return None if filling is None else FILLINGS[filling](said, draw)

    asked = [sample for mode in PROBES[probe].modes for sample in samples(mode)]
    found = estimated(probe, asked, judge).iter_rows(named=True)
    return {tuple(row[name] for name in KEY): row for row in found if row["group"] != "macro"}


@pytest.mark.parametrize(
    "probe",
    [
        "ablation", "overlay", "transforms", "paraphrase", "triangle", "order", "repeats",
        "sentiment",
    ],
)  # fmt: skip
def test_no_refused_answer_to_a_probe_leaves_its_limits(probe: str) -> None:
    refused = rows(probe, None)
    assert any(row["bound_low"] != row["bound_high"] for row in refused.values())
    for filling in FILLINGS:
        for key, full in rows(probe, filling).items():
            assert full["bound_low"] in {None, full["value"]}, key
            row = refused.get(key)
            if row is None or full["value"] is None:
                continue
            low, high = row["bound_low"], row["bound_high"]
            assert low is None or low <= full["value"] + 1e-9, (key, filling)
            assert high is None or high >= full["value"] - 1e-9, (key, filling)
