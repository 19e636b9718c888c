"""Simulated judges: known quality, noise and biases, deterministic by request key.

They never look at pixels or prose: the plan puts what they may know (label, lengths, whether the
picture is shown) into `Request.context`. They prove the graph and the probes, nothing else, and
are labelled simulated wherever they appear.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
import math
import random
import re
from typing import Any

from cache.keys import request_key
from data.records import LETTERS, TIE, Answer, Request, Usage
from tasks.judge_config import Simulation

DATED = re.compile(r"\d{4}-\d{2}-\d{2}")  # an epoch that is a night


class SimulatedClient:
    """Answers as a judge whose errors are known doses."""

    def __init__(self, simulation: Simulation) -> None:
        self._dose = simulation

    async def ask(self, request: Request) -> Answer:
        """A reply in the form the prompt asks for; usage is counted in words and is free."""
        if self._dose.latency_s:
            await asyncio.sleep(self._dose.latency_s)
        text, finish = simulated_reply(request, self._dose)
        words = len(request.text.split())
        return Answer(
            text=text,
            finish_reason="refusal" if finish == "refusal" else "stop",
            model="simulated",
            usage=Usage(input_tokens=words, output_tokens=len(text.split())),
            created_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        )

    async def close(self) -> None:
        """Nothing to close."""


def simulated_reply(request: Request, dose: Simulation) -> tuple[str, str]:
    """Text and finish reason of the reply to a request."""
    context = request.context or {}
    dose = at_epoch(dose, request.epoch)
    if context.get("purpose") in {"ask", "verify"}:
        return _said(context, dose, random.Random(_seed(request_key(request))))
    if context.get("purpose") != "judge":
        return f"[simulated] a model's words about {context.get('item_id')!r}.", "stop"
    steady = request.model_copy(update={"repeat": 0, "epoch": "base"})
    item = random.Random(_seed(request_key(steady)))
    fresh = random.Random(_seed(request_key(request)))
    noise = dose.noise * float(str(context.get("temperature", 1.0)))
    draw = fresh if item.random() < noise else item
    event = draw.random()
    if event < dose.refusal:
        return "I'm sorry, but I can't help with judging this.", "refusal"
    if event < dose.refusal + dose.unreadable:
        return "Both the picture and the text deserve a closer look before anybody decides.", "stop"
    verdict = _verdict(context, dose, draw)
    analysis = "Simulated analysis: no model has looked at this picture."
    if dose.contradicts is not None:
        other = fresh.random() < dose.contradicts
        analysis += " " + _words(context, verdict, fresh if other else None)
    said: dict[str, Any] = {"Analysis": analysis, "Judgement": verdict}
    if "statements" in context:
        claims = random.Random(_seed(f"claims {request_key(request)}"))
        said = {"Claims": _claims(context, dose, claims), **said}
    return json.dumps(said), "stop"


def at_epoch(dose: Simulation, epoch: str) -> Simulation:
    """The doses in an epoch: those of the last date in `drifts` that it has reached."""
    if not dose.drifts or not DATED.fullmatch(epoch):
        return dose
    changes: dict[str, float] = {}
    for since in sorted(date for date in dose.drifts if date <= epoch):
        changes |= dose.drifts[since]
    return dose.model_copy(update=changes)


def _claims(context: dict[str, Any], dose: Simulation, draw: random.Random) -> list[dict[str, str]]:
    """Three claims about the picture and a quotation, each false with the dose's probability."""
    claims = []
    pools = {true: [s for s in context["statements"] if s[2] == true] for true in (True, False)}
    for _ in range(3):
        pool = pools[draw.random() >= dose.fabrication]
        text, kind, _ = pool.pop(draw.randrange(len(pool)))
        claims.append({"claim": text, "about": "image", "kind": kind, "quote": ""})
    quote = draw.choice(context["quotes"])
    if draw.random() < dose.fabrication:
        quote = "words that a simulated judge made up"
    said = "A response says so."
    return [*claims, {"claim": said, "about": "response", "kind": "other", "quote": quote}]


def _accuracy(context: dict[str, Any], dose: Simulation) -> float:
    """How likely the truth is: a blank picture and another item's show nothing of it."""
    blind = not context["sees_image"] or context.get("picture") in {"blank", "other"}
    return dose.blind_accuracy if blind else dose.accuracy


def _said(context: dict[str, Any], dose: Simulation, draw: random.Random) -> tuple[str, str]:
    """Yes or no to a question whose `truth` the context tells, right as often as verdicts are."""
    accuracy = _accuracy(context, dose)
    truth = str(context.get("truth", "unsure"))
    doses = {"yes": dose.sensitivity, "no": dose.specificity}
    accuracy = accuracy if (own := doses.get(truth)) is None else own
    other = {"yes": "no", "no": "yes"}.get(truth, truth)
    said = truth if draw.random() < accuracy else other
    note = "Simulated observation: no model has looked at this picture."
    return json.dumps({"Observation": note, "Answer": f"[[{said}]]"}), "stop"


