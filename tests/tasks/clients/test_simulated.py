"""Simulated judges err by their doses, and the same request is always answered the same."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from data.records import FinishReason, Message, Mode, Request, Scale, TextPart
from tasks.clients.simulated import SimulatedClient, simulated_reply
from tasks.judge_config import Simulation
from tasks.parsing import parse
from tasks.verdicts import canonical

N = 4000
LABELS = {"score": "4", "pair": "B", "batch": "DACB"}


def request(number: int, mode: Mode = "pair", repeat: int = 0, **context: Any) -> Request:
    lengths = {"score": [50], "pair": [50, 50], "batch": [50] * 4}[mode]
    known = {
        "purpose": "judge", "mode": mode, "label": LABELS[mode], "lengths": lengths,
        "mean_length": 50.0, "sees_image": True, "scale": [1, 5],
    }  # fmt: skip
    return Request(
        provider="simulated", endpoint="", model="simulated",
        messages=(Message(role="user", content=(TextPart(text=f"prompt {number}"),)),),
        params={}, context=known | context, repeat=repeat, epoch="base",
    )  # fmt: skip


def share(dose: Simulation, verdict: str, mode: Mode = "pair", **context: Any) -> float:
    said = Counter(read(request(i, mode, **context), dose) for i in range(N))
    return said[verdict] / N


def read(asked: Request, dose: Simulation) -> str | None:
    text, finish = simulated_reply(asked, dose)
    known: dict[str, Any] = dict(asked.context or {})
    reason: FinishReason = "refusal" if finish == "refusal" else "stop"
    scale = Scale(low=1, high=5)
    found = parse(text, known["mode"], len(known["lengths"]), scale, reason)
    return canonical(found.verdict) or found.verdict.status


@pytest.mark.parametrize("mode", ["score", "pair", "batch"])
@pytest.mark.parametrize("accuracy", [0.0, 0.7, 1.0])
def test_the_label_is_given_as_often_as_the_dose_says(mode: Mode, accuracy: float) -> None:
    guess = {"score": 1 / 5, "pair": 1 / 3, "batch": 0.5 / 24}[mode]
    expected = accuracy + (1 - accuracy) * guess
    found = share(Simulation(accuracy=accuracy), LABELS[mode], mode)
    assert found == pytest.approx(expected, abs=0.03)  # four standard errors of 4000 draws


def test_without_the_picture_the_blind_dose_holds() -> None:
    dose = Simulation(accuracy=1.0, blind_accuracy=0.0)
    assert share(dose, "B", sees_image=True) == 1.0
    assert share(dose, "B", sees_image=False) == pytest.approx(1 / 3, abs=0.03)


@pytest.mark.parametrize("picture", ["blank", "other"])
def test_a_blank_picture_and_that_of_another_item_show_as_little_as_none(picture: str) -> None:
    dose = Simulation(accuracy=1.0, blind_accuracy=0.0)
    assert share(dose, "B", picture=picture) == pytest.approx(1 / 3, abs=0.03)
    never_looks = Simulation(accuracy=1.0, blind_accuracy=1.0)
    assert share(never_looks, "B", picture=picture) == 1.0


def test_a_bias_to_the_first_takes_the_first_by_its_dose() -> None:
    assert share(Simulation(accuracy=1, first_bias=0.3), "A") == pytest.approx(0.3, abs=0.03)


def test_a_bias_to_length_takes_the_longer_and_lifts_scores() -> None:
    dose = Simulation(accuracy=1, length_bias=0.4)
    assert share(dose, "A", lengths=[90, 10]) == pytest.approx(0.4, abs=0.03)
    one_doubling = share(dose, "5", "score", lengths=[101])
    assert one_doubling == pytest.approx(0.4, abs=0.03)


def test_refusals_and_unreadable_answers_come_by_their_doses_and_are_read_as_such() -> None:
    dose = Simulation(refusal=0.2, unreadable=0.1)
    assert share(dose, "refused") == pytest.approx(0.2, abs=0.03)
    assert share(dose, "unparsed") == pytest.approx(0.1, abs=0.03)


def test_repeats_draw_anew_by_the_dose_of_noise() -> None:
    for noise, lowest, highest in ((0.0, 0.0, 0.0), (1.0, 0.4, 0.9)):
        dose = Simulation(accuracy=0.3, noise=noise)
        changed = [read(request(i), dose) != read(request(i, repeat=1), dose) for i in range(500)]
        assert lowest <= sum(changed) / 500 <= highest


def test_the_same_request_is_answered_the_same_and_usage_is_free_of_guesses() -> None:
    client = SimulatedClient(Simulation())
    one, two = (asyncio.run(client.ask(request(3))) for _ in range(2))
    assert one.text == two.text
    assert one.model == "simulated"
    assert one.usage.output_tokens == len(one.text.split())


def test_what_it_says_about_pictures_and_instructions_says_that_it_is_simulated() -> None:
    text, _ = simulated_reply(request(1, purpose="describe", item_id="i1"), Simulation())
    assert text.startswith("[simulated]")


@pytest.mark.parametrize(
    ("mode", "labels", "verdict"),
    [("score", ["i", "ii", "iii", "iv", "v"], "4"), ("pair", ["B", "A", "C"], "B")],
)
def test_it_answers_in_the_labels_that_are_asked_for(
    mode: Mode, labels: list[str], verdict: str
) -> None:
    asked = request(1, mode, label=verdict, labels=labels)
    text, _ = simulated_reply(asked, Simulation(accuracy=1.0))
    at = int(verdict) - 1 if mode == "score" else "ABC".index(verdict)
    assert f"[[{labels[at]}]]" in text
    found = parse(text, mode, 2, Scale(), "stop", tuple(labels)).verdict
    assert canonical(found) == verdict
