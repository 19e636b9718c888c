"""The defects probe: one fact is wrong, by known type; blindness is told from false alarms."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.datasets import load_dataset
from data.layout import DatasetConfig
from data.make.facts import CountFact, ObjectFact, ResponseFact, read_facts
from data.records import Message, Request, Sample, Scale, TextPart
from data.samples import samples_table
from data.schemas import VERDICTS
from data.tables import table
from tasks.clients.simulated import simulated_reply
from tasks.config import BootstrapConfig, ProbeConfig
from tasks.judge_config import Simulation
from tasks.measures.detection import paired, scored
from tasks.probes import PROBES, Around, Found, Variant
from tasks.probes.gold import Gold
from tasks.probes.harmless import HARMLESS
from tasks.probes.known import Known
from tasks.probes.planting import DEFECTS, planted

ROOT = Path(__file__).parents[3]
FACTS = read_facts(ROOT / "data/demo")
SAMPLES = list(load_dataset(DatasetConfig(path=str(ROOT / "data/demo")), ROOT).samples)
AROUND = Around(ProbeConfig(), Scale(), SAMPLES, FACTS)


def golds() -> list[Gold]:
    found = []
    for item in FACTS.values():
        full = [f for f in item.facts if isinstance(f, ResponseFact) and f.quality == "full"]
        found.append(Gold(Known(item), full[0], item.item_id))
    return found


def variants() -> list[tuple[Sample, Variant]]:
    return [(s, v) for s in SAMPLES for v in PROBES["defects"].vary(s, AROUND)]


def words(text: str) -> list[str]:
    return re.findall(r"[\w.]+", text.replace(". ", " ").lower())


@pytest.mark.parametrize("defect", DEFECTS)
def test_every_type_can_be_planted_and_changes_one_sentence(defect: str) -> None:
    made = [(gold, told) for gold in golds() if (told := planted(gold, defect))]
    assert made
    for gold, told in made:
        before = [sentence.text for sentence in gold.sentences]
        kept = [sentence for sentence in before if f". {sentence} " in f". {told.text} "]
        assert len(kept) == len(before) - (defect != "absent object")
        assert told.text != gold.text()
        assert told.questions


@pytest.mark.parametrize("defect", [d for d in DEFECTS if d not in {"absent object", "negation"}])
def test_an_exchange_puts_one_thing_in_the_place_of_another(defect: str) -> None:
    for gold in golds():
        told = planted(gold, defect)
        if told is not None:
            before, after = words(gold.text()), words(told.text)
            assert len(set(before) ^ set(after)) <= 4, told.text
            assert abs(len(before) - len(after)) <= 1


def test_questions_about_a_defect_ask_for_the_true_and_the_wrong_thing() -> None:
    for gold in golds():
        for defect in DEFECTS:
            told = planted(gold, defect)
            truths = [question.truth for question in told.questions] if told else []
            expected = {"absent object": ["no"], "negation": ["yes"]}.get(defect, ["no", "yes"])
            assert told is None or truths == expected


def test_a_planted_colour_is_not_the_one_that_is_drawn() -> None:
    for gold in golds():
        told = planted(gold, "colour")
        drawn = {f.name: f.colour for f in gold.known.item.facts if isinstance(f, ObjectFact)}
        for question in told.questions if told else ():
            name, colour = re.findall(r'"(.+)" drawn in (\w+)', question.text)[0]
            assert (drawn[name] == colour) == (question.truth == "yes")


def test_a_planted_count_is_one_more_than_there_are() -> None:
    for gold in golds():
        told = planted(gold, "count")
        counts = {f.of: f.value for f in gold.known.item.facts if isinstance(f, CountFact)}
        for question in told.questions if told else ():
            for things, number in re.findall(r"number of (\w+) in the image (\d+)", question.text):
                assert int(number) - counts[things] == (question.truth == "no")


@pytest.mark.parametrize("edit", HARMLESS)
def test_harmless_edits_change_words_and_keep_every_number(edit: str) -> None:
    made = [(gold, text) for gold in golds() if (text := HARMLESS[edit](gold))]
    assert made
    for gold, text in made:
        numbers = sorted(re.findall(r"\d+(?:\.\d+)?", gold.text()))
        kept = sorted(re.findall(r"\d+(?:\.\d+)?", text))
        assert text != gold.text()
        assert kept == numbers if edit != "addition" else text.startswith(gold.text())


def test_one_response_per_item_is_asked_about_alone_and_beside_the_original() -> None:
    found = variants()
    assert len({s.item_id for s, _ in found}) == len({s.sample_id for s, _ in found}) == 24
    assert {s.mode for s, _ in found} == {"score"}
    for sample, variant in found:
        assert variant.sample.sample_id == sample.sample_id
        if variant.variant.endswith("/gold-last"):
            assert variant.sample.mode == "pair"
            assert variant.presented == (1, 0)
            assert variant.sample.responses[0] == sample.responses[0] != variant.sample.responses[1]


def test_where_pairs_are_not_judged_none_are_asked() -> None:
    scores = [sample for sample in SAMPLES if sample.mode == "score"]
    around = Around(ProbeConfig(), Scale(), scores, FACTS)
    asked = [v for sample in scores for v in PROBES["defects"].vary(sample, around)]
    assert {v.sample.mode for v in asked} == {"score"}


def test_a_response_whose_facts_are_not_known_is_left_alone() -> None:
    gold = next(s for s, _ in variants())
    other = gold.model_copy(
        update={"responses": (gold.responses[0].model_copy(update={"text": "{{ ]] 5"}),)}
    )
    assert PROBES["defects"].vary(other, AROUND) == ()
    assert PROBES["defects"].vary(gold, Around(ProbeConfig(), Scale(), SAMPLES)) == ()


def estimates(dose: Simulation, lost: str = "") -> dict[tuple[str, str, str], dict[str, Any]]:
    """Pooled estimates by (mode, arm, metric) of a simulated judge; `lost` ends are unreadable."""
    rows: list[dict[str, Any]] = []
    for sample, ask in variants():
        bases = [0] if ask.variant == "base" else []
        for repeat in (*bases, *ask.repeats):
            said = None if lost and ask.variant.endswith(lost) else verdict(ask, repeat, dose)
            mode = "ask" if ask.question else ask.sample.mode
            status = {"score": "scored", "pair": "chosen", "ask": "said"}[mode]
            base = ask.variant == "base" and repeat == 0
            rows.append(
                {"sample_id": sample.sample_id, "mode": mode, "judge": "j", "setting": "s",
                 "probe": None if base else "defects", "variant": ask.variant, "repeat": repeat,
                 "status": status if said else "refused", "verdict": said}
            )  # fmt: skip
    quick = BootstrapConfig(replicates=100)
    tables = samples_table(SAMPLES), table(rows, VERDICTS)
    found = PROBES["defects"].estimate(Found(*tables, ProbeConfig(), Scale(), quick))
    pooled = found.filter(pl.col("group") == "pooled").iter_rows(named=True)
    return {(row["mode"], row["arm"], row["metric"]): row for row in pooled}


def verdict(ask: Variant, repeat: int, dose: Simulation) -> str:
    """What a simulated judge says, in own order."""
    label = ask.sample.labels[0].verdict
    turned = ask.presented == (1, 0)
    context: dict[str, Any] = {
        "purpose": "ask" if ask.question else "judge", "mode": ask.sample.mode, "scale": [1, 5],
        "label": "B" if turned and label == "A" else label, "sees_image": True,
        "lengths": [1] * len(ask.presented), "mean_length": 1.0, **ask.told,
    }  # fmt: skip
    key = f"{ask.variant} {ask.sample.sample_id}"
    message = Message(role="user", content=(TextPart(text=key),))
    request = Request(provider="s", endpoint="", model="s", messages=(message,), params={},
                      context=context, repeat=repeat)  # fmt: skip
    said: str = re.findall(r"\[\[(\w+)\]\]", simulated_reply(request, dose)[0])[0]
    return {"A": "B", "B": "A"}.get(said, said) if turned else said


def test_blindness_to_one_type_is_found_there_and_nowhere_else() -> None:
    found = estimates(Simulation(accuracy=1.0, defect_blindness={"colour": 1.0}))
    for mode in ("score", "pair"):
        assert found[mode, "colour", "auc_detect"]["value"] == 0.5
        assert found[mode, "colour", "detected"]["value"] == 0.0
        assert found[mode, "colour", "missed_seen"]["value"] == 1.0
        assert found[mode, "unit", "auc_detect"]["value"] == 1.0
        assert found[mode, "unit", "youden"]["value"] == 1.0
    assert found["score", "unit", "score_drop"]["value"] == 3.0


def test_what_is_not_seen_is_told_from_what_is_seen_and_let_pass() -> None:
    dose = Simulation(
        accuracy=1.0, sensitivity=0.0, specificity=0.0, defect_blindness={"colour": 1.0}
    )
    found = estimates(dose)
    assert found["score", "colour", "missed_unseen"]["value"] == 1.0
    assert found["score", "colour", "missed_seen"]["value"] == 0.0
    assert found["score", "any", "defects_seen"]["value"] == 0.0


def test_a_judge_that_draws_at_random_detects_nothing_beyond_its_false_alarms() -> None:
    found = estimates(Simulation(accuracy=0.0))
    assert found["score", "any", "detected"]["value"] > 0.25
    for mode in ("score", "pair"):
        row = found[mode, "any", "youden"]
        assert row["low"] <= 0.0 <= row["high"]


def test_defects_whose_questions_have_no_readable_answer_are_counted_with_limits() -> None:
    found = estimates(Simulation(accuracy=1.0), lost="/no/0")
    row = found["score", "absent object", "defects_seen"]
    assert (row["value"], row["bound_low"], row["bound_high"]) == (None, 0.0, 1.0)
    assert found["score", "absent object", "sight_unknown"]["value"] == 1.0


def test_refused_scores_leave_limits_of_what_they_could_have_been() -> None:
    row = estimates(Simulation(accuracy=1.0), lost="/scored")["score", "any", "auc_detect"]
    assert (row["value"], row["n"]) == (None, 0)
    assert (row["bound_low"], row["bound_high"]) == (0.0, 1.0)


draws = st.lists(st.integers(1, 5).map(float), min_size=1, max_size=4)


@given(draws, draws)
def test_the_comparison_of_scores_equals_its_brute_force(
    gold: list[float], bad: list[float]
) -> None:
    found = scored(gold, bad, 4.0)
    above = np.mean([g > b for g in gold for b in bad])
    same = np.mean([g == b for g in gold for b in bad])
    assert found.auc == pytest.approx(above + same / 2)
    assert found.hit == pytest.approx(above)
    assert found.drop == pytest.approx(np.mean(gold) - np.mean(bad))
    assert found.low == found.high == pytest.approx((found.auc, found.drop, found.hit))


def test_in_pairs_the_original_must_be_chosen_in_both_orders() -> None:
    assert paired([1.0, 1.0], [0.0, 1.0]).hit == 0.5
    assert paired([1.0], [0.5]).hit == 0.0
    assert paired([1.0], [0.5]).auc == 0.75
    assert paired([1.0, None], [1.0]).low == (0.75, 0.0, 0.5)
