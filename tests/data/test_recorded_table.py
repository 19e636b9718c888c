import json
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data.datasets import LoadedDataset, load_dataset, read_verdicts
from data.errors import DataError
from data.layout import DatasetConfig, TableColumns
from data.records import Label

CRITIC = "vlm_judge_uncertainty/mllm_judge_llava_critic_7b.csv"


def load(folder: Path, text: str, loose: bool = False, **settings: Any) -> LoadedDataset:
    (folder / "t.csv").write_text(text)
    given = {"path": "t.csv", "format": "table", "max_bad_share": 1.0 if loose else 0.01}
    return load_dataset(DatasetConfig.model_validate(given | settings), folder)


def verdicts(path: Path, **columns: Any) -> dict[tuple[str, int], str | None]:
    where = columns.pop("where_judge", None)
    missing = columns.pop("missing", ())
    given = TableColumns.model_validate({"verdict": "v"} | columns)
    return read_verdicts(path, given, where_judge=where, missing=missing)


def test_a_row_becomes_a_sample_without_texts_or_images(tmp_path: Path) -> None:
    columns = {"labels": ["gold"], "source": "src", "cluster": "img", "item": "it"}
    text = "sample_id,gold,src,img,it\n0,3.0,coco,abc,i0\n"
    (sample,) = load(tmp_path, text, mode="score", columns=columns).samples
    assert (sample.sample_id, sample.item_id) == ("t/score/0", "i0")
    assert (sample.cluster_id, sample.source) == ("abc", "coco")
    assert (sample.instruction, sample.images, sample.responses) == ("", (), ())
    assert sample.labels == (Label(annotator="gold", verdict="3", origin="human"),)


def test_each_label_column_is_an_annotator_and_a_blank_cell_is_no_label(tmp_path: Path) -> None:
    columns = {"labels": ["ann", "bob"], "label_origin": "construction"}
    loaded = load(tmp_path, "sample_id,ann,bob\n1,A,tie\n2,,B\n", mode="pair", columns=columns)
    first, second = loaded.samples
    assert [(x.annotator, x.verdict) for x in first.labels] == [("ann", "A"), ("bob", "C")]
    assert [(x.annotator, x.verdict, x.origin) for x in second.labels] == [
        ("bob", "B", "construction")
    ]


def test_the_mode_may_stand_in_a_column(tmp_path: Path) -> None:
    text = "sample_id,m,gold\n1,score,4\n1,pair,B\n2,batch,CAB\n3,rank,1\n"
    loaded = load(tmp_path, text, loose=True, columns={"mode": "m", "labels": ["gold"]})
    assert [sample.sample_id for sample in loaded.samples] == [
        "t/score/1",
        "t/pair/1",
        "t/batch/2",
    ]
    assert "m must be one of" in loaded.rejected[0].reason


def test_rows_of_one_sample_make_one_sample_where_they_agree(tmp_path: Path) -> None:
    text = "sample_id,gold,judge\n1,4,x\n1,4.0,y\n2,5,x\n"
    loaded = load(tmp_path, text, mode="score", columns={"labels": ["gold"]})
    assert [sample.labels[0].verdict for sample in loaded.samples] == ["4", "5"]
    assert loaded.rows == 3


def test_a_sample_whose_labels_disagree_is_left_out(tmp_path: Path) -> None:
    text = "sample_id,gold\n1,4\n1,5\n2,5\n"
    loaded = load(tmp_path, text, loose=True, mode="score", columns={"labels": ["gold"]})
    assert [sample.sample_id for sample in loaded.samples] == ["t/score/2"]
    (bad,) = loaded.rejected
    assert bad.line == 3
    assert "label gold '5' differs from '4' at t.csv:2" in bad.reason


