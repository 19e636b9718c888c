import json
from pathlib import Path
from typing import Any

import pytest

from data.datasets import LoadedDataset, load_dataset
from data.errors import DataError
from data.layout import DatasetConfig

ITEM = {"instruction": "What is it?", "original_dataset": "llava_bench", "image_path": "0.jpg"}
ANSWERS = [{"name": n, "answer": f" {n}: 猫</s>"} for n in ("llava", "cogvlm", "gpt4", "gemini")]


def score(score_id: Any, human: Any = 4, key: str = "human", **changes: Any) -> dict[str, Any]:
    answer = {"score_id": score_id, "id": 7, "name": "gpt4", "answer": ' {"broken": '}
    return ITEM | answer | {key: human, "true_answers": None} | changes


def pair(pair_id: int, human: str = "C") -> dict[str, Any]:
    answers = {"answer1": ANSWERS[0], "answer2": ANSWERS[1]}
    return ITEM | answers | {"id": 3, "pair_id": pair_id, "human_answer": human}


def batch(key: int, human: str = "CDAB", count: int = 4) -> dict[str, Any]:
    image = {"image_path": "image/200.jpg"}
    return ITEM | image | {"id": key, "answers": ANSWERS[:count], "Human_answer": human}


def load(root: Path, loose: bool = False, under: str = "", **files: Any) -> LoadedDataset:
    """Load a released folder with these rows in each split's file."""
    (root / "image").mkdir(exist_ok=True)
    (root / "image/0.jpg").write_bytes(b"0")
    (root / "image/200.jpg").write_bytes(b"200")
    (root / under).mkdir(exist_ok=True)
    for split, rows in files.items():
        lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        (root / under / f"{split}.jsonl").write_text(lines, encoding="utf-8")
    share = 1.0 if loose else 0.01
    config = DatasetConfig(path=".", format="mllm-judge", max_bad_share=share)
    return load_dataset(config, root)


def test_the_three_files_are_read_by_their_own_keys(tmp_path: Path) -> None:
    loaded = load(tmp_path, score=[score(11)], pair=[pair(12)], batch=[batch(13)])
    ids = [sample.sample_id for sample in loaded.samples]
    assert ids == ["mllm-judge/score/11", "mllm-judge/pair/12", "mllm-judge/batch/13"]
    assert [sample.labels[0].verdict for sample in loaded.samples] == ["4", "C", "CDAB"]
    assert [len(sample.responses) for sample in loaded.samples] == [1, 2, 4]
    assert {sample.source for sample in loaded.samples} == {"llava_bench"}
    assert "MIT" in (loaded.licence_note or "") and "CC BY-NC" in (loaded.licence_note or "")


@pytest.mark.parametrize("split", ["score", "pair", "batch"])
def test_one_file_is_enough(tmp_path: Path, split: str) -> None:
    rows: dict[str, Any] = {"score": score(1), "pair": pair(1), "batch": batch(1, "CAB", 3)}
    files: dict[str, Any] = {split: [rows[split]]}
    loaded = load(tmp_path, **files)
    assert [sample.mode for sample in loaded.samples] == [split]


def test_rows_of_one_item_share_its_id_and_its_image(tmp_path: Path) -> None:
    rows = [score(1), score(2, 5), score(3, id="7"), score(4, id=8), score(5, instruction="Why?")]
    samples = load(tmp_path, score=rows).samples
    items = [sample.item_id for sample in samples]
    assert items[0] == items[1] == items[2]
    assert items[0].startswith("llava_bench/7/")
    assert len(set(items)) == 3
    assert len({sample.cluster_id for sample in samples}) == 1


@pytest.mark.parametrize("key", ["human", "human_answer", "Human_answer"])
@pytest.mark.parametrize("value", [4, "4", " 4", 4.0])
def test_the_label_is_found_under_each_key_and_type(tmp_path: Path, key: str, value: Any) -> None:
    (sample,) = load(tmp_path, score=[score(1, value, key)]).samples
    assert sample.labels[0].model_dump() == {
        "annotator": "human", "verdict": "4", "origin": "human",
    }  # fmt: skip


def test_texts_are_kept_exactly_as_released(tmp_path: Path) -> None:
    loaded = load(tmp_path, score=[score(1)], pair=[pair(1)])
    assert loaded.samples[0].responses[0].text == ' {"broken": '
    assert loaded.samples[1].responses[1].text == " cogvlm: 猫</s>"


def test_labels_below_the_scale_are_bad_rows(tmp_path: Path) -> None:
    rows = [score(key) for key in range(300)] + [score(300, 0), score(301, "-1")]
    loaded = load(tmp_path, score=rows)
    assert (len(loaded.samples), loaded.rows) == (300, 302)
    assert [(bad.file, bad.line) for bad in loaded.rejected] == [
        ("score.jsonl", 301),
        ("score.jsonl", 302),
    ]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (score(1), "stands already at line 1"),
        (score(None), "score_id must be"),
        (score(2, None), "has no label under"),
        (score(2, human_answer=3), "has different labels"),
        (score(2, image_path="9.jpg"), "image '9.jpg' does not exist"),
        (score(2, image_path="../0.jpg"), "must stay inside"),
        (score(2, answer=None), "answer: "),
        ({"score_id": 2}, "is missing"),
        (score(2, "A"), "score label must be"),
    ],
)
def test_a_bad_row_says_why(tmp_path: Path, row: dict[str, Any], why: str) -> None:
    (bad,) = load(tmp_path, loose=True, score=[score(1), row]).rejected
    assert why in bad.reason


def test_a_batch_label_orders_all_the_answers(tmp_path: Path) -> None:
    rows = [batch(1), batch(2, "CDAB", 3), batch(3, "CCAB"), batch(4, "BAC", 3)]
    loaded = load(tmp_path, loose=True, batch=rows)
    assert [sample.labels[0].verdict for sample in loaded.samples] == ["CDAB", "BAC"]
    assert [bad.line for bad in loaded.rejected] == [2, 3]


def test_images_are_found_beside_the_files_or_in_their_folders(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images/5.jpg").write_bytes(b"5")
    (tmp_path / "6.jpg").write_bytes(b"6")
    names = ["0.jpg", "image/0.jpg", "5.jpg", "image/5.jpg", "6.jpg", "images/6.jpg"]
    rows = [score(key, image_path=name) for key, name in enumerate(names)]
    found = [sample.images[0].path for sample in load(tmp_path, score=rows).samples]
    assert found == ["image/0.jpg"] * 2 + ["images/5.jpg"] * 2 + ["6.jpg"] * 2


def test_the_files_may_lie_in_the_benchmark_folder(tmp_path: Path) -> None:
    loaded = load(tmp_path, under="Benchmark", loose=True, score=[score(1), score(2, 0)])
    assert loaded.root == tmp_path.resolve()
    assert [sample.images[0].path for sample in loaded.samples] == ["image/0.jpg"]
    assert loaded.rejected[0].file == "Benchmark/score.jsonl"


def test_a_folder_without_any_of_the_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds none of \['score.jsonl'"):
        load(tmp_path)
