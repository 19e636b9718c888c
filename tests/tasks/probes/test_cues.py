import random
from typing import Any

import pytest

from data.records import MODES, Label, Sample
from tasks.probes import CUES, PROBES
from tasks.probes.cues import ADDED, CONTROL, Cue
from tasks.probes.kinds import Variant
from tasks.probes.wordings import called, first_half, rotated
from tests.tasks.probes.judging import TEXT, dosed, labelled
from tests.tasks.probes.verdict_tables import asked, pooled

TWINNED = [cue for cue in CUES if any(v.name == CONTROL for v in cue.versions["pair"])]
IN_RESPONSE = [cue for cue in CUES if cue.place == "response"]
HOSTILE = "{text} {0} {draft}. === END ===\n{{name}} % \\1 {others!r}. Ignore this!"


def told(cue: Cue, sample: Sample) -> dict[str, Variant]:
    """What is asked besides the base question, by side and version."""
    found = asked(cue.name, sample)
    return {name.rpartition("/")[0]: variant for name, variant in found.items() if "/" in name}


@pytest.mark.parametrize("cue", CUES, ids=lambda cue: cue.name)
@pytest.mark.parametrize("mode", MODES)
def test_every_side_and_version_is_asked_as_often_as_the_base(cue: Cue, mode: str) -> None:
    base, *variants = asked(cue.name, labelled(mode, 1)).values()
    assert (base.variant, base.repeats) == ("base", (1,))
    sides = ("own",) if mode == "score" else ("worse", "better")
    wanted = [f"{side}/{v.name}" for side in sides for v in cue.versions[labelled(mode, 1).mode]]
    assert [v.variant.rpartition("/")[0] for v in variants] == wanted
    assert {v.repeats for v in variants} == {(0, 1)}


@pytest.mark.parametrize("cue", CUES, ids=lambda cue: cue.name)
@pytest.mark.parametrize("mode", MODES)
def test_only_the_remark_or_only_the_target_is_changed(cue: Cue, mode: str) -> None:
    sample = labelled(mode, 3)
    for name, variant in told(cue, sample).items():
        last, first = sample.labels[0].verdict[-1], sample.labels[0].verdict[0]
        worse = last if mode == "batch" else "BA"[first == "B"]
        target = 0 if mode == "score" else "ABCD".index(worse if "worse" in name else first)
        assert variant.cues[ADDED][target] == 1.0
        for own, (old, new) in enumerate(
            zip(sample.responses, variant.sample.responses, strict=True)
        ):
            assert (old == new) is (own != target or cue.place == "remark")
            assert old.text in new.text
        assert (f"Assistant {'ABCD'[target]}" in variant.prompt.remark) is (cue.place == "remark")


@pytest.mark.parametrize("cue", CUES, ids=lambda cue: cue.name)
def test_wordings_rotate_over_samples_and_stay_for_each(cue: Cue) -> None:
    variants = [v for n in range(300) for v in told(cue, labelled("pair", n)).values()]
    seen = {v.variant for v in variants}
    words = cue.versions["pair"][0].words
    assert len(words) >= 3
    assert {name.rpartition("/")[2] for name in seen} == set(words)
    assert told(cue, labelled("pair", 5)) == told(cue, labelled("pair", 5))


@pytest.mark.parametrize("cue", TWINNED, ids=lambda cue: cue.name)
@pytest.mark.parametrize("mode", MODES)
def test_the_neutral_twin_is_as_long_and_bears_no_cue(cue: Cue, mode: str) -> None:
    slack = 2 if cue.place == "remark" and cue.name != "distraction" else 0
    for number in range(60):
        variants = told(cue, labelled(mode, number))
        for name, variant in variants.items():
            twin = variants[f"{name.partition('/')[0]}/{CONTROL}"]
            assert twin.variant.rpartition("/")[2] == variant.variant.rpartition("/")[2]
            assert set(twin.cues[cue.name]) == {0.0}
            assert abs(words(twin) - words(variant)) <= slack


def words(variant: Variant) -> int:
    texts = [variant.prompt.remark, *(response.text for response in variant.sample.responses)]
    return sum(len(text.split()) for text in texts)


@pytest.mark.parametrize("cue", IN_RESPONSE, ids=lambda cue: cue.name)
def test_hostile_text_is_kept_as_it_is(cue: Cue) -> None:
    for number in range(20):
        for variant in told(cue, labelled("score", number, HOSTILE)).values():
            assert HOSTILE in variant.sample.responses[0].text


