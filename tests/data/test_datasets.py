import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.datasets import load_dataset, sample_limit, tolerated
from data.errors import DataError
from data.image_files import ImageFolder
from data.layout import DatasetConfig
from data.records import Mode, Sample, Scale
from data.row_rules import BadRowError, canonical_verdict


def row(key: int, **changes: Any) -> str:
    answer = {"author": "llava", "text": "a cat"}
    values = {"id": key, "mode": "score", "instruction": "?", "responses": [answer], "label": 4}
    return json.dumps(values | changes)


def written(folder: Path, *lines: str | bytes) -> DatasetConfig:
    content = b"\n".join(x if isinstance(x, bytes) else x.encode() for x in lines)
    (folder / "samples.jsonl").write_bytes(content)
    return DatasetConfig(path="samples.jsonl", name="d")


def sample(key: int, source: str | None = None, mode: Mode = "score") -> Sample:
    return Sample(
        sample_id=f"d/{mode}/{key}",
        item_id=str(key),
        cluster_id=None,
        mode=mode,
        source=source,
        instruction="?",
    )


def test_fewer_bad_rows_than_the_share_are_set_aside_with_their_place(tmp_path: Path) -> None:
    config = written(tmp_path, *(row(key) for key in range(100)), row(100, label=0))
    loaded = load_dataset(config, tmp_path)
    (bad,) = loaded.rejected
    assert (len(loaded.samples), loaded.rows) == (100, 101)
    assert (bad.file, bad.line) == ("samples.jsonl", 101)
    assert bad.reason == "score label must be on the scale 1 to 5, got 0"
    assert '"id": 100' in bad.excerpt


def test_exactly_the_share_of_bad_rows_is_too_many(tmp_path: Path) -> None:
    config = written(tmp_path, *(row(key) for key in range(99)), row(99, label=0))
    with pytest.raises(DataError, match=r"1 of 100 rows are bad.*samples\.jsonl:100: score label"):
        load_dataset(config, tmp_path)


