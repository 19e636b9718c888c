"""Items are the same where their content is, wherever their files lie."""

from typing import Any

import polars as pl

from data.schemas import SAMPLES
from data.tables import table
from tasks.gate.items import common_items, dataset_sha256, fingerprints


def sample(number: int, **changes: Any) -> dict[str, Any]:
    row = {
        "sample_id": f"d/score/{number}",
        "item_id": f"i{number}",
        "cluster_id": f"c{number}",
        "mode": "score",
        "instruction": "Which?",
        "images": [{"path": f"a/{number}.png", "sha256": f"{number}"}],
        "responses": [{"author": "m", "text": "words"}],
        "labels": [{"annotator": "h", "verdict": "3", "origin": "human"}],
    }
    return row | changes


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    return table(rows, SAMPLES)


def test_added_removed_changed_and_relabelled_samples_are_counted_apart() -> None:
    label = [{"annotator": "h", "verdict": "4", "origin": "human"}]
    before = frame(*(sample(number) for number in range(5)))
    now = frame(
        sample(0),
        sample(1, instruction="Which one?"),
        sample(2, labels=label),
        sample(3, images=[{"path": "a/3.png", "sha256": "other"}]),
        sample(7),
        sample(8),
    )
    found = common_items(before, now)
    assert found.common == ("d/score/0",)
    assert (found.added, found.removed, found.changed, found.relabelled) == (2, 1, 2, 1)
    assert found.moved == [
        "2 samples added", "1 samples removed", "2 samples changed", "1 samples labelled anew",
    ]  # fmt: skip


def test_neither_paths_nor_the_order_of_rows_are_content() -> None:
    before = frame(sample(0), sample(1))
    moved = [{"path": "elsewhere/b.png", "sha256": "0"}]
    now = frame(sample(1), sample(0, images=moved))
    assert common_items(before, now).moved == []
    hashes = [dataset_sha256(fingerprints(each)) for each in (before, now)]
    assert hashes[0] == hashes[1]
    assert hashes[0] != dataset_sha256(fingerprints(frame(sample(0))))
