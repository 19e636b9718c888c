import re
from pathlib import Path

import polars as pl
import pytest

from data import schemas, tables
from data.errors import DataError
from data.records import Label, Response, Sample
from data.samples import Samples, samples_table

ROOT = Path(__file__).parents[2]


def sample() -> Sample:
    return Sample(
        sample_id="d/pair/1",
        item_id="i",
        cluster_id=None,
        mode="pair",
        source=None,
        instruction="Which?",
        responses=(Response(author="x", text="a"), Response(author="y", text="b")),
        labels=(Label(annotator="h", verdict="C"),),
    )


def test_every_column_is_documented_and_no_other() -> None:
    text = (ROOT / "docs/tables.md").read_text(encoding="utf-8")
    documented = {
        section.split("\n", 1)[0].strip(): re.findall(r"^\| (\w+) \| ", section, re.MULTILINE)[1:]
        for section in text.split("\n## ")[1:]
    }
    assert documented == {name: list(schema) for name, schema in schemas.TABLES.items()}


def test_samples_survive_the_table() -> None:
    frame = samples_table([sample()])
    assert list(Samples(frame)) == [sample()]
    assert Samples(frame)[0] == sample()


def test_a_table_is_stored_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "samples.parquet"
    tables.write(samples_table([sample()]), path)
    assert tables.read(path, schemas.SAMPLES).height == 1
    assert [p.name for p in tmp_path.iterdir()] == ["samples.parquet"]


def test_a_foreign_or_broken_table_is_refused_in_one_line(tmp_path: Path) -> None:
    pl.DataFrame({"x": [1]}).write_parquet(tmp_path / "other.parquet")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 nothing PAR1")
    cases = (("other", "another version"), ("broken", "not a readable"), ("none", "exist"))
    for name, words in cases:
        with pytest.raises(DataError, match=words) as caught:
            tables.read(tmp_path / f"{name}.parquet", schemas.SAMPLES)
        assert "\n" not in str(caught.value)


def test_unknown_columns_are_refused() -> None:
    with pytest.raises(DataError, match="surprise"):
        tables.table([{"sample_id": "x", "surprise": 1}], schemas.SAMPLES)
