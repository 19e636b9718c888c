"""The defects probe: does a response lose by one wrong fact, and by nothing else?"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from data.make.facts import ItemFacts, ResponseFact
from data.records import TIE, AnswerMode, Label, Mode, Response, Sample, Scale
from tasks.measures import detection
from tasks.measures.detection import Compared, Trial
from tasks.measures.memo import remembered, remembering
from tasks.probes.gold import Gold
from tasks.probes.harmless import HARMLESS
from tasks.probes.kinds import Around, Family, Found, Headline, Variant, asked_again
from tasks.probes.known import Known, shuffled
from tasks.probes.planting import DEFECTS, Planted, planted
from tasks.probes.rows import Cell, Counted, Counting, counted

PLANTED, EDITS = 3, 2  # defects and harmless edits per response
# types that fit few pictures come sooner, so that each is planted about as often
SOONER = {"side": 100.0, "digit": 2.0, "chart value": 2.0, "count": 2.0}
LOST = 3  # points that a defect costs by its label, as in `docs/demo-set.md`
ANY, EDIT = "any", "edit"
SCORED, FIRST, LAST, SIGHT = "scored", "gold-first", "gold-last", "seen"
HARMLESS_ARMS = tuple(f"{EDIT}-{edit}" for edit in HARMLESS)
WORTH = {"A": 1.0, TIE: 0.5, "B": 0.0}  # the original is A


class Defects:
    """One fact of a true response exchanged for a wrong one, and harmless edits of the same one."""

    name = "defects"
    family: Family = "hallucination"
    options: tuple[str, ...] = ("limit", "draws")
    modes: tuple[Mode, ...] = ("score",)

    def applies(self, sample: Sample, around: Around) -> bool:
        """Whether it shows a true response in which facts can be exchanged."""
        return gold_of(sample, around.facts.get(sample.item_id)) is not None

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """A scored true response with defects and edits, alone and beside the original."""
        gold = gold_of(sample, around.facts.get(sample.item_id))
        if gold is None:
            return ()
        draws = tuple(range(around.config.draws))
        found: list[Variant] = [asked_again(sample, draws[1:])]
        for defect, told in _chosen(gold):
            found += _judged(sample, f"{defect}", told.text, draws, around, defect)
            found += _seen(sample, defect, told)
        for edit, text in _edited(gold):
            found += _judged(sample, f"{EDIT}-{edit}", text, draws, around)
        return tuple(found)

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """Over all types: what is detected beyond false alarms, and what is seen yet let pass."""
        found = (ANY, "auc_detect"), (ANY, "youden"), (ANY, "missed_seen")
        return found if mode in {"score", "pair"} else ()

    def estimate(self, found: Found) -> pl.DataFrame:
        """Detection by type of defect and over all, in scores and in pairs."""
        tracks: tuple[Mode, ...] = ("score", "pair")
        frames = []
        for mode in tracks:
            with remembering():  # every arm reads the same comparisons
                countings = list(_countings(mode, found.scale))
                frames.append(counted(self.name, mode, found, countings, also=("ask",)))
        return pl.concat(frames)


def gold_of(sample: Sample, item: ItemFacts | None) -> Gold | None:
    """The item's first full response (else a terse one), if the sample shows it and it is known."""
    if item is None or sample.mode != "score" or len(sample.responses) != 1:
        return None
    told = [fact for fact in item.facts if isinstance(fact, ResponseFact)]
    true = [fact for quality in ("full", "terse") for fact in told if fact.quality == quality]
    shown = sample.responses[0]
    if not true or true[0].author != shown.author:
        return None
    gold = Gold(Known(item), true[0], item.item_id)
    return gold if gold.text() == shown.text else None


def _chosen(gold: Gold) -> Iterator[tuple[str, Planted]]:
    """The types whose turn it is, and the response with each."""
    possible = {defect: planted(gold, defect) for defect in DEFECTS}
    turns = sorted(DEFECTS, key=lambda defect: _turn(gold.key, defect))
    made = [(defect, told) for defect in turns if (told := possible[defect]) is not None]
    yield from made[:PLANTED]


def _turn(key: str, defect: str) -> float:
    digest = hashlib.sha256(f"{key}/{defect}".encode()).digest()
    return int.from_bytes(digest[:4]) / SOONER.get(defect, 1.0)


def _edited(gold: Gold) -> list[tuple[str, str]]:
    turns = [(edit, HARMLESS[edit](gold)) for edit in shuffled(HARMLESS, gold.key)]
    return [(edit, text) for edit, text in turns if text is not None][:EDITS]


