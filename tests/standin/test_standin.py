"""The stand-in does what tests and benchmarks believe of it."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from typing import Any

import pytest

from data.records import YES_NO, Mode, Scale
from tasks.claims.reading import read_claims
from tasks.parsing import parse
from tasks.probes.letters import LABELS as PAIR
from tasks.probes.score_labels import LABELS as SCORE_LABELS
from tasks.prompts import PromptSet
from tasks.prompts.changes import PromptChange
from tasks.verdicts import canonical
from tests.standin.control import StandinControl, standin_thread
from tests.standin.replies import mode_of


def post(url: str, text: str) -> dict[str, Any]:
    body = {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": text}]}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, json.dumps(body).encode(), timeout=10) as response:
        said: dict[str, Any] = json.load(response)
    return said


def chat(standin: StandinControl, text: str) -> str:
    said = post(f"{standin.openai_url}/chat/completions", text)
    return str(said["choices"][0]["message"]["content"])


def test_equal_requests_get_equal_replies_and_are_counted(standin: StandinControl) -> None:
    assert chat(standin, "Say [[1]] to [[5]].") == chat(standin, "Say [[1]] to [[5]].")
    chat(standin, "Another: [[1]] to [[5]].")
    stats = standin.stats()
    assert (stats["total"], stats["completed"], stats["most_completed_per_body"]) == (3, 3, 2)
    assert sorted(body["calls"] for body in stats["bodies"].values()) == [1, 2]


@pytest.mark.parametrize(
    ("prompt", "mode"),
    [
        ("Write [[4]].", "score"),
        ("Write [[A]], [[B]] or [[C]] for a tie.", "pair"),
        ("Order them: [[C]], [[B]], [[A]], [[D]].", "batch"),
        ("Describe the picture.", ""),
    ],
)
def test_the_mode_is_told_by_the_form_of_verdict(prompt: str, mode: str) -> None:
    assert mode_of(prompt) == mode


@pytest.mark.parametrize(("mode", "count"), [("score", 1), ("pair", 2), ("batch", 3), ("batch", 4)])
@pytest.mark.parametrize("setting", ["analyze", "no-figure"])
def test_the_projects_own_prompts_get_readable_verdicts(
    standin: StandinControl, mode: Mode, count: int, setting: str
) -> None:
    scale, shown = Scale(low=0, high=10), ["Answer D is right [[A]], [[B]], [[C]]"] * count
    prompts = PromptSet.load()
    for instruction in ("What is it?", "How many?", "From 3 to 4, what changes?"):
        text = prompts.judge_text(
            mode, setting, instruction=instruction, responses=shown, scale=scale
        )
        found = parse(chat(standin, text), mode, count, scale).verdict
        assert found.status == {"score": "scored", "pair": "chosen", "batch": "ranked"}[mode]


def test_yes_or_no_is_answered_whatever_the_question_holds(standin: StandinControl) -> None:
    prompts, said = PromptSet.load(), set()
    for n in range(20):
        answer = chat(standin, prompts.ask_text(f"Does it say [[A]], [[B]] {n}?"))
        said.add(canonical(parse(answer, "ask", 0, Scale(), labels=YES_NO).verdict))
    assert said == {"yes", "no", "unsure"}


@pytest.mark.parametrize(
    ("mode", "labels"),
    [*(("score", each) for each in SCORE_LABELS.values()), *(("pair", x) for x in PAIR.values())],
)
def test_labels_of_the_prompts_own_are_used(
    standin: StandinControl, mode: Mode, labels: tuple[str, ...]
) -> None:
    text = PromptSet.load().judge_text(
        mode, "analyze", instruction="What?", responses=["One.", "Two."], scale=Scale(),
        change=PromptChange(labels=labels),
    )  # fmt: skip
    count = 1 if mode == "score" else 2
    found = parse(chat(standin, text), mode, count, Scale(), labels=labels).verdict
    assert found.status == {"score": "scored", "pair": "chosen"}[mode]


def test_evidence_is_claimed_in_the_form_that_is_asked_for(standin: StandinControl) -> None:
    said = "It is a bar chart of five towns."
    for n in range(8):
        text = PromptSet.load().judge_text(
            "score", "analyze", instruction=f"What? {n}", responses=[said], scale=Scale(),
            change=PromptChange(steps="evidence"),
        )  # fmt: skip
        answer = chat(standin, text)
        claims = read_claims(answer)
        assert claims
        assert claims[-1].quote in said
        assert parse(answer, "score", 1, Scale()).verdict.status == "scored"


def test_a_ranking_holds_every_shown_letter_once(standin: StandinControl) -> None:
    standin.script(mode="batch")
    judgement = json.loads(chat(standin, "Assistant A: x\nAssistant B: y\nAssistant C: z"))
    assert sorted(judgement["Judgement"].split(", ")) == ["[[A]]", "[[B]]", "[[C]]"]


def test_faults_come_in_sequence_then_per_body_then_by_rate(standin: StandinControl) -> None:
    standin.script(sequence=["ok"], each=["500", "503"], rates={"invalid-key": 1.0})
    seen: list[int] = []
    for _ in range(3):
        try:
            seen.append(200 if chat(standin, "same") else 0)
        except urllib.error.HTTPError as error:
            seen.append(error.code)
            error.close()
    assert seen == [200, 503, 401]
    assert standin.stats()["faults"] == {"503": 1, "invalid-key": 1}


def test_scripted_texts_are_said_in_order_and_the_last_stays(standin: StandinControl) -> None:
    standin.script(texts=["first", "last"])
    assert [chat(standin, "x") for _ in range(3)] == ["first", "last", "last"]


def test_a_script_with_unknown_names_is_refused(standin: StandinControl) -> None:
    with pytest.raises(ValueError, match="unknown faults"):
        standin.script(sequence=["nonsense"])
    with pytest.raises(ValueError, match="unknown settings"):
        standin.script(nonsense=1)


def test_a_reset_forgets_counts_and_faults(standin: StandinControl) -> None:
    standin.script(texts=["x"])
    chat(standin, "x")
    standin.reset()
    assert standin.stats()["total"] == 0
    assert chat(standin, "Write [[4]].") != "x"


def test_it_also_runs_in_a_thread_and_speaks_messages() -> None:
    with standin_thread(latency=0.01) as standin:
        said = post(f"{standin.anthropic_url}/v1/messages", "Write [[4]].")
        assert said["content"][0]["type"] == "text"
        assert standin.stats()["completed"] == 1


def test_the_shared_one_has_a_process_of_its_own(standin: StandinControl) -> None:
    assert standin.stats()["pid"] != os.getpid()
