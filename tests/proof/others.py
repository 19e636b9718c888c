"""The second table of doses in `docs/probes.md`: `python -m tests.proof.others`.

Probes whose headline is no contrast with a cue. Every judge here is one and the same that knows
the label, or what is asked about the picture, and has one dose besides; what a headline should
show of it is a sum over its probabilities. Where it differs from the judge without a dose, and the
dose is not the probe's own, the dose leaks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from data.records import AnswerMode, Label, Mode, Sample
from tasks.measures.kinds import Floats
from tasks.probes import Variant
from tasks.probes.contrasts import Arm, named
from tests.proof import agreeing, test_places, test_repeats, test_seeing
from tests.proof.cases import items_of_two
from tests.proof.judges import labelled, pulled
from tests.proof.matrix import put
from tests.proof.pools import Pool, make_pool, plain_samples
from tests.proof.recovered import Key
from tests.proof.recovery import Judge, chances, recover
from tests.proof.seeing import SEES, answers, defect_truths, demo_pool, hardness, track
from tests.proof.truths import contrast_truths

BEGIN, END = "<!-- others -->", "<!-- end of others -->"
DOSE, SLOTS, RUNS, SIZE, POWER = 0.3, 120, 24, 300, 2.8
Dosed = Callable[[Sample, Variant, Floats], Floats]


def knowing(sample: Sample, ask: Variant) -> Floats:
    """The judge without a dose: of a triangle's scores, 4 for the better response and 2 or 3."""
    if ask.question is not None:
        return answers(ask, SEES)
    if ask.sample.labels:
        return labelled(ask.sample)
    better = {"A": 0, "B": 1}.get(sample.labels[0].verdict)
    own = "AB".index(ask.variant[-1])
    score = "3" if better is None else "4" if own == better else "2"
    label = Label(annotator="a", verdict=score)
    return labelled(ask.sample.model_copy(update={"labels": (label,)}))


def with_dose(dosed: Dosed, share: Callable[[Sample], float] = lambda sample: DOSE) -> Judge:
    """The judge that so often says something else than it knows."""

    def judge(sample: Sample, ask: Variant) -> Floats:
        chance, often = knowing(sample, ask), share(sample)
        return np.asarray((1 - often) * chance + often * dosed(sample, ask, chance))

    return judge


def first(sample: Sample, ask: Variant, chance: Floats) -> Floats:
    """What is shown first."""
    if ask.question is not None or ask.sample.mode == "score":
        return chance
    own = tuple(float(at == ask.presented[0]) for at in range(len(ask.sample.responses)))
    return pulled(ask.sample, chance, own, up=True)


def longest(sample: Sample, ask: Variant, chance: Floats) -> Floats:
    """The longest text, or a point more for a text that has become longer, and less for shorter."""
    lengths = [float(len(response.text.split())) for response in ask.sample.responses]
    if ask.question is None and ask.sample.mode != "score":
        return chance if len(set(lengths)) == 1 else pulled(ask.sample, chance, (*lengths,), True)
    before = float(len(sample.responses[0].text.split()))
    if ask.question is not None or sample.mode != "score" or lengths[0] == before:
        return chance
    return pulled(ask.sample, chance, (1.0,), up=lengths[0] > before)


def anything(sample: Sample, ask: Variant, chance: Floats) -> Floats:
    """Any verdict."""
    return np.full(len(chance), 1 / len(chance))


def unseen(sample: Sample, ask: Variant, chance: Floats) -> Floats:
    """Any answer to a question about the picture, or where no picture is shown."""
    away = ask.question is not None or ask.prompt.steps == "no-figure"
    return anything(sample, ask, chance) if away else chance


def intact(sample: Sample, ask: Variant, chance: Floats) -> Floats:
    """What the response would get without its defect."""
    if "defect" not in ask.told:
        return chance
    verdict = ask.told["intact"] if ask.sample.mode == "score" else "C"
    label = ask.sample.labels[0].model_copy(update={"verdict": verdict})
    return labelled(ask.sample.model_copy(update={"labels": (label,)}))


def worded(sample: Sample, ask: Variant, chance: Floats) -> Floats:
    """Anything under one of the wordings and one of the settings."""
    changed = ask.variant in {"formal", "no-figure"}
    return anything(sample, ask, chance) if changed else chance


def attached(sample: Sample, ask: Variant, chance: Floats) -> Floats:
    """The score that is attached to the reference."""
    if not ask.variant.startswith("score-"):
        return chance
    return np.asarray(np.eye(5)[int(ask.variant[len("score-")]) - 1])


DOSES: Mapping[str, Judge] = {
    "none": knowing,
    "first place": with_dose(first),
    "longer texts": with_dose(longest),
    "noise": with_dose(anything),
    "uneven noise": with_dose(anything, lambda sample: DOSE * (1 + hardness(sample))),
    "sees nothing": with_dose(unseen),
    "overlooks defects": with_dose(intact),
    "one wording": with_dose(worded),
    "attached score": with_dose(attached),
}