def test_joined_tables_add_columns_and_no_samples(tmp_path: Path) -> None:
    (tmp_path / "more.jsonl").write_text(
        '{"row": 1, "src": "coco", "late": 2}\n{"row": 9, "src": "WIT", "late": 3}\n'
    )
    join = {"path": "more.jsonl", "columns": {"sample": "row", "source": "src", "labels": ["late"]}}
    loaded = load(tmp_path, "sample_id\n1.0\n2\n", mode="score", join=[join])
    assert [(s.sample_id, s.source, len(s.labels)) for s in loaded.samples] == [
        ("t/score/1", "coco", 1),
        ("t/score/2", None, 0),
    ]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_every_kind_of_table_reads_alike(tmp_path: Path, suffix: str) -> None:
    frame = pl.DataFrame({"sample_id": [0, 1], "v": [3.0, None]})
    path = tmp_path / f"t{suffix}"
    if suffix == ".parquet":
        frame.write_parquet(path)
    elif suffix == ".jsonl":
        path.write_text("\n".join(json.dumps(row) for row in frame.to_dicts()))
    else:
        frame.write_csv(path, separator="\t" if suffix == ".tsv" else ",")
    found = verdicts(path)
    assert found.keys() == {("0", 0), ("1", 0)}
    assert float(found["0", 0] or "nan") == 3
    assert found["1", 0] is None


def test_missing_codes_and_repeats_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("sample_id,v,r\na,4,1\na,-1.0,2\nb,[[5]] it is,2\n")
    found = verdicts(path, repeat="r", missing=("-1",))
    assert found == {("a", 0): "4", ("a", 1): None, ("b", 1): "[[5]] it is"}


def test_one_judge_of_a_long_table_is_selected(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("sample_id,v,j\n1,4,x\n1,5,y\n")
    assert verdicts(path, judge="j", where_judge="y") == {("1", 0): "5"}
    with pytest.raises(DataError, match="no judge 'z'; known: \\['x', 'y'\\]"):
        verdicts(path, judge="j", where_judge="z")
    with pytest.raises(DataError, match=r"t\.csv:3: sample '1' has a second verdict"):
        verdicts(path)
    with pytest.raises(DataError, match=r"needs columns\.judge"):
        verdicts(path, where_judge="y")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("id,v\n1,2\n", "has no column 'sample_id'; it has \\['id', 'v'\\]"),
        ("sample_id,v\n1,2,3\n", "not a readable csv table"),
        ("", "not a readable csv table"),
        ("sample_id,v,r\n,2,1\n", r"t\.csv:2: sample_id must be"),
        ("sample_id,v,r\n1,2,first\n", r"t\.csv:2: r must be a whole number, got 'first'"),
    ],
)
def test_a_table_that_cannot_be_read_is_an_error(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=why):
        verdicts(path, repeat="r" if ",r\n" in text else None)


def test_a_table_needs_a_mode(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"needs dataset\.mode or dataset\.columns\.mode"):
        load(tmp_path, "sample_id\n1\n")


@pytest.mark.data
def test_the_recorded_scores_have_their_labels_and_sources(shared_data: Path) -> None:
    join = {
        "path": "vlm_judge_uncertainty/mllm_judge_original_dataset.csv",
        "columns": {"source": "orig_dataset"},
    }
    settings = {
        "path": CRITIC, "format": "table", "mode": "score",
        "columns": {"labels": ["gt_score"]}, "join": [join],
    }  # fmt: skip
    loaded = load_dataset(DatasetConfig.model_validate(settings), shared_data)
    sources = Counter(sample.source for sample in loaded.samples)
    assert (loaded.rows, len(loaded.samples), loaded.rejected) == (5717, 5717, ())
    assert (sources[None], sources["mathvista"], len(sources)) == (1, 789, 15)
    assert [s.sample_id.split("/")[-1] for s in loaded.samples if s.source is None] == ["1583"]
    labels = Counter(sample.labels[0].verdict for sample in loaded.samples)
    assert labels.keys() == {"1", "2", "3", "4", "5"}


@pytest.mark.data
@pytest.mark.parametrize(
    ("judge", "readable"),
    [("llava_critic_7b", 5716), ("gemini_2.5_flash", 5409), ("phi4_15b", 5653)],
)
def test_recorded_judges_have_their_published_numbers_of_verdicts(
    shared_data: Path, judge: str, readable: int
) -> None:
    path = shared_data / f"vlm_judge_uncertainty/mllm_judge_{judge}.csv"
    found = verdicts(path, verdict="parsed_score", missing=("-1",))
    assert len(found) == 5717
    assert sum(verdict is not None for verdict in found.values()) == readable
