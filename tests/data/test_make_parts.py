"""The demo set's parts: stored facts, the canvas, planted errors."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import DataError
from data.make import KINDS, make_dataset
from data.make.canvas import Canvas
from data.make.claims import larger_count, wrong_colour, wrong_count, wrong_number
from data.make.facts import ResponseFact, read_facts
from data.make.write import made_items


def test_facts_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    make_dataset(tmp_path / "d", items=6, difficulty="medium", seed=1)
    made = {item.facts.item_id: item.facts for item in made_items(6, KINDS, 0.5, seed=1)}
    assert read_facts(tmp_path / "d") == made


def test_unreadable_facts_are_named_by_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_facts(tmp_path)
    (tmp_path / "facts.jsonl").write_text('{"item_id": "x"}\n')
    with pytest.raises(DataError, match="line 1 of"):
        read_facts(tmp_path)


def test_text_that_would_be_cropped_is_refused() -> None:
    with pytest.raises(ValueError, match="'far out' leaves the picture"):
        Canvas().text((620, 20), "far out")


@given(
    seed=st.integers(0, 10**6),
    true=st.integers(2, 99),
    difficulty=st.floats(0, 1),
)
def test_wrong_values_are_wrong_and_in_range(seed: int, true: int, difficulty: float) -> None:
    rng = Random(seed)
    number = wrong_number(rng, true, difficulty, (1, 100))
    assert number != true
    assert 1 <= number <= 100
    assert 1 <= wrong_count(rng, true, difficulty) != true
    assert larger_count(rng, true, difficulty) > true


@given(seed=st.integers(0, 10**6), difficulty=st.floats(0, 1))
def test_wrong_colours_are_other_colours(seed: int, difficulty: float) -> None:
    assert wrong_colour(Random(seed), "green", difficulty) != "green"


@given(seed=st.integers(0, 10**6))
def test_errors_shrink_with_difficulty(seed: int) -> None:
    coarse, fine = (abs(wrong_number(Random(seed), 60, d, (0, 200)) - 60) for d in (0.0, 1.0))
    assert fine < 8 < 20 < coarse


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**9), difficulty=st.floats(0, 1), kind=st.sampled_from(KINDS))
def test_any_seed_and_difficulty_makes_an_item(seed: int, difficulty: float, kind: str) -> None:
    (item,) = made_items(1, (kind,), difficulty, seed)
    assert len(item.rows) == 11
    built = [fact for fact in item.facts.facts if isinstance(fact, ResponseFact)]
    assert len({response.sentences for response in built}) == 4