@dataclass(frozen=True)
class Row:
    """A probe's headline: how it is found from a pool, and which of the doses are its own."""

    probe: str
    mode: AnswerMode
    key: Key
    pool: Callable[[], Pool]
    truths: Callable[[Pool, Judge], Mapping[Key, float]]
    own: tuple[str, ...]


def _plain(probe: str, mode: Mode) -> Callable[[], Pool]:
    samples = plain_samples(mode, SLOTS, 3)
    return lambda: make_pool(probe, mode, samples, repeats=test_repeats.K)


def _order(pool: Pool, judge: Judge) -> Mapping[Key, float]:
    return test_places.MODES[pool.mode](test_places.by_sample(pool, judge))


def _changed(pool: Pool, judge: Judge) -> Mapping[Key, float]:
    arm = "formal" if pool.probe == "paraphrase" else "no-figure"
    found = contrast_truths(pool, chances(pool, judge), [Arm(arm, named(arm))])
    return found | agreeing.arm_agreements(pool, judge, [arm])


def _anchored(pool: Pool, judge: Judge) -> Mapping[Key, float]:
    slopes = []
    for own in test_places.by_sample(pool, judge):
        said = {name[6]: chance for name, chance in own.items() if name.startswith("score-")}
        means = [float(said[level] @ np.arange(1, 6)) for level in "12345"]
        slopes.append(np.polyfit(range(1, 6), means, 1)[0])
    return {(None, "anchor_slope"): float(np.mean(slopes))}


def _conflicts(pool: Pool, judge: Judge) -> Mapping[Key, float]:
    found = []
    for own in test_places.by_sample(pool, judge):
        both = np.outer(own["score/A"], own["score/B"])
        scored = np.array([np.tril(both, -1).sum(), np.triu(both, 1).sum(), np.trace(both)])
        found.append(float(((scored - own["base"]) ** 2).sum() / 2))
    return {("score-pair", "conflict_excess"): float(np.mean(found))}


def _defects(mode: str) -> Callable[[Pool, Judge], Mapping[Key, float]]:
    return lambda pool, judge: defect_truths(pool, chances(pool, judge), mode)


def _perception(pool: Pool, judge: Judge) -> Mapping[Key, float]:
    return test_seeing.perception_truths(pool, chances(pool, judge))


def _anchor_pool() -> Pool:
    return make_pool("reference-score", "score", items_of_two("score")[0][:SLOTS])


CHANGE, SHIFT = ("formal", "excess_change"), ("no-figure", "agreement_shift")
SAME, AUC = (None, "repeat_agreement"), ("any", "auc_detect")
FIRST, LIFT = (None, "first_preference"), (None, "first_slot_lift")
ROWS: tuple[Row, ...] = (
    Row("order", "pair", FIRST, _plain("order", "pair"), _order, ("first place",)),
    Row("order", "batch", LIFT, _plain("order", "batch"), _order, ("first place",)),
    Row("reference-score", "score", (None, "anchor_slope"), _anchor_pool, _anchored,
        ("attached score",)),
    Row("defects", "score", AUC, lambda: track("score"), _defects("score"),
        ("overlooks defects",)),
    Row("defects", "pair", AUC, lambda: track("pair"), _defects("pair"), ("overlooks defects",)),
    Row("defects", "score", ("any", "missed_seen"), lambda: track("score"), _defects("score"),
        ("overlooks defects",)),
    Row("perception", "ask", ("adversarial", "seen_accuracy"), lambda: demo_pool("perception"),
        _perception, ("sees nothing",)),
    Row("paraphrase", "pair", CHANGE, _plain("paraphrase", "pair"), _changed, ("one wording",)),
    Row("paraphrase", "pair", ("formal", "agreement_shift"), _plain("paraphrase", "pair"),
        _changed, ("one wording",)),
    Row("settings", "pair", SHIFT, _plain("settings", "pair"), _changed,
        ("one wording", "sees nothing")),
    Row("triangle", "pair", ("score-pair", "conflict_excess"), _plain("triangle", "pair"),
        _conflicts, ()),
    Row("repeats", "score", SAME, _plain("repeats", "score"), test_repeats.repeat_truths,
        ("noise", "uneven noise")),
    Row("repeats", "pair", SAME, _plain("repeats", "pair"), test_repeats.repeat_truths,
        ("noise", "uneven noise")),
)  # fmt: skip


def table() -> str:
    """The Markdown table: a row per headline, a column per dose; the probe's own are bold."""
    head = ["probe, mode, arm, measure", *DOSES, "sees at 300"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in ROWS:
        pool = row.pool()
        cells = []
        for name, judge in DOSES.items():
            shown = f"{round(row.truths(pool, judge)[row.key], 3) + 0.0:+.3f}"  # no -0.000
            cells.append(f"**{shown}**" if name in row.own else shown)
        found = recover(pool, knowing, RUNS, SIZE, replicates=100).runs[row.key][:, 0]
        sees = POWER * math.sqrt(float(np.var(found, ddof=1)))
        arm, metric = row.key
        name = ", ".join((row.probe, row.mode, *([arm] if arm else []), metric))
        lines.append(f"| {' | '.join([name, *cells, f'{sees:.3f}'])} |")
    return "\n".join(lines)


if __name__ == "__main__":
    put(table(), BEGIN, END)