@pytest.mark.parametrize("rows", [100, 300, 700, 2900, 5700])
def test_the_share_is_exact_where_binary_products_are_not(rows: int) -> None:
    config = DatasetConfig(path=".")
    assert not tolerated(config, rows // 100, rows)
    assert tolerated(config, rows // 100 - 1, rows)


def test_no_bad_row_is_tolerated_where_the_configuration_says_fail(tmp_path: Path) -> None:
    config = written(tmp_path, *(row(key) for key in range(500)), "{")
    strict = config.model_copy(update={"on_bad_rows": "fail"})
    with pytest.raises(DataError, match=r"on_bad_rows is 'fail': samples\.jsonl:501: is not JSON"):
        load_dataset(strict, tmp_path)


def test_too_many_bad_rows_make_one_line_that_names_three_of_them(tmp_path: Path) -> None:
    config = written(tmp_path, row(1), "[]", row(2, mode="rate\nit"), "nul\0", b'"\xff"')
    with pytest.raises(DataError) as caught:
        load_dataset(config, tmp_path)
    message = str(caught.value)
    assert "\n" not in message
    assert "4 of 5 rows" in message and "(+1 more)" in message
    assert "samples.jsonl:2: is not a JSON object; samples.jsonl:3: mode: " in message
    assert "samples.jsonl:4: holds a NUL byte" in message


BROKEN: dict[str, bytes] = {
    "is not JSON": b'{"id": 1, ',
    "is not UTF-8 at byte 9": b'{"id": "\xff"}',
    "holds a NUL byte": b'{"id": "\0"}',
    "is not a JSON object": b"7",
    "is nested too deeply": b"[" * 100_000,
    "holds half a surrogate pair": rb'{"id": "\ud800"}',
    "NaN is no JSON value": b'{"id": NaN}',
    "Exceeds the limit": b'{"id": ' + b"9" * 5000 + b"}",
    "is longer than 16 MiB": b'{"id": "' + b"x" * 2**24 + b'"}',
}


@pytest.mark.parametrize("reason", BROKEN)
def test_a_line_that_cannot_be_read_is_a_bad_row(tmp_path: Path, reason: str) -> None:
    config = written(tmp_path, row(1), BROKEN[reason], row(3))
    loose = config.model_copy(update={"max_bad_share": 1.0})
    loaded = load_dataset(loose, tmp_path)
    assert [bad.line for bad in loaded.rejected] == [2]
    assert reason in loaded.rejected[0].reason
    assert len(loaded.rejected[0].excerpt) <= 120
    assert [s.sample_id for s in loaded.samples] == ["d/score/1", "d/score/3"]


def test_byte_order_mark_blank_lines_and_windows_line_ends_are_no_rows(tmp_path: Path) -> None:
    config = written(tmp_path, b"\xef\xbb\xbf" + row(1).encode() + b"\r", b"\r", row(2), "  ")
    loaded = load_dataset(config, tmp_path)
    assert (len(loaded.samples), loaded.rows, loaded.rejected) == (2, 2, ())


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_a_dataset_without_samples_is_an_error(tmp_path: Path, content: bytes) -> None:
    config = written(tmp_path, content)
    with pytest.raises(DataError, match="dataset 'd' has no samples"):
        load_dataset(config, tmp_path)


@pytest.mark.parametrize("format_", ["judgeflow", "mllm-judge", "table"])
def test_a_path_that_is_not_there_is_an_error_of_one_line(tmp_path: Path, format_: str) -> None:
    config = DatasetConfig.model_validate({"path": "gone", "format": format_, "mode": "score"})
    with pytest.raises(DataError, match=r"^[^\n]*gone[^\n]*$"):
        load_dataset(config, tmp_path)


@pytest.mark.parametrize("name", ["a/b", " ", "a\nb"])
def test_a_name_that_would_break_sample_ids_is_refused(tmp_path: Path, name: str) -> None:
    config = written(tmp_path, row(1)).model_copy(update={"name": name})
    with pytest.raises(DataError, match="dataset name"):
        load_dataset(config, tmp_path)


@pytest.mark.parametrize(
    ("value", "mode", "verdict"),
    [
        ("4", "score", "4"),
        (4, "score", "4"),
        (4.0, "score", "4"),
        (" 3.50 ", "score", "3.5"),
        (3.5, "score", "3.5"),
        ("A", "pair", "A"),
        ("Tie", "pair", "C"),
        ("CDAB ", "batch", "CDAB"),
        ("D=CAB", "batch", "C=DAB"),
    ],
)
def test_labels_become_canonical(value: object, mode: Mode, verdict: str) -> None:
    assert canonical_verdict(value, mode, 4, Scale()) == verdict


@pytest.mark.parametrize(
    ("value", "mode"),
    [
        (0, "score"),
        (5.01, "score"),
        (True, "score"),
        (None, "score"),
        ("4 stars", "score"),
        ("1e0", "score"),
        (float("nan"), "score"),
        (10**400, "score"),
        ("9" * 5000, "score"),
        ("D", "pair"),
        ("a", "pair"),
        (1, "pair"),
        ("CAB", "batch"),
        ("CDAA", "batch"),
        ("ABCDE", "batch"),
        ("A=B=C=D", "batch"),
        ("AB==CD", "batch"),
        (["A"], "batch"),
    ],
)
def test_what_is_no_label_of_the_mode_is_refused(value: object, mode: Mode) -> None:
    with pytest.raises(BadRowError, match=f"{mode} label must"):
        canonical_verdict(value, mode, 4, Scale())


@given(st.permutations("ABCDEF"))
def test_every_order_of_the_letters_is_a_batch_label(letters: list[str]) -> None:
    text = "".join(letters)
    assert canonical_verdict(text, "batch", 6, Scale()) == text


@given(st.integers(-10, 10), st.booleans())
def test_scores_are_the_same_as_numbers_and_as_text(value: int, half: bool) -> None:
    score = value + 0.5 if half else value
    scale = Scale(low=-10, high=11)
    written_as_text = canonical_verdict(str(score), "score", 1, scale)
    assert written_as_text == canonical_verdict(score, "score", 1, scale) == str(score)


def test_images_are_found_by_paths_inside_the_root_only(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "secret.png"
    (root / "images").mkdir(parents=True)
    outside.write_bytes(b"secret")
    (root / "images/ok.png").write_bytes(b"picture")
    (root / "images/link.png").symlink_to(outside)
    (root / "loop.png").symlink_to(root / "loop.png")
    images = ImageFolder(root)
    assert images.find("images/ok.png").path == "images/ok.png"
    tricks = ["../secret.png", str(outside), "images/link.png", "images/../../secret.png", ""]
    for name in [*tricks, "images", "gone.png", "loop.png", "a\0b", "x" * 5000]:
        with pytest.raises(BadRowError):
            images.find(name)


def test_an_image_is_hashed_once_however_many_rows_show_it(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(b"first")
    images = ImageFolder(tmp_path)
    before = images.find("a.png")
    picture.write_bytes(b"second")
    assert images.find("a.png") == before


POPULATION = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from(["score", "pair"])), max_size=60
).map(lambda kinds: [sample(i, s, m) for i, (s, m) in enumerate(kinds)])  # type: ignore[arg-type]


@given(POPULATION, st.integers(1, 70), st.randoms())
def test_a_limit_chooses_the_same_samples_in_any_order(
    samples: list[Sample], limit: int, random: Any
) -> None:
    shuffled = random.sample(samples, len(samples))
    chosen = sample_limit(samples, limit)
    assert {s.sample_id for s in sample_limit(shuffled, limit)} == {s.sample_id for s in chosen}
    assert len(chosen) == min(limit, len(samples))


@given(POPULATION, st.integers(1, 60))
def test_a_smaller_limit_chooses_a_subset_of_a_larger_one(
    samples: list[Sample], limit: int
) -> None:
    larger = {s.sample_id for s in sample_limit(samples, limit + 1)}
    assert {s.sample_id for s in sample_limit(samples, limit)} <= larger


@given(POPULATION, st.integers(8, 70))
def test_every_mode_and_source_keeps_a_sample_where_there_is_room(
    samples: list[Sample], limit: int
) -> None:
    chosen = sample_limit(samples, limit)
    assert {(s.mode, s.source) for s in chosen} == {(s.mode, s.source) for s in samples}


def test_a_limit_takes_sources_in_proportion_to_their_sizes() -> None:
    sources = ["big"] * 800 + ["small"] * 150 + [None] * 50
    chosen = sample_limit([sample(i, s) for i, s in enumerate(sources)], 100)
    counts = [sum(s.source == source for s in chosen) for source in ("big", "small", None)]
    assert counts == [80, 15, 5]
