"""How near a limited run's mixture of sources is to the whole dataset's."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from data.datasets import sample_limit
from data.records import Response, Sample


def scored(number: int, source: str) -> Sample:
    return Sample(
        sample_id=f"d/score/{number}", item_id=f"i{number}", cluster_id=None, mode="score",
        source=source, instruction="?", responses=(Response(author="r", text=""),),
    )  # fmt: skip


@pytest.mark.data
def test_a_limit_keeps_the_benchmarks_shares_so_nearly_that_weights_would_be_one(
    shared_data: Path,
) -> None:
    table = shared_data / "vlm_judge_uncertainty" / "mllm_judge_original_dataset.csv"
    with table.open(encoding="utf-8") as lines:
        samples = [scored(n, row["orig_dataset"]) for n, row in enumerate(csv.DictReader(lines))]
    whole = Counter(sample.source for sample in samples)
    seats = Counter(sample.source for sample in sample_limit(samples, 100))
    assert len(whole) == len(seats) == 14
    proper = {source: 100 * size / len(samples) for source, size in whole.items()}
    moved = sum(abs(seats[source] - proper[source]) for source in whole) / 2
    assert moved / 100 == pytest.approx(0.007, abs=0.001)
    weights = [proper[source] / seats[source] for source in whole]
    assert 0.97 < min(weights) < max(weights) < 1.13


def test_small_sources_have_their_one_seat_and_count_for_more_than_their_share() -> None:
    samples = [scored(n, "large" if n < 990 else f"small-{n}") for n in range(1000)]
    seats = Counter(sample.source for sample in sample_limit(samples, 20))
    assert (seats["large"], len(seats)) == (10, 11)
    few = Counter(sample.source for sample in sample_limit(samples, 4))
    assert (few["large"], len(few)) == (1, 4)