@pytest.mark.parametrize("cue", CUES, ids=lambda cue: cue.name)
def test_a_tie_or_a_missing_label_leaves_nothing_to_ask(cue: Cue) -> None:
    tie = labelled("pair", 1).model_copy(update={"labels": (Label(annotator="x", verdict="C"),)})
    assert asked(cue.name, tie) == {}
    assert asked(cue.name, tie.model_copy(update={"labels": ()})) == {}


def test_a_single_sentence_has_no_draft_and_is_not_asked_about() -> None:
    assert first_half("One. Two. Three.") == "One. Two."
    assert asked("refinement", labelled("score", 1, "Just one sentence.")) == {}


def test_remarks_name_the_author_and_the_others() -> None:
    assert called(1, 2) == {"name": "Assistant B", "others": "Assistant A"}
    assert called(2, 4)["others"] == "Assistants A, B and D"


def test_turns_are_even_and_depend_on_the_sample_alone() -> None:
    turns = [rotated("abc", f"d/pair/{n}") for n in range(3000)]
    assert all(900 < turns.count(letter) < 1100 for letter in "abc")


HEADLINES = [  # what a judge whom cues move by 0.4 and any words by 0.3 shows
    ("authority", "pair", "worse/cue-control", None),
    ("bandwagon", "batch", "worse/cue-control", None),
    ("bandwagon", "score", "own/high-own/low", 0.8),
    ("distraction", "score", "own/fact-control", 0.4),
    ("names", "pair", "worse/famous-better/famous", 0.4),
    ("sentiment", "score", "own/tone-control", 0.4),
]


@pytest.mark.parametrize(("probe", "mode", "arm", "dose"), HEADLINES)
def test_a_known_dose_is_found_and_none_is_not(
    probe: str, mode: str, arm: str, dose: float | None
) -> None:
    samples = [labelled(mode, n) for n in range(200)]
    found = pooled(probe, samples, dosed({probe: 0.4, ADDED: 0.3}))[arm, "effect"]
    assert found["low"] > 0
    assert dose is None or near(found, dose)
    words = {ADDED: 0.3} if "control" in arm else {}
    assert near(pooled(probe, samples, dosed(words))[arm, "effect"], 0.0)


def near(found: dict[str, Any], value: float) -> bool:
    """Whether a value is inside the interval made twice as wide: four standard errors."""
    return bool(abs(found["value"] - value) <= found["high"] - found["low"])


def test_added_words_alone_show_in_both_arms_and_not_between_them() -> None:
    samples = [labelled("score", n) for n in range(250)]
    found = pooled("authority", samples, dosed({ADDED: 0.5}))
    assert found["own/cue", "effect"]["low"] > 0
    assert found["own/control", "effect"]["low"] > 0
    assert near(found["own/cue-control", "effect"], 0.0)


def test_groups_that_are_treated_differently_are_told_apart() -> None:
    def unfair(variant: Variant, rng: random.Random) -> str:
        score = rng.choice((2, 3, 3, 3, 4))
        return str(score - ("/group/old" in variant.variant))

    samples = [labelled("score", n) for n in range(400)]
    found = pooled("identity", samples, unfair)
    old = found["own/group/old-control", "effect"]
    assert old["low"] <= -1 <= old["high"] < 0
    assert found["own/group-control", "effect_spread"]["low"] > 0
    fair = pooled("identity", samples, dosed({"identity": 1.0}))["own/group-control", "effect"]
    assert fair["value"] == pytest.approx(1.0, abs=0.2)


def test_missing_verdicts_are_counted_and_bounded() -> None:
    def shy(variant: Variant, rng: random.Random) -> str | None:
        return None if "/cue/" in variant.variant and rng.random() < 0.3 else "3"

    found = pooled("authority", [labelled("score", n) for n in range(60)], shy)
    assert found["own/cue", "unreadable_shift"]["value"] == pytest.approx(0.3, abs=0.1)
    effect = found["own/cue", "effect"]
    assert effect["value"] == 0.0
    assert effect["n_missing"] > 0
    assert effect["bound_low"] < 0 < effect["bound_high"]


def test_the_registry_holds_every_cue_under_its_own_name() -> None:
    assert [PROBES[cue.name] for cue in CUES] == list(CUES)
    assert TEXT.count(".") == 3
