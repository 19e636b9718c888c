"""Our change, their change, noise: told apart by what was asked, answered and read."""

from typing import Any

import polars as pl

from data.schemas import ANSWERS, VERDICTS
from data.tables import table
from tasks.gate.causes import Answers, Causes, alike, causes

SAME = Answers(10, 10, 10, 0)
NEW_ANSWERS = Answers(10, 10, 4, 0)
ASKED_ANEW = Answers(10, 0, 0, 0)


def facts(**changes: Any) -> dict[str, Any]:
    prints = {
        "config": {"judge gpt": "1", "judge other": "1", "settings": "1"},
        "prompts": {"method_score.txt": "1", "ask.txt": "1", "steps_no-figure.txt": "1"},
        "parser": "1",
    }
    known: dict[str, Any] = {
        "modes": ["score"], "settings": ["analyze"], "epoch": "base", "commit": "a" * 40,
        "model_versions": {"gpt": ["m-1"]}, "fingerprints": prints,
    }  # fmt: skip
    return known | changes


def printed(part: str, **changes: Any) -> dict[str, Any]:
    prints = facts()["fingerprints"]
    changed = changes if part == "parser" else prints[part] | changes
    return facts(fingerprints=prints | {part: changed})


def found(answers: Answers, now: dict[str, Any], moved: tuple[str, ...] = ()) -> Causes:
    return causes("gpt", facts(), now, answers, moved)


def rows(
    key: str, text: str, verdict: str, judge: str = "gpt"
) -> tuple[pl.DataFrame, pl.DataFrame]:
    row = {"sample_id": "s", "judge": judge, "setting": "analyze", "repeat": 0,
           "request_key": key, "status": "scored", "verdict": verdict}  # fmt: skip
    answer = {"request_key": key, "status": "answered", "text": text}
    return table([row], VERDICTS), table([answer], ANSWERS)


def test_rows_are_told_apart_by_request_answer_and_reading() -> None:
    before = rows("k", "I say 4", "4")
    assert alike(before, before) == {"gpt": Answers(1, 1, 1, 0)}
    assert alike(before, rows("k", "I say 4", "3")) == {"gpt": Answers(1, 1, 1, 1)}
    assert alike(before, rows("k", "I say 3", "3")) == {"gpt": Answers(1, 1, 0, 0)}
    assert alike(before, rows("l", "I say 4", "4")) == {"gpt": Answers(1, 0, 0, 0)}
    assert alike(before, rows("k", "I say 4", "4", judge="other")) == {}


def test_the_same_answers_read_differently_are_our_parser_exactly() -> None:
    reread = found(Answers(10, 10, 10, 3), printed("parser", x="2"))
    assert reread.ours == ("parser (3 verdicts read differently; commit aaaaaaaaa -> aaaaaaaaa)",)
    assert reread.said.endswith("all 10 answers are the same, so nothing of it is noise")


def test_a_parser_that_reads_every_answer_as_before_is_no_change() -> None:
    assert found(SAME, printed("parser", x="2")).ours == ()
    assert found(SAME, facts()).said == "every answer is the same, and read the same"


def test_requests_that_differ_are_blamed_on_what_is_part_of_them() -> None:
    prompt = found(ASKED_ANEW, printed("prompts", **{"method_score.txt": "2"}))
    assert prompt.ours == ("prompts (method_score.txt)",)
    for name in ("ask.txt", "steps_no-figure.txt"):  # of a probe, of a setting that is not asked
        assert "prompts" not in str(found(ASKED_ANEW, printed("prompts", **{name: "2"})).ours)
    entry = found(ASKED_ANEW, printed("config", **{"judge gpt": "2", "judge other": "2"}))
    assert entry.ours == ("configuration (judge gpt)",)
    code = found(ASKED_ANEW, facts(commit="b" * 40))
    assert code.ours == ("code (requests are made differently; commit aaaaaaaaa -> bbbbbbbbb)",)


def test_a_dated_epoch_alone_is_no_change_of_ours() -> None:
    asked = found(ASKED_ANEW, facts(epoch="2026-11-24"))
    assert (asked.ours, asked.theirs) == ((), ())
    assert asked.said.startswith("nothing of ours differs and the model reports the same version")


def test_another_model_version_and_moved_anchors_are_theirs() -> None:
    theirs = found(NEW_ANSWERS, facts(model_versions={"gpt": ["m-2"]}))
    assert theirs.said == "their change: model version m-1 -> m-2"
    anchors = facts(drift={"moved": {"gpt": "mean error +0.4"}})
    assert found(NEW_ANSWERS, anchors).theirs == (
        "dated anchors answered differently (mean error +0.4)",
    )


def test_both_at_once_are_said_to_be_inseparable() -> None:
    now = printed("prompts", **{"method_score.txt": "2"}) | {"model_versions": {"gpt": ["m-2"]}}
    assert found(ASKED_ANEW, now).said == (
        "our change: prompts (method_score.txt); their change: model version m-1 -> m-2; "
        "a run with one of the two alone tells them apart"
    )


def test_samples_that_moved_are_our_change() -> None:
    assert found(SAME, facts(), ("2 samples added",)).ours == ("data (2 samples added)",)


def made_of(keys: str, *texts: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A verdict that stands on several answers."""
    verdicts, _ = rows(keys, "", "4")
    said = [
        {"request_key": key, "status": "answered", "text": text}
        for key, text in zip(keys.split(), texts, strict=True)
    ]
    return verdicts, table(said, ANSWERS)


def test_a_verdict_on_several_answers_is_the_same_only_if_all_of_them_are() -> None:
    before = made_of("k l", "4", "5")
    assert alike(before, before) == {"gpt": Answers(1, 1, 1, 0)}
    assert alike(before, made_of("k l", "4", "3")) == {"gpt": Answers(1, 1, 0, 0)}
    assert alike(before, made_of("k m", "4", "5")) == {"gpt": Answers(1, 0, 0, 0)}


def test_a_combined_judge_changes_with_those_it_is_made_of_and_with_its_own_entry_alone() -> None:
    made = [{"name": "cascade:c", "parts": ["gpt", "large"]}, {"name": "gpt"}]
    versions = {"gpt": ["m-1"], "large": ["l-2"]}
    before = facts(model_versions=versions | {"large": ["l-1"]})
    now = facts(judges=made, model_versions=versions)
    assert causes("cascade:c", before, now, NEW_ANSWERS).theirs == ("model version l-1 -> l-2",)
    assert causes("gpt", before, now, NEW_ANSWERS).theirs == ()
    for part, moved in (("judge gpt", True), ("judge other", False), ("cascade c", True),
                        ("cascade d", False), ("both_orders", False)):  # fmt: skip
        changed = printed("config", **{part: "2"}) | {"judges": made}
        said = causes("cascade:c", facts(), changed, ASKED_ANEW).ours
        assert (said == (f"configuration ({part})",)) == moved, part
