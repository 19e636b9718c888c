"""Rates of acceptance and hallucination from people's marks of judge outputs."""

from typing import Any

import polars as pl
import pytest

from tasks.config import BootstrapConfig
from tasks.measures.annotations import annotated
from tests.tasks.measures.conftest import values

FEW = BootstrapConfig(replicates=100)


def mark(sample: str, accepts: bool | None, hallucinates: bool | None = None) -> dict[str, Any]:
    return {
        "sample": sample, "judge": "j", "repeat": 0, "source": "s", "cluster": sample,
        "accepts": accepts, "hallucinates": hallucinates,
    }  # fmt: skip


def test_three_annotators_decide_by_majority_and_a_split_is_no() -> None:
    marks = [mark("a", yes, False) for yes in (True, True, False)]
    marks += [mark("b", yes, True) for yes in (True, False, False)]
    marks += [mark("c", yes) for yes in (True, False)]
    found = values(annotated(marks, "pair", FEW))
    assert found["human_agreement"] == pytest.approx(1 / 3)
    assert found["hallucination_rate"] == pytest.approx(1 / 2)


def test_what_nobody_marked_is_not_given() -> None:
    found = annotated([mark("a", True), mark("b", False)], "score", FEW)
    assert set(found["metric"]) == {"human_agreement"}
    assert set(found["probe"]) == {"annotations"}
    assert found.filter(pl.col("group") == "source:s").height == 1
