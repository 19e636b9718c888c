"""Result files of other harnesses become verdict tables; what is none of theirs is refused."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from data.errors import DataError
from data.importers import IMPORTERS, imported


def inspect_log() -> dict[str, Any]:
    return {
        "version": 2,
        "status": "success",
        "eval": {"task": "judge", "model": "openai/gpt-x", "dataset": {"name": "d"}},
        "samples": [
            {"id": i, "epoch": epoch, "target": str(1 + i), "metadata": {"cluster": f"c{i}"},
             "output": {"model": "gpt-x", "completion": f"Judgement: [[{1 + i}]]"}}
            for i in range(3) for epoch in (1, 2)
        ],
    }  # fmt: skip


def test_inspect_logs_in_both_formats(tmp_path: Path) -> None:
    log = inspect_log()
    (tmp_path / "log.json").write_text(json.dumps(log))
    with zipfile.ZipFile(tmp_path / "log.eval", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "header.json", json.dumps({k: v for k, v in log.items() if k != "samples"})
        )
        for sample in log["samples"]:
            name = f"samples/{sample['id']}_epoch_{sample['epoch']}.json"
            archive.writestr(name, json.dumps(sample))
    first = imported(tmp_path / "log.json", "inspect")
    assert first == imported(tmp_path / "log.eval", "inspect")
    assert first[1] == {
        "sample": "0", "judge": "openai/gpt-x", "repeat": 2, "verdict": "Judgement: [[1]]",
        "label": "1", "cluster": "c0",
    }  # fmt: skip


def test_an_inspect_sample_with_an_error_has_no_verdict(tmp_path: Path) -> None:
    log = inspect_log()
    log["samples"][0]["error"] = {"message": "overloaded"}
    (tmp_path / "log.json").write_text(json.dumps(log))
    assert imported(tmp_path / "log.json", "inspect")[0]["verdict"] is None


def test_promptfoo_output(tmp_path: Path) -> None:
    row = {
        "testIdx": 4, "promptIdx": 0, "provider": {"id": "openai:gpt-x"},
        "vars": {"label": "A", "source": "coco"}, "response": {"output": "[[B]]"},
    }  # fmt: skip
    failed = {**row, "response": None}
    path = tmp_path / "out.json"
    path.write_text(json.dumps({"results": {"version": 3, "results": [row, failed]}}))
    first, second = imported(path, "promptfoo")
    assert first == {
        "sample": "4", "judge": "openai:gpt-x", "repeat": 0, "verdict": "[[B]]", "label": "A",
        "source": "coco",
    }  # fmt: skip
    assert (second["repeat"], second["verdict"]) == (1, None)


def test_lmms_eval_samples_and_vlmevalkit_tables(tmp_path: Path) -> None:
    path = tmp_path / "judge-7b.jsonl"
    row = {"doc_id": 3, "target": "4", "resps": [["x 5"]], "filtered_resps": ["5"]}
    path.write_text(json.dumps(row) + "\n")
    assert imported(path, "lmms-eval") == [
        {"sample": "3", "judge": "judge-7b", "repeat": 0, "verdict": "5", "label": "4"}
    ]
    path = tmp_path / "judge.tsv"
    path.write_text("index\tquestion\tanswer\tprediction\n7\tq\t2\tScore: 3\n")
    (only,) = imported(path, "vlmevalkit")
    assert (only["sample"], only["label"], only["verdict"]) == ("7", "2", "Score: 3")


@pytest.mark.parametrize("harness", IMPORTERS)
@pytest.mark.parametrize(
    "content", ["", "{}", "[]", "not json", '{"results": 3}', '{"samples": 1}']
)
def test_other_files_are_refused_in_one_line(tmp_path: Path, harness: str, content: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(DataError) as caught:
        imported(path, harness)
    assert "\n" not in str(caught.value)


def test_excel_files_are_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="save it as TSV"):
        imported(tmp_path / "x.xlsx", "vlmevalkit")