def _verdict(context: dict[str, Any], dose: Simulation, draw: random.Random) -> str:
    """The judgement in presented order, from a label in presented order."""
    accuracy = _accuracy(context, dose)
    accuracy += dose.prompts.get(str(context.get("prompt")), 0.0)
    blindness = dose.defect_blindness.get(str(context.get("defect")), 0.0)
    if blindness and draw.random() < blindness:
        context = context | {"label": context["intact"]}
    right = context["label"] is not None and draw.random() < accuracy
    match context["mode"]:
        case "score":
            score = _score(context, dose, draw, right)
            return f"[[{_called(str(score), score - int(context['scale'][0]), context)}]]"
        case "pair":
            choice = _choice(context, dose, draw, right)
            return f"[[{_called(choice, 'ABC'.index(choice), context)}]]"
        case _:
            return ", ".join(f"[[{letter}]]" for letter in _ranking(context, dose, draw, right))


def _called(verdict: str, at: int, context: dict[str, Any]) -> str:
    """The verdict as the labels that the context tells of have it."""
    labels = context.get("labels")
    return str(labels[at]) if labels else verdict


def _words(context: dict[str, Any], verdict: str, other: random.Random | None) -> str:
    """The outcome of a verdict in a sentence, or with `other` an outcome that it is not."""
    said = verdict.strip("[]").split("]")[0]
    if context["mode"] == "score":
        low, high = (int(end) for end in context["scale"])
        levels = [str(level) for level in range(low, high + 1)]
    else:
        levels = list(LETTERS[: len(context["lengths"])]) + [TIE] * (context["mode"] == "pair")
    if other is not None:
        said = other.choice([level for level in levels if level != said])
    if context["mode"] == "score":
        return f"Overall, this response deserves a {said}."
    if context["mode"] == "pair" and said == TIE:
        return "Overall, both responses are equally good."
    return f"Overall, Assistant {said} is the best."


def _score(context: dict[str, Any], dose: Simulation, draw: random.Random, right: bool) -> int:
    low, high = (int(end) for end in context["scale"])
    label = context["label"]
    score = round(float(label)) if right else draw.randint(low, high)
    if dose.length_bias:
        doublings = math.log2((context["lengths"][0] + 1) / (context["mean_length"] + 1))
        shift = dose.length_bias * doublings
        score += _whole(shift, draw)
    for cue, strengths in _cues(context, dose):
        score += _whole(dose.effects[cue] * strengths[0], draw)
    return min(high, max(low, score))


def _choice(context: dict[str, Any], dose: Simulation, draw: random.Random, right: bool) -> str:
    if draw.random() < dose.first_bias:
        return "A"
    if draw.random() < dose.length_bias:
        first, second = context["lengths"]
        return "A" if first >= second else "B"
    pull = _pull(context, dose, draw)
    if pull is not None:
        return LETTERS[pull]
    if context.get("dimension") in dose.acuity:
        right = _sees(context, dose, draw)
        return str(context["label"]) if right else draw.choice(["A", "B"])
    return str(context["label"]) if right else draw.choice(["A", "B", TIE])


def _sees(context: dict[str, Any], dose: Simulation, draw: random.Random) -> bool:
    """Whether an error of the size told is seen; unseen ones are guessed at.

    P(right) is 3/4 at the acuity and grows from 1/2 to 1 - lapse, as Weibull's function does.
    A picture that is not shown hides every error; that there is none is always seen.
    """
    size = float(context["dose"])
    if size == 0 or not context["sees_image"]:
        return size == 0
    most = 1 - 2 * dose.lapse
    falls = math.log1p(-0.5 / most) * (size / dose.acuity[context["dimension"]]) ** 2
    return draw.random() < -most * math.expm1(falls)


def _ranking(context: dict[str, Any], dose: Simulation, draw: random.Random, right: bool) -> str:
    letters = list(context["label"] or LETTERS[: len(context["lengths"])])
    if not right:
        if context["label"] is None or draw.random() < 0.5:
            draw.shuffle(letters)
        else:
            place = draw.randrange(len(letters) - 1)
            letters[place], letters[place + 1] = letters[place + 1], letters[place]
    pull = _pull(context, dose, draw)
    if pull is not None:
        letters.remove(LETTERS[pull])
        letters.insert(0, LETTERS[pull])
    return "".join(letters)


def _cues(context: dict[str, Any], dose: Simulation) -> list[tuple[str, list[float]]]:
    """The cues that this judge heeds, with their strengths in the order shown."""
    cues: dict[str, list[float]] = context.get("cues", {})
    return [(name, strengths) for name, strengths in cues.items() if dose.effects.get(name)]


def _pull(context: dict[str, Any], dose: Simulation, draw: random.Random) -> int | None:
    """The place that a cue makes the judge prefer, if one does."""
    for cue, strengths in _cues(context, dose):
        effect = dose.effects[cue]
        drawn = max(strengths) if effect > 0 else min(strengths)
        if min(strengths) < max(strengths) and draw.random() < abs(effect):
            return strengths.index(drawn)
    return None


def _whole(points: float, draw: random.Random) -> int:
    """A whole number of points that is right on average."""
    return math.floor(points) + (draw.random() < points - math.floor(points))


def _seed(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
