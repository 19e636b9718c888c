import hashlib
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data.datasets import LoadedDataset, load_dataset
from data.errors import DataError
from data.layout import DatasetConfig
from data.records import ImageRef, Label, Response, Scale
from data.row_rules import item_of

A, B, C = ({"author": name, "text": f" {name}'s answer</s>"} for name in ("llava", "gpt4", "qwen"))
ROW: dict[str, Any] = {
    "id": "k1",
    "mode": "pair",
    "source": "coco",
    "instruction": "Which is it?",
    "images": ["images/x.png"],
    "responses": [A, B],
    "labels": [{"annotator": "ann", "verdict": "tie", "origin": "construction"}],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    (tmp_path / "images/x.png").write_bytes(b"x")
    (tmp_path / "images/y.png").write_bytes(b"y")
    return tmp_path


def load(folder: Path, *rows: dict[str, Any], loose: bool = False, **config: Any) -> LoadedDataset:
    (folder / "samples.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    share = 1.0 if loose else 0.01
    settings = {"path": str(folder), "name": "d", "max_bad_share": share} | config
    return load_dataset(DatasetConfig.model_validate(settings), Path("unused"))


def reason(folder: Path, **changes: Any) -> str:
    """Why the changed row is bad, beside a good one."""
    loaded = load(folder, ROW | {"id": "good"}, ROW | changes, loose=True)
    (bad,) = loaded.rejected
    assert bad.line == 2
    return bad.reason


def test_a_row_becomes_a_sample_with_its_texts_as_written(folder: Path) -> None:
    (sample,) = load(folder, ROW).samples
    sha = hashlib.sha256(b"x").hexdigest()
    assert sample.sample_id == "d/pair/k1"
    assert sample.images == (ImageRef(path="images/x.png", sha256=sha),)
    assert sample.responses[0] == Response(author="llava", text=" llava's answer</s>")
    assert sample.labels == (Label(annotator="ann", verdict="C", origin="construction"),)
    assert (sample.cluster_id, sample.source) == (sha, "coco")
    assert sample.item_id == item_of("Which is it?", sample.images)


def test_the_short_label_is_one_label_of_one_person(folder: Path) -> None:
    row = ROW | {"mode": "score", "responses": [A], "label": 4.0}
    del row["labels"]
    (sample,) = load(folder, row).samples
    assert sample.labels == (Label(annotator="human", verdict="4", origin="human"),)


def test_several_images_make_one_cluster_in_their_order(folder: Path) -> None:
    one = ROW | {"images": ["images/x.png", "images/y.png"]}
    other = ROW | {"id": "k2", "images": ["images/y.png", "images/x.png"]}
    first, second = load(folder, one, other).samples
    digests = "".join(hashlib.sha256(name).hexdigest() for name in (b"x", b"y"))
    assert first.cluster_id == hashlib.sha256(digests.encode()).hexdigest()
    assert second.cluster_id != first.cluster_id


def test_an_item_is_the_same_in_every_mode_and_can_be_named(folder: Path) -> None:
    score = ROW | {"mode": "score", "responses": [A], "labels": []}
    named = ROW | {"id": "k2", "item_id": "mine", "cluster_id": "theirs"}
    first, second, third = load(folder, ROW, score, named).samples
    assert first.item_id == second.item_id != third.item_id
    assert (third.item_id, third.cluster_id) == ("mine", "theirs")


def test_a_row_without_image_has_no_cluster(folder: Path) -> None:
    (sample,) = load(folder, ROW | {"images": []}).samples
    assert (sample.cluster_id, sample.images) == (None, ())


def test_responses_may_be_missing_until_they_are_collected(folder: Path) -> None:
    (sample,) = load(folder, ROW | {"mode": "batch", "responses": [], "labels": []}).samples
    assert (sample.mode, sample.responses, sample.labels) == ("batch", (), ())
    assert "cannot have labels" in reason(folder, responses=[])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"mode": "rank"}, "mode: "),
        ({"responses": [A]}, "mode 'pair' takes 2 responses, got 1"),
        ({"mode": "score"}, "mode 'score' takes 1 responses, got 2"),
        ({"mode": "batch", "responses": [A] * 27}, "takes 2 to 26 responses, got 27"),
        ({"colour": 1, "id": 2}, "keys ['colour'] are not known"),
        ({"responses": [A, B | {"model": "x"}]}, "responses.1.model' is not known"),
        ({"responses": [A, {"author": "x"}]}, "'responses.1.text' is missing"),
        ({"responses": [A, {"author": "x", "text": 7}]}, "responses.1.text: "),
        ({"responses": [A, {"author": "x", "text": "a\0b"}]}, "NUL"),
        ({"id": True}, "id must be a string or a whole number, got True"),
        ({"id": None}, "'id' is missing"),
        ({"id": "a\nb"}, "printable"),
        ({"instruction": " "}, "instruction is empty"),
        ({"images": "images/x.png"}, "images: "),
        ({"images": ["images/z.png"]}, "image 'images/z.png' does not exist"),
        ({"images": ["../d/images/x.png"]}, "must stay inside"),
        ({"label": "A"}, "both 'label' and 'labels'"),
        ({"labels": [{"annotator": "a", "verdict": "D"}]}, "pair label must be"),
        ({"labels": [{"annotator": "a", "verdict": "A"}] * 2}, "annotators must be named"),
        ({"labels": [{"annotator": "a", "verdict": "A", "origin": "gpt"}]}, "labels.0.origin: "),
        ({"id": "good"}, "'d/pair/good' stands already at line 1"),
    ],
)
def test_a_bad_row_says_why(folder: Path, changes: dict[str, Any], why: str) -> None:
    assert why in reason(folder, **changes)


