"""Checkpoints stop on what would spoil a run, warn of what looks odd, and say so in one line."""

import json
import logging
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import schemas, tables
from data.datasets import load_dataset
from data.errors import CheckpointError, HostError
from data.layout import DatasetConfig
from data.records import LETTERS, MODES, Mode, Scale
from data.row_rules import BadRowError, canonical_verdict
from data.samples import samples_table
from expectations.checkpoint import BOUNDARIES, CheckpointResult, require, run_checkpoint
from expectations.suites import SUITES
from expectations.verdict_forms import canonical

ROOT = Path(__file__).parents[2]
SHA = "a" * 64
Row = dict[str, Any]
SAMPLES = {"low": 1, "high": 5, "texts": True, "collecting": False, "rejected": 0, "rows": 12}
IMAGES = {"images": [SHA], "limits": {"sim": {"max_side": 100, "max_bytes": 1000}}}
VERDICTS = {"low": 1, "high": 5, "model_versions": {"j": ["v1"]}, "split_versions": False}
CONTEXTS: dict[str, Row] = {
    "samples": SAMPLES, "images": IMAGES, "responses": {}, "verdicts": VERDICTS, "estimates": {},
    "claims": {},
}  # fmt: skip
RESPONSES = pl.Schema(
    dict.fromkeys(("sample_id", "item_id", "author", "text", "status", "message"), pl.String())
)
SCHEMAS = {**schemas.TABLES, "responses": RESPONSES}


