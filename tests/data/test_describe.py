"""What a dataset holds, and what could be guessed from it without a judge."""

import json
from pathlib import Path
from typing import Any

from PIL import Image

from data.datasets import load_dataset
from data.describe import DatasetFacts, describe
from data.layout import DatasetConfig


def described(folder: Path, rows: list[dict[str, Any]]) -> DatasetFacts:
    (folder / "samples.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return describe(load_dataset(DatasetConfig(path=str(folder)), folder))


def row(number: int, mode: str, texts: list[str], label: str | None, **more: Any) -> dict[str, Any]:
    responses = [{"author": f"m{i}", "text": text} for i, text in enumerate(texts)]
    known = {} if label is None else {"label": label}
    return {
        "id": number, "mode": mode, "instruction": "Do.", "responses": responses, **known, **more
    }  # fmt: skip


def test_pairs_tell_whether_the_first_or_the_longer_wins(tmp_path: Path) -> None:
    rows = [
        row(1, "pair", ["a b c", "a"], "A"),
        row(2, "pair", ["a", "a b"], "B"),
        row(3, "pair", ["a b", "a"], "B"),
        row(4, "pair", ["a b", "a"], "C"),
        row(5, "pair", ["a b", "c d"], "A"),
        row(6, "pair", ["a", "b"], None),
    ]
    facts = described(tmp_path, rows).modes["pair"]
    assert (facts.samples, facts.labelled) == (6, 5)
    assert facts.labels == {"A": 2, "B": 2, "C": 1}
    assert facts.first_wins == 0.5
    assert facts.longer_wins == round(2 / 3, 4)


def test_rankings_tell_whether_the_first_or_the_longest_is_put_first(tmp_path: Path) -> None:
    rows = [
        row(1, "batch", ["a b c", "a", "b"], "ABC"), row(2, "batch", ["a", "a b", "b"], "BCA")
    ]  # fmt: skip
    facts = described(tmp_path, rows).modes["batch"]
    assert (facts.first_wins, facts.longer_wins) == (0.5, 1.0)
    assert facts.responses == {3: 2}


def test_scores_tell_how_they_go_with_length(tmp_path: Path) -> None:
    rows = [row(n, "score", ["w " * n], str(n)) for n in range(1, 6)]
    facts = described(tmp_path, rows).modes["score"]
    assert facts.length_correlation == 1.0
    assert described(tmp_path, rows[:1]).modes["score"].length_correlation is None


def test_images_are_counted_once_by_content(tmp_path: Path) -> None:
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    Image.new("RGB", (10, 40)).save(tmp_path / "b.jpg")
    (tmp_path / "copy.png").write_bytes((tmp_path / "a.png").read_bytes())
    (tmp_path / "bad.png").write_text("no image")
    names = ["a.png", "copy.png", "b.jpg", "bad.png"]
    rows = [row(n, "score", ["x"], "3", images=[name]) for n, name in enumerate(names)]
    facts = described(tmp_path, [*rows, row(9, "score", ["x"], "3")])
    assert facts.images.distinct == 3
    assert facts.images.formats == {"JPEG": 1, "PNG": 1}
    assert (facts.images.largest_side, facts.images.median_side) == (40, 35)
    assert (facts.images.unreadable, facts.images.samples_without) == (1, 1)
    assert (facts.clusters, facts.unclustered_samples) == (3, 1)
