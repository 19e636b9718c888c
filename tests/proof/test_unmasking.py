"""A constant, a random and a twitchy judge: each looks good by some figures, and its card says why.

A constant judge wins everything that asks for stability, a twitchy one whatever asks for a change.
Their verdicts go through the probes' own estimates; nothing is asked of the card but its words.
"""

import random
from collections.abc import Sequence

import polars as pl

from data.records import MODES, Mode, Scale
from data.samples import samples_table
from tasks.baselines import baseline_verdicts
from tasks.config import BootstrapConfig, ProbeConfig
from tasks.measures import estimate, paired_differences, primary
from tasks.probes import PROBES, Found, Variant, estimate_probes
from tasks.report.card import cards
from tasks.report.card_markdown import markdown
from tasks.report.card_records import Card, Finding
from tests.proof.cases import with_pictures
from tests.proof.judges import constant, follows, random_judge, twitchy
from tests.proof.pools import verdicts_of
from tests.proof.recovery import Judge
from tests.tasks.probes.verdict_tables import judged, said

ASKED = ("repeats", "paraphrase", "image-place", "bandwagon", "injection")
KINDS: tuple[Mode, ...] = ("score", "pair")
SAMPLES = [sample for mode in KINDS for sample in with_pictures(mode, 90)]
GAINS = {("pair", "worse/instruction", "captured"), ("score", "worse/instruction", "raised")}
BOOTSTRAP = BootstrapConfig(replicates=200)


def card_of(judge: Judge, asked: Sequence[str] = ASKED) -> Card:
    """The card of a judge, with two measures that are no headlines."""

    def speak(variant: Variant, rng: random.Random) -> str:
        names = verdicts_of(variant.sample.mode, len(variant.sample.responses))
        return rng.choices(names, list(judge(variant.sample, variant)))[0]

    rows = pl.concat([judged(name, SAMPLES, said(name, SAMPLES, speak)) for name in asked]).unique(
        maintain_order=True
    )
    samples = samples_table(SAMPLES)
    verdicts = pl.concat([rows, baseline_verdicts(samples, 1)])
    found = Found(samples, verdicts, ProbeConfig(), Scale(), BOOTSTRAP)
    tables = {
        "estimates": pl.concat(
            [
                estimate(samples, verdicts, BOOTSTRAP),
                estimate_probes(dict.fromkeys(asked, found)),
            ]
        ),
        "differences": paired_differences(samples, verdicts, BOOTSTRAP),
        "verdicts": verdicts,
    }
    headlines = {
        name: (
            PROBES[name].family,
            {(mode, *head) for mode in MODES for head in PROBES[name].headlines(mode)} | GAINS,
        )
        for name in asked
    }
    run = {
        "run_id": "r", "started": "s", "level": 0.95, "dataset": {"name": "d"},
        "judges": [{"name": "j", "model": "m", "simulated": True}],
    }  # fmt: skip
    (made,) = cards(run, tables, headlines, primary(), {})
    return made


def figures(card: Card, metric: str) -> list[Finding]:
    found = [finding for finding in card.findings if finding.metric == metric]
    assert found
    return found


def test_a_constant_judge_is_told_that_steadiness_is_no_merit() -> None:
    card = card_of(constant)
    trust = {row.mode: row.words for row in card.trust}
    assert trust == {
        "score": "not defined: no variation",
        "pair": "not told apart from the best baseline, which needs no judge",
    }
    assert [row.value for row in figures(card, "repeat_agreement")] == [1, 1]
    assert {row.value for row in figures(card, "effect")} == {0}
    assert all(row.words.endswith("it says the same about everything") for row in card.findings)
    assert not any("seen" in row.words and "not seen" not in row.words for row in card.findings)
    text = markdown(card)
    assert "score, s: it says 5 about 90 of 90 samples. That it repeats itself and that" in text
    assert "pair, s: it says C about 90 of 90 samples." in text


def test_a_random_judge_is_told_apart_from_no_baseline_and_repeats_itself_by_chance() -> None:
    card = card_of(random_judge)
    assert [row.mode for row in card.trust] == list(KINDS)
    for trust in card.trust:
        assert trust.words == "not told apart from the best baseline, which needs no judge"
    for row in figures(card, "repeat_agreement"):
        assert row.words.startswith("not told apart from chance (alpha ")
    assert not any(row.words.startswith("seen") for row in card.findings)
    assert not any("no direction" in row.words for row in card.findings)
    assert card.cautions == ()


def test_a_twitchy_judge_is_told_that_it_moves_in_no_direction() -> None:
    card = card_of(twitchy)
    assert {trust.words for trust in card.trust} == {"better than the best baseline"}
    assert [row.value for row in figures(card, "repeat_agreement")] == [1, 1]
    effects = figures(card, "effect")
    for row in effects:
        assert row.excess is not None and row.excess > 0.25
        told = f"; no direction, but {row.excess:.0%} of readable verdicts change with it beyond"
        chance = row.words.startswith("seen alone")  # an interval fails in one of twenty
        assert chance or (row.words.startswith("not seen") and told in row.words)
    assert sum("no direction" in row.words for row in effects) >= 0.8 * len(effects)
    (raised,) = figures(card, "raised")
    assert raised.low is not None and raised.low > 0.1
    assert raised.words == "more than in a rerun, but in no direction: the effect is not seen"
    (captured,) = figures(card, "captured")
    assert captured.value is not None and captured.value > 0
    assert not captured.words.startswith("seen")
    for row in figures(card, "excess_change"):
        assert row.words == "seen; how many change, not which way"
    assert card.cautions == ()


def test_a_judge_that_is_moved_one_way_is_not_taken_for_a_twitchy_one() -> None:
    card = card_of(follows({"injection": 0.6}), ["injection"])
    moved = [row for row in card.findings if row.arm == "worse/instruction"]
    assert {row.metric for row in moved} == {"effect", "raised", "captured"}
    assert {row.words for row in moved} == {"seen"}