def test_the_same_id_in_another_mode_is_another_sample(folder: Path) -> None:
    score = ROW | {"mode": "score", "responses": [A], "labels": []}
    assert len({sample.sample_id for sample in load(folder, ROW, score).samples}) == 2


def test_the_dataset_says_its_own_name_scale_and_licence(folder: Path) -> None:
    card = "name: mine\nscale: {low: 0, high: 10}\nlicence: CC0\nmade_by: us\nlabels: by design\n"
    (folder / "dataset.yaml").write_text(card)
    row = ROW | {"mode": "score", "responses": [A], "labels": [], "label": 9}
    loaded = load(folder, row | {"labels": []}, name=None)
    assert (loaded.name, loaded.scale, loaded.licence_note) == (
        "mine",
        Scale(low=0, high=10),
        "CC0",
    )
    assert loaded.samples[0].labels[0].verdict == "9"
    assert load(folder, row, name="ours").samples[0].sample_id == "ours/score/k1"


@pytest.mark.parametrize(
    ("card", "why"),
    [
        ("scal: 3", "'scal' is not known; known keys"),
        ("scale: {low: 5, high: 5}", "scale 5 to 5 is empty"),
        ("scale: 5", "scale: "),
        ("- a", "row: "),
        ("a: [", "cannot be read"),
        ("!!python/object/apply:os.system [ls]", "cannot be read"),
    ],
)
def test_a_wrong_dataset_file_is_an_error_of_one_line(folder: Path, card: str, why: str) -> None:
    (folder / "dataset.yaml").write_text(card)
    with pytest.raises(DataError) as caught:
        load(folder, ROW)
    assert why in str(caught.value) and "\n" not in str(caught.value)


def test_a_configuration_may_not_contradict_the_declared_scale(folder: Path) -> None:
    (folder / "dataset.yaml").write_text("scale: {low: 0, high: 10}")
    with pytest.raises(DataError, match="differs from"):
        load(folder, ROW, scale={"low": 1, "high": 7})


def test_parquet_and_jsonl_give_the_same_samples(folder: Path) -> None:
    rows = [ROW, ROW | {"id": "k2", "mode": "batch", "responses": [A, B, C], "labels": []}]
    from_lines = load(folder, *rows).samples
    pl.DataFrame(rows).write_parquet(folder / "table.parquet")
    config = DatasetConfig(path="table.parquet", name="d")
    assert load_dataset(config, folder).samples == from_lines


def test_a_bad_parquet_row_is_named_by_its_number(folder: Path) -> None:
    pl.DataFrame([ROW, ROW | {"id": "k2", "mode": "x"}]).write_parquet(folder / "t.parquet")
    config = DatasetConfig(path="t.parquet", name="d", max_bad_share=1.0)
    (bad,) = load_dataset(config, folder).rejected
    assert (bad.file, bad.line) == ("t.parquet", 2)
    assert '"id": "k2"' in bad.excerpt


def test_a_broken_parquet_file_is_an_error_of_one_line(folder: Path) -> None:
    (folder / "t.parquet").write_bytes(b"PAR1 nothing of the kind")
    with pytest.raises(DataError, match=r"^[^\n]*not a readable parquet table[^\n]*$"):
        load_dataset(DatasetConfig(path="t.parquet"), folder)


def test_the_documented_row_and_dataset_file_load(folder: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/datasets.md").read_text(encoding="utf-8")
    (folder / "images/cat.png").write_bytes(b"cat")
    card = "name: cats" + page.split("```yaml\nname: cats")[1].split("```")[0]
    (folder / "dataset.yaml").write_text(card)
    loaded = load(folder, json.loads(page.split("```json")[1].split("```")[0]), name=None)
    assert (loaded.name, loaded.licence_note) == ("cats", "CC0")
    assert [label.verdict for label in loaded.samples[0].labels] == ["A", "C"]


def test_a_folder_holds_exactly_one_samples_file(folder: Path) -> None:
    config = DatasetConfig(path=str(folder))
    with pytest.raises(DataError, match="neither is there"):
        load_dataset(config, folder)
    load(folder, ROW)
    pl.DataFrame([ROW]).write_parquet(folder / "samples.parquet")
    with pytest.raises(DataError, match="both are there"):
        load_dataset(config, folder)
