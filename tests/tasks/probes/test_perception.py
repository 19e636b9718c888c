"""The perception probe: exact questions, once per picture; POPE's figures."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from data.datasets import load_dataset
from data.layout import DatasetConfig
from data.make.facts import FACTS, read_facts
from data.records import YES_NO, Sample, Scale
from data.samples import samples_table
from data.schemas import VERDICTS
from data.tables import table
from tasks.config import BootstrapConfig, ProbeConfig
from tasks.config_file import parse_config
from tasks.measures.kinds import Columns
from tasks.measures.perception import ANSWERS, Answered, features, limits
from tasks.parsing import parse
from tasks.probe_plan import probed_variants
from tasks.probes import PROBES, Around, Found, Variant
from tasks.verdicts import canonical

ROOT = Path(__file__).parents[3]
NONE = Columns(np.array([]), np.array([]))


def demo() -> Around:
    samples = list(load_dataset(DatasetConfig(path=str(ROOT / "data/demo")), ROOT).samples)
    return Around(ProbeConfig(), Scale(), samples, read_facts(ROOT / "data/demo"))


@pytest.fixture(scope="module")
def asked() -> list[Variant]:
    around = demo()
    return [v for sample in around.samples for v in PROBES["perception"].vary(sample, around)]


def arm(variant: Variant) -> str:
    return variant.variant.split("/")[0]


def figures(group: list[Answered]) -> dict[str, float]:
    sums = np.array(features(group))
    return {measure.name: float(measure.value(sums, NONE)) for measure in ANSWERS}


def test_a_picture_is_asked_about_once_however_many_samples_show_it(asked: list[Variant]) -> None:
    assert {v.repeats for v in asked} == {(0,)}
    assert len({v.sample.sample_id for v in asked}) == len({v.sample.item_id for v in asked}) == 24


def test_three_things_are_there_and_three_are_absent_in_each_arm(asked: list[Variant]) -> None:
    facts = read_facts(ROOT / "data/demo")
    for item in facts.values():
        own = [v for v in asked if v.sample.item_id == item.item_id and not v.images]
        said = next(fact for fact in item.facts if fact.type == "presence")
        by_arm = {a: {v.question for v in own if arm(v) == a} for a in ("present", "random",
                  "popular", "adversarial")}  # fmt: skip
        there = {f"Is there {phrase} in the image?" for phrase in said.present}
        absent = {f"Is there {phrase} in the image?" for phrase in said.absent}
        assert by_arm["present"] <= there
        assert len(by_arm["present"]) == min(3, len(said.present))
        assert by_arm["random"] | by_arm["popular"] | by_arm["adversarial"] <= absent
        assert len(by_arm["adversarial"]) == len(by_arm["random"]) == 3


def test_popular_things_are_in_other_pictures_more_often_than_random_ones(
    asked: list[Variant],
) -> None:
    often = {f"Is there {phrase} in the image?": n for phrase, n in demo().often.items()}
    counts = {
        name: [often.get(str(v.question), 0) for v in asked if arm(v) == name]
        for name in ("popular", "random")
    }
    assert min(counts["popular"]) >= 1
    assert np.mean(counts["popular"]) > np.mean(counts["random"])


def test_the_same_question_of_the_edited_picture_has_the_other_answer(asked: list[Variant]) -> None:
    kinds = set()
    for one in (v for v in asked if v.images):
        plain = [v for v in asked if v.sample.item_id == one.sample.item_id and not v.images
                 and v.question == one.question]  # fmt: skip
        assert {v.told["truth"] for v in plain} == {"no" if one.told["truth"] == "yes" else "yes"}
        kinds.add(one.sample.source)
    assert kinds == {"bar-chart", "shapes", "table", "receipt", "map"}


def test_own_annotations_need_an_item_and_what_is_there_and_absent(tmp_path: Path) -> None:
    line = {"item_id": "1", "facts": [{"type": "presence", "present": ["a dog", "a lead"],
            "absent": ["a cat", "a {{ bone }} \"quoted\""]}]}  # fmt: skip
    (tmp_path / FACTS).write_text(json.dumps(line) + "\n")
    image = {"path": "p.png", "sha256": "0" * 64}
    sample = Sample.model_validate(
        {"sample_id": "d/score/1", "item_id": "1", "cluster_id": "c", "mode": "score",
         "source": None, "instruction": "?", "images": [image]}
    )  # fmt: skip
    around = Around(ProbeConfig(), Scale(), [sample], read_facts(tmp_path))
    found = PROBES["perception"].vary(sample, around)
    assert [v.told["truth"] for v in found] == ["yes", "yes", "no", "no"]
    assert {arm(v) for v in found} == {"present", "random"}
    assert not any(v.images for v in found)


def test_nothing_is_asked_without_facts_or_where_pictures_are_not_shown() -> None:
    around = demo()
    bare = Around(around.config, around.scale, around.samples)
    assert PROBES["perception"].vary(around.samples[0], bare) == ()
    settings: dict[str, Any] = {
        "name": "t", "dataset": {"path": "x"}, "settings": ["no-figure"],
        "judges": [{"name": "s", "client": "simulated"}],
        "probes": {"perception": {}, "defects": {}},
    }  # fmt: skip
    found = list(
        probed_variants(parse_config(settings), around.samples, around.scale, around.facts)
    )
    assert found
    assert all(probed.ask.question is None for probed in found)


def test_unsure_and_unreadable_are_outcomes_of_their_own() -> None:
    found = figures([("yes", "yes"), ("yes", "unsure"), ("no", "no"), ("no", None)])
    assert found["seen_accuracy"] == pytest.approx(2 / 3)
    assert found["seen_recall"] == 0.5
    assert found["seen_precision"] == 1.0
    assert found["yes_ratio"] == pytest.approx(1 / 3)
    assert found["unsure_rate"] == pytest.approx(1 / 3)
    assert found["unread_rate"] == 0.25
    assert np.isnan(found["group_accuracy"])


def test_limits_take_unreadable_answers_as_wrong_and_as_right() -> None:
    group: list[Answered] = [("yes", "yes"), ("no", None)]
    given = np.array(features(group))
    ends = [float(ANSWERS[0].value(given + np.array(end), NONE)) for end in limits(group)]
    assert ends == [0.5, 1.0]


def estimates(says: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """Pooled estimates by (arm, metric) of a judge that says `says(truth)` to every question."""
    around, rows = demo(), []
    for sample in around.samples:
        for variant in PROBES["perception"].vary(sample, around):
            said = says(str(variant.told["truth"]))
            rows.append(
                {"sample_id": sample.sample_id, "mode": "ask", "judge": "j", "setting": "s",
                 "probe": "perception", "variant": variant.variant, "repeat": 0,
                 "status": "said" if said else "unparsed", "verdict": said}
            )  # fmt: skip
    quick = BootstrapConfig(replicates=100)
    found = PROBES["perception"].estimate(
        Found(samples_table(around.samples), table(rows, VERDICTS), around.config, Scale(), quick)
    )
    pooled = found.filter(pl.col("group") == "pooled").iter_rows(named=True)
    return {(row["arm"], row["metric"]): row for row in pooled}


def test_a_judge_that_always_says_yes_is_unmasked() -> None:
    found = estimates(lambda truth: "yes")
    assert found["adversarial", "yes_ratio"]["value"] == 1.0
    assert found["adversarial", "group_accuracy"]["value"] == 0.0
    assert found["readout-edited", "edit_accuracy"]["value"] == 0.0
    assert found["count", "seen_accuracy"]["value"] == 0.5
    assert found["count", "group_chance"]["value"] == 0.25
    assert {row["mode"] for row in found.values()} == {"ask"}


def test_a_judge_that_sees_everything_is_right_about_edited_pictures_too() -> None:
    found = estimates(lambda truth: truth)
    for name in ("erased-edited", "colour-edited", "readout-edited"):
        assert found[name, "edit_accuracy"]["value"] == 1.0
    assert found["every", "group_accuracy"]["value"] == 1.0


def test_without_a_readable_answer_there_is_no_figure_but_its_limits() -> None:
    row = estimates(lambda truth: None)["random", "seen_accuracy"]
    assert (row["value"], row["n"], row["n_missing"]) == (None, 0, 24)
    assert (row["bound_low"], row["bound_high"]) == (0.0, 1.0)


def reference_reader(answer: str) -> str:
    """The published rule: `no` where the first sentence says so, everything else is `yes`."""
    words = answer.split(".")[0].replace(",", "").split(" ")
    return "no" if {"No", "not", "no"} & set(words) else "yes"


def ours(answer: str) -> str | None:
    return canonical(parse(answer, "ask", 0, Scale(), "stop", YES_NO).verdict)


def recorded(folder: Path, category: str) -> Iterator[dict[str, Any]]:
    for line in (folder / "pope/llava_v1.5_13b_joined.jsonl").read_text().splitlines():
        row = json.loads(line)
        if row["category"] == category:
            yield row


@pytest.mark.data
@pytest.mark.parametrize(
    ("category", "f1"), [("random", 87.14), ("popular", 86.25), ("adversarial", 84.46)]
)
def test_recorded_answers_give_the_published_figures(
    shared_data: Path, category: str, f1: float
) -> None:
    rows = recorded(shared_data, category)
    found = figures([(row["label"], ours(row["llava_v1.5_13b_answer"])) for row in rows])
    assert round(100 * found["seen_f1"], 2) == f1
    assert found["unread_rate"] == 0.0


HEDGES = (
    "I am unable to view images.", "[[unsure]]", "Too blurry to tell.", "", "429 Too Many Requests",
)  # fmt: skip


@pytest.mark.data
def test_the_reference_reader_takes_every_non_answer_for_a_yes(shared_data: Path) -> None:
    rows = [(row["label"], row["llava_v1.5_13b_answer"]) for row in recorded(shared_data, "random")]
    spoilt = [
        (label, HEDGES[at // 10 % len(HEDGES)] if at % 10 == 0 else answer)
        for at, (label, answer) in enumerate(rows)
    ]
    plain = figures([(label, reference_reader(answer)) for label, answer in rows])
    reference = figures([(label, reference_reader(answer)) for label, answer in spoilt])
    gate = figures([(label, ours(answer)) for label, answer in spoilt])
    assert reference["yes_ratio"] - plain["yes_ratio"] == pytest.approx(0.058, abs=0.002)
    assert gate["unread_rate"] == pytest.approx(0.08, abs=0.001)
    assert gate["unsure_rate"] == pytest.approx(0.022, abs=0.001)
    assert abs(gate["seen_precision"] - plain["seen_precision"]) < 0.002 < 0.05
    assert plain["seen_precision"] - reference["seen_precision"] > 0.05