def _judged(
    sample: Sample,
    arm: str,
    text: str,
    draws: tuple[int, ...],
    around: Around,
    defect: str | None = None,
) -> Iterator[Variant]:
    """The edited response scored, and beside the original in both orders where pairs are judged."""
    original = sample.responses[0]
    edited = Response(author=original.author, text=text)
    intact = sample.labels[0].verdict if sample.labels else None
    told: dict[str, Any] = {} if defect is None else {"defect": defect, "intact": intact}
    labels = sample.labels if defect is None else _lower(sample.labels, around.scale)
    alone = sample.model_copy(update={"responses": (edited,), "labels": labels})
    yield Variant.model_construct(
        variant=f"{arm}/{SCORED}", sample=alone, presented=(0,), repeats=draws, told=told
    )
    if "pair" not in around.modes:
        return
    better = (Label(annotator="construction", verdict=TIE if defect is None else "A"),)
    both = {"mode": "pair", "responses": (original, edited), "labels": better}
    beside = sample.model_copy(update=both)
    for name, presented in ((FIRST, (0, 1)), (LAST, (1, 0))):
        yield Variant.model_construct(
            variant=f"{arm}/{name}",
            sample=beside,
            presented=presented,
            repeats=draws,
            told=told | {"intact": TIE} if told else {},
        )


def _lower(labels: Sequence[Label], scale: Scale) -> tuple[Label, ...]:
    """What simulated judges take for the defective response's score."""
    return tuple(
        label.model_copy(update={"verdict": f"{max(scale.low, float(label.verdict) - LOST):g}"})
        for label in labels
    )


def _seen(sample: Sample, defect: str, told: Planted) -> Iterator[Variant]:
    """Questions about the very fact, in calls of their own."""
    for number, question in enumerate(told.questions if sample.images else ()):
        yield Variant.model_construct(
            variant=f"{defect}/{SIGHT}/{question.truth}/{number}",
            sample=sample,
            presented=(),
            question=question.text,
            told={"truth": question.truth},
        )


def _countings(mode: Mode, scale: Scale) -> Iterator[Counting]:
    points = (detection.DROP,) if mode == "score" else ()
    planted_ones = (detection.AUC, *points, detection.DETECTED, detection.ALARM, detection.YOUDEN)
    for arm, defects in ((ANY, DEFECTS), *((defect, (defect,)) for defect in DEFECTS)):
        measures = (*planted_ones, *detection.SIGHT)
        yield Counting(_counted(mode, scale, defects, HARMLESS_ARMS), measures, arm)
    for edit in HARMLESS_ARMS:
        measures = (detection.ALARM,)
        yield Counting(_counted(mode, scale, (), (edit,)), measures, edit)


class Outcomes(NamedTuple):
    """What became of a sample's defects and edits in one track."""

    trials: Mapping[str, Trial]
    edits: Mapping[str, Compared]


def _counted(
    mode: Mode, scale: Scale, defects: Sequence[str], edits: Sequence[str]
) -> Callable[[Mapping[str, Any], Sequence[Cell]], Counted]:
    def features(sample: Mapping[str, Any], cells: Sequence[Cell]) -> Counted:
        found = _outcomes(mode, scale, cells)
        trials = [found.trials[defect] for defect in defects if defect in found.trials]
        harmless = [found.edits[edit] for edit in edits if edit in found.edits]
        if not trials and (defects or not harmless):
            return Counted(None, asked=False)
        sums, limits = detection.features(trials, harmless)
        shown = [trial.compared for trial in trials] or harmless
        return Counted(sums, limits, answered=any(compared.read for compared in shown))

    return features


@remembered
def _outcomes(mode: Mode, scale: Scale, cells: Sequence[Cell]) -> Outcomes:
    said: dict[str, list[str | None]] = {}
    for cell in cells:
        said.setdefault(cell.variant, []).append(cell.verdict)
    compared = {arm: _compared(mode, scale, said, arm) for arm in (*DEFECTS, *HARMLESS_ARMS)}
    there = {arm: found for arm, found in compared.items() if found is not None}
    return Outcomes(
        {arm: Trial(there[arm], *_sight(said, arm)) for arm in DEFECTS if arm in there},
        {arm: there[arm] for arm in HARMLESS_ARMS if arm in there},
    )


def _compared(
    mode: Mode, scale: Scale, said: Mapping[str, Sequence[str | None]], arm: str
) -> Compared | None:
    """An arm beside the original; `None` where it was not asked."""
    if mode == "score":
        gold, edit = said.get("base"), said.get(f"{arm}/{SCORED}")
        if not gold or not edit:
            return None
        scores = [[None if v is None else float(v) for v in draws] for draws in (gold, edit)]
        return detection.scored(scores[0], scores[1], scale.high - scale.low)
    first, last = said.get(f"{arm}/{FIRST}"), said.get(f"{arm}/{LAST}")
    if not first or not last:
        return None
    worth = [[None if v is None else WORTH[v] for v in draws] for draws in (first, last)]
    return detection.paired(worth[0], worth[1])


def _sight(said: Mapping[str, Sequence[str | None]], defect: str) -> tuple[bool, bool | None]:
    """Whether there were questions about the defect, and whether it was seen."""
    start = f"{defect}/{SIGHT}/"
    answers = [
        (name.removeprefix(start).partition("/")[0], verdict)
        for name, verdicts in said.items()
        if name.startswith(start)
        for verdict in verdicts
    ]
    wrong = any(said in {"yes", "no"} and said != truth for truth, said in answers)
    right = all(said == truth for truth, said in answers)
    return bool(answers), False if wrong else True if right else None