def sample(number: int, **changes: Any) -> Row:
    """Sample `number` of twelve: four of each mode, labels and lengths in balance."""
    mode = MODES[number % 3]
    size = {"score": 1, "pair": 2, "batch": 3}[mode]
    label = {"score": "1234", "pair": "ABCA", "batch": ["ABC", "CBA", "BCA", "CAB"]}[mode]
    texts = [f"{number}-{'x' * (which + number % 2)}" for which in range(size)]
    return {
        "sample_id": f"d/{mode}/{number}", "item_id": f"i{number}", "cluster_id": SHA,
        "mode": mode, "instruction": "Which?", "images": [],
        "responses": [{"author": "x", "text": text} for text in texts],
        "labels": [labelled(label[number // 3])],
    } | changes  # fmt: skip


def labelled(verdict: str | None) -> Row:
    return {"annotator": "h", "verdict": verdict, "origin": "human"}


def pair(number: int, first: str, second: str, verdict: str) -> Row:
    """A labelled pair of two texts."""
    responses = [{"author": "x", "text": first}, {"author": "y", "text": second}]
    changes = {"responses": responses, "labels": [labelled(verdict)], "mode": "pair"}
    return sample(number, **changes)


def image(**changes: Any) -> Row:
    return {
        "source_sha256": SHA, "path": "p.png", "limits": "sim", "sha256": "b" * 64,
        "media_type": "image/png", "width": 64, "height": 32, "bytes": 500,
        "passed_through": True, "encoder": "none", "change": "",
    } | changes  # fmt: skip


def response(author: str = "x", **changes: Any) -> Row:
    return {
        "sample_id": "s", "item_id": "i", "author": author, "text": f"by {author}",
        "status": "answered",
    } | changes  # fmt: skip


def verdict(number: int, **changes: Any) -> Row:
    return {
        "sample_id": f"s{number}", "item_id": "i", "mode": "pair", "judge": "j",
        "setting": "plain", "variant": "base", "repeat": 0, "epoch": "base",
        "status": "chosen", "verdict": "ABC"[number % 3], "request_key": SHA,
    } | changes  # fmt: skip


def unread(number: int, status: str, **changes: Any) -> Row:
    return verdict(number, status=status, verdict=None, **changes)


def claim(number: int, **changes: Any) -> Row:
    return {
        "sample_id": "s", "item_id": "i", "mode": "pair", "judge": "j", "setting": "plain",
        "probe": "p", "variant": "v", "repeat": 0, "number": number, "claim": "It is red.",
        "about": "image", "kind": "colour", "quote": "", "found": "true", "found_by": "facts",
    } | changes  # fmt: skip


def no_claim(repeat: int, found: str) -> Row:
    return claim(0, repeat=repeat, claim=None, about=None, found=found, found_by=None)


def estimate(**changes: Any) -> Row:
    return {
        "judge": "j", "mode": "pair", "setting": "plain", "metric": "agreement",
        "group": "pooled", "value": 0.5, "low": 0.4, "high": 0.6, "n": 9, "n_missing": 0,
    } | changes  # fmt: skip


GOOD: dict[str, list[Row]] = {
    "samples": [sample(number) for number in range(12)],
    "images": [image()],
    "responses": [response("x"), response("y")],
    "verdicts": [verdict(number) for number in range(12)],
    "claims": [
        claim(1),
        claim(2, about="response", found="misquoted", found_by="responses"),
        no_claim(1, "none"),
    ],
    "estimates": [estimate()],
}


def run(boundary: str, rows: list[Row], folder: Path, **context: Any) -> CheckpointResult:
    frame = tables.table(rows, SCHEMAS[boundary])
    return run_checkpoint(boundary, frame, folder, context={**CONTEXTS[boundary], **context})


ERRORS: list[tuple[str, list[Row], Row, str, str]] = [
    # boundary, rows, context, column, what the message names
    ("samples", [], {}, "(rows)", "0 rows"),
    ("samples", [sample(0, sample_id=None)], {}, "sample_id", "row 0"),
    ("samples", [sample(0), sample(0)], {}, "sample_id", "'d/score/0'"),
    ("samples", [sample(0, mode="rank", labels=[])], {}, "mode", "'d/score/0': 'rank'"),
    ("samples", [sample(1, responses=[{"author": "x", "text": "t"}])], {}, "responses", "/pair/1'"),
    ("samples", [sample(0, responses=[], labels=[])], {}, "responses", "'d/score/0'"),
    ("samples", [sample(0, labels=[labelled("6")])], {}, "labels", "'d/score/0'"),
    ("samples", [sample(0, labels=[labelled(None)])], {}, "labels", "'d/score/0'"),
    ("samples", [sample(1, labels=[labelled("D")])], {}, "labels", "'d/pair/1'"),
    ("samples", [sample(2, labels=[labelled("BA")])], {}, "labels", "'d/batch/2'"),
    ("images", [], {}, "source_sha256", f"{SHA} for sim"),
    ("images", [image(limits="else")], {}, "source_sha256", f"{SHA} for sim"),
    ("images", [image(sha256="short")], {}, "sha256", "'p.png for sim': 'short'"),
    ("images", [image(sha256=None)], {}, "sha256", "'p.png for sim'"),
    ("images", [image(height=0)], {}, "width, height", "'p.png for sim': 0"),
    ("images", [image(width=101)], {}, "width, height", "'p.png for sim'"),
    ("images", [image(bytes=0)], {}, "bytes", "'p.png for sim': 0"),
    ("images", [image(bytes=1001)], {}, "bytes", "'p.png for sim'"),
    ("responses", [response(status="open")], {}, "(rows)", "0 answered responses"),
    ("responses", [response(text="429 Too Many Requests")], {}, "text", "'i by x'"),
    ("responses", [response(), response(status="odd")], {}, "status", "'i by x': 'odd'"),
    ("verdicts", [], {}, "(rows)", "0 rows"),
    ("verdicts", [verdict(0), verdict(0)], {}, "sample_id, judge", "'s0 / j / plain / base'"),
    ("verdicts", [verdict(0), unread(1, "lost")], {}, "status", "'s1 / j / plain / base': 'lost'"),
    ("verdicts", [verdict(0, verdict=None)], {}, "verdict", "'s0 / j / plain / base'"),
    ("verdicts", [verdict(0), verdict(1, status="refused")], {}, "verdict", "'s1 / j"),
    ("verdicts", [verdict(0, verdict="D")], {}, "verdict", "'s0 / j / plain / base'"),
    ("verdicts", [verdict(0, mode="score", verdict="9")], {}, "verdict", "'s0 / j"),
    ("verdicts", [verdict(0, mode="batch", verdict="ACD")], {}, "verdict", "'s0 / j"),
    ("verdicts", [verdict(0, request_key="k")], {}, "request_key", "'s0 / j / plain / base': 'k'"),
    ("verdicts", [verdict(0, request_key=None)], {}, "request_key", "'s0 / j / plain / base'"),
    ("verdicts", [unread(0, "unparsed")], {}, "status", "'j': 0"),
    ("verdicts", GOOD["verdicts"], {"model_versions": {"j": ["a", "b"]}}, "judge", "'j (a, b)': 2"),
    ("claims", [], {}, "(rows)", "0 claims"),
    ("claims", [claim(1, sample_id=None)], {}, "sample_id", "row 0"),
    ("claims", [claim(1, judge=None)], {}, "judge", "row 0"),
    ("claims", [claim(1), claim(1)], {}, "sample_id, judge", "'s / j / v / 1'"),
    ("claims", [claim(1, found="maybe")], {}, "found", "'s / j / v / 1': 'maybe'"),
    ("claims", [claim(9)], {}, "number", "'s / j / v / 9': 9"),
    ("claims", [claim(1, about="response")], {}, "found", "'s / j / v / 1'"),
    ("claims", [claim(1, found_by=None)], {}, "found_by", "'s / j / v / 1'"),
    ("estimates", [estimate(), estimate()], {}, "judge, mode", "'j / pair / plain / agreement"),
    ("estimates", [estimate(value=float("nan"))], {}, "value, low, high", "agreement / pooled'"),
    ("estimates", [estimate(value=0.7)], {}, "value, low, high", "agreement / pooled'"),
    ("estimates", [estimate(n=-1)], {}, "n", "agreement / pooled': -1"),
    ("estimates", [estimate(n_missing=-2)], {}, "n_missing", "agreement / pooled': -2"),
]  # fmt: skip


@pytest.mark.parametrize(("boundary", "rows", "context", "column", "named"), ERRORS)
def test_a_broken_expectation_stops_and_names_its_column_and_rows(
    boundary: str, rows: list[Row], context: Row, column: str, named: str, tmp_path: Path
) -> None:
    result = run(boundary, rows, tmp_path, **context)
    assert not result.passed
    assert [e for e in result.errors if e.column.startswith(column) and named in e.message]
    with pytest.raises(CheckpointError, match=f"--override {boundary} --why TEXT") as error:
        require(result)
    assert result.errors[0].expectation in str(error.value)
    assert "\n" not in str(error.value)


WARNINGS: list[tuple[str, list[Row], Row, str, str]] = [
    ("samples", [sample(0, cluster_id=None)], {}, "cluster_id", "'d/score/0'"),
    ("samples", [sample(n) for n in (0, 3, 6)] * 2 + [pair(1, "a", "b", "C")] * 9, {},
     "labels", "'pair label C': 1"),
    ("samples", [pair(n, f"{n}", f"{-n}", "B") for n in range(1, 9)], {},
     "labels", "'pairs decided for B': 1"),
    ("samples", [pair(n, f"{n}", f"long {n}", "B") for n in range(4)], {},
     "responses", "'pairs decided for the longer': 1"),
    ("samples", [sample(0), sample(0, sample_id="again")], {}, "responses", "'again'"),
    ("samples", GOOD["samples"], {"rejected": 2}, "(rejected rows)", "of 12 rows read': 2"),
    ("images", [image(width=15)], {}, "width, height", "'p.png for sim': 15"),
    ("images", [image(passed_through=False)], {}, "passed_through", "'images re-encoded': 1"),
    *[("responses", [response(), response("y", status=status)], {}, "status",
       f"'i by y': '{status}'")
      for status in ("open", "failed", "refused", "empty", "truncated")],
    ("responses", [response(text="t"), response("y", text="t")], {}, "text", "'i'"),
    ("verdicts", [verdict(n, verdict="BA"[n < 8]) for n in range(10)], {}, "verdict", "'j': 0.8"),
    ("verdicts", [*GOOD["verdicts"], unread(20, "unparsed"), unread(21, "refused")], {},
     "status", "'j': 0.1429"),
    ("verdicts", [*GOOD["verdicts"], unread(20, "open")], {}, "status", "'s20 / j / plain / base'"),
    ("claims", [claim(1), no_claim(1, "unreadable")], {}, "found", "'j': 0.5"),
    ("claims", [claim(1, found="undecided", found_by=None)], {}, "found", "'j': 1"),
    ("estimates", [], {}, "(rows)", "0 estimates"),
    ("estimates", [estimate(value=None, low=None, high=None)], {}, "note", "agreement / pooled'"),
]  # fmt: skip


@pytest.mark.parametrize(("boundary", "rows", "context", "column", "named"), WARNINGS)
def test_a_warning_names_its_column_and_rows(
    boundary: str, rows: list[Row], context: Row, column: str, named: str, tmp_path: Path
) -> None:
    found = run(boundary, rows, tmp_path, **context).warnings
    assert [w for w in found if w.column == column and named in w.message], found


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_a_clean_table_passes_without_a_word(boundary: str, tmp_path: Path) -> None:
    result = run(boundary, GOOD[boundary], tmp_path)
    assert (result.passed, result.errors, result.warnings) == (True, (), ())
    assert result.rows == len(GOOD[boundary])


def test_warnings_do_not_stop(tmp_path: Path) -> None:
    result = run("samples", GOOD["samples"], tmp_path, rejected=1)
    require(result)
    assert result.passed
    assert len(result.warnings) == 1


def test_the_demo_set_passes(tmp_path: Path) -> None:
    loaded = load_dataset(DatasetConfig(path="data/demo"), ROOT)
    facts = {**SAMPLES, "rejected": len(loaded.rejected), "rows": loaded.rows}
    frame = samples_table(loaded.samples)
    result = run_checkpoint("samples", frame, tmp_path, context=facts)
    assert (result.passed, result.warnings, result.rows) == (True, (), len(loaded.samples))


@pytest.mark.parametrize(
    ("boundary", "passes"),
    [("samples", False), ("images", True), ("responses", False), ("verdicts", False),
     ("claims", False), ("estimates", True)],
)  # fmt: skip
def test_an_empty_table_passes_only_where_nothing_was_wanted(
    boundary: str, passes: bool, tmp_path: Path
) -> None:
    assert run(boundary, [], tmp_path, images=[]).passed is passes


def test_human_means_are_labels_and_collected_samples_start_without_responses(
    tmp_path: Path,
) -> None:
    rows = [sample(0, labels=[labelled("3.5")]), sample(1, responses=[], labels=[])]
    assert run("samples", rows, tmp_path, collecting=True).passed


def test_recorded_judgements_need_no_responses(tmp_path: Path) -> None:
    rows = [sample(number, responses=[]) for number in range(12)]
    result = run("samples", rows, tmp_path, texts=False)
    assert (result.passed, result.warnings) == (True, ())


def test_split_versions_let_two_versions_pass(tmp_path: Path) -> None:
    versions = {"j": ["a", "b"]}
    mixed = run("verdicts", GOOD["verdicts"], tmp_path, model_versions=versions)
    assert "mixed model versions" in mixed.errors[0].message
    split = {"model_versions": versions, "split_versions": True}
    assert run("verdicts", GOOD["verdicts"], tmp_path, **split).passed


def test_baselines_and_failed_rows_need_no_request_and_baselines_may_be_one_sided(
    tmp_path: Path,
) -> None:
    tie = [verdict(n, judge="baseline:always-tie", verdict="C", request_key=None) for n in range(9)]
    rows = [*GOOD["verdicts"], *tie, unread(20, "failed", request_key=None)]
    result = run("verdicts", rows, tmp_path)
    assert (result.passed, result.warnings) == (True, ())


def test_an_answer_may_speak_of_errors(tmp_path: Path) -> None:
    texts = ("The error bars span 429 units.", "Error bars are shown.", "A rate limit sign: 50.")
    rows = [response(f"r{n}", text=text) for n, text in enumerate(texts)]
    assert run("responses", rows, tmp_path).passed


@pytest.mark.parametrize(
    "text",
    [
        "Error code: 429 - too many requests",
        "openai.RateLimitError: slow down",
        "<html><head><title>502 Bad Gateway</title>",
        "503 Service Unavailable",
        '{"error": {"message": "overloaded"}}',
    ],
)
def test_provider_error_texts_are_known(text: str, tmp_path: Path) -> None:
    assert not run("responses", [response(text=text)], tmp_path).passed


def test_an_override_is_recorded_and_lets_pass(tmp_path: Path) -> None:
    frame = tables.table([], schemas.SAMPLES)
    result = run_checkpoint("samples", frame, tmp_path, context=SAMPLES, override="a drill")
    require(result)
    stored = json.loads((tmp_path / "samples.json").read_text())
    assert (stored["passed"], stored["overridden"]["why"]) == (False, "a drill")
    assert stored["overridden"]["who"]
    assert stored["overridden"]["when"].endswith("+00:00")


def test_an_override_without_a_reason_or_a_failure_is_none(tmp_path: Path) -> None:
    empty, good = (tables.table(rows, schemas.SAMPLES) for rows in ([], GOOD["samples"]))
    blank = run_checkpoint("samples", empty, tmp_path, context=SAMPLES, override=" ")
    needless = run_checkpoint("samples", good, tmp_path, context=SAMPLES, override="why")
    assert (blank.overridden, needless.overridden) == (None, None)


def test_pages_escape_what_comes_from_the_data(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    rows = [sample(0, sample_id=evil, labels=[labelled("9")])]
    frame = tables.table(rows, schemas.SAMPLES)
    run_checkpoint("samples", frame, tmp_path, context=SAMPLES, override=evil)
    page = (tmp_path / "samples.html").read_text()
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)") >= 2


def test_results_are_files_with_an_index_and_leave_no_partial_ones(tmp_path: Path) -> None:
    for boundary in ("samples", "estimates"):
        run(boundary, GOOD[boundary], tmp_path)
    names = {f"{b}.{kind}" for b in ("samples", "estimates") for kind in ("json", "html")}
    assert {path.name for path in tmp_path.iterdir()} == names | {"index.html"}
    index = (tmp_path / "index.html").read_text()
    assert 'href="samples.html"' in index
    assert 'href="estimates.html"' in index
    assert "verdicts" not in index


def test_the_stored_result_lists_every_expectation_with_what_was_observed(tmp_path: Path) -> None:
    run("estimates", [estimate(value=0.7)], tmp_path)
    stored = json.loads((tmp_path / "estimates.json").read_text())
    keys = {"boundary", "passed", "errors", "warnings", "rows", "overridden", "expectations"}
    assert set(stored) == keys
    assert {"success", "observed", "expectation", "column"} <= set(stored["expectations"][0])
    assert [e["success"] for e in stored["expectations"]].count(False) == len(stored["errors"])


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HostError, match="cannot be written"):
        run("estimates", GOOD["estimates"], tmp_path / "file")


def test_nothing_is_printed_or_logged_and_log_levels_stay(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log = logging.getLogger("great_expectations")
    level = log.level
    run("samples", GOOD["samples"], tmp_path)
    assert capfd.readouterr() == ("", "")
    assert log.level == level


def test_a_hundred_thousand_verdicts_take_seconds(tmp_path: Path) -> None:
    few = tables.table(GOOD["verdicts"], schemas.VERDICTS)
    many = pl.concat([few] * 8334).with_columns(
        pl.format("s{}", pl.int_range(pl.len())).alias("sample_id")
    )
    started = time.perf_counter()
    assert run_checkpoint("verdicts", many, tmp_path, context=VERDICTS).passed
    assert time.perf_counter() - started < 20  # 0.5 s on an idle core, plus the import


@given(
    st.sampled_from(MODES),
    st.one_of(
        st.text(LETTERS[:4] + "0123456789.-+e ", max_size=6),
        st.floats(0, 6).map(str),
        st.permutations("ABC").map("".join),
    ),
)
def test_the_canonical_form_is_the_one_that_loading_gives(mode: Mode, text: str) -> None:
    frame = pl.DataFrame({"mode": [mode], "verdict": [text]})
    says = frame.select(canonical(pl.col("verdict"), 1, 5)).item()
    try:
        loaded = canonical_verdict(text, mode, max(len(text), 2), Scale(low=1, high=5))
    except BadRowError:
        loaded = None
    assert says == (loaded == text)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_every_rule_is_documented(boundary: str) -> None:
    text = (ROOT / "docs/checkpoints.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {boundary}\n")[1].split("\n## ")[0]
    documented = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in section.splitlines()
        if line.startswith("| ")
    ][1:]
    empty = tables.table([], SCHEMAS[boundary])
    views = SUITES[boundary](empty, CONTEXTS[boundary])
    rules = [(rule.words, rule.about, rule.severity) for view in views for rule in view.rules]
    assert documented == rules
