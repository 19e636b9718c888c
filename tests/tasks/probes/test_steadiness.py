"""What the probes of consistency and of remedies ask, and what is made of the answers."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data.records import Response, Sample, Scale
from data.schemas import SAMPLES, VERDICTS
from data.tables import table
from tasks.config import BootstrapConfig, ProbeConfig
from tasks.config_file import parse_config
from tasks.measures.consistency import features as consistency
from tasks.prices import load_price_list
from tasks.probe_plan import Probed, asked_of, not_asked, params_of
from tasks.probes import PROBES, Around, Found
from tasks.probes.cascade import NEVER, Case, threshold
from tasks.probes.derived import averaged, together
from tasks.probes.kinds import Bill
from tasks.prompts import WORDED, WORDINGS, PromptSet
from tasks.prompts.changes import PromptChange
from tasks.stages.context import seats_of
from tests.tasks.probes.verdict_tables import STATUS

ROOT = Path(__file__).parents[3]
QUICK = BootstrapConfig(replicates=100)
SIZES = {"score": 1, "pair": 2, "batch": 3}


def sample(mode: str, number: int = 0, label: str | None = None) -> Sample:
    responses = tuple(Response(author=f"r{i}", text=f"text {i}") for i in range(SIZES[mode]))
    labels = [{"annotator": "h", "verdict": label}] if label else []
    return Sample.model_validate(
        {"sample_id": f"d/{mode}/{number}", "item_id": f"i{number}", "cluster_id": f"c{number}",
         "mode": mode, "source": "s", "instruction": "?", "responses": responses,
         "labels": labels}
    )  # fmt: skip


def around(settings: tuple[str, ...] = ("analyze",), **config: Any) -> Around:
    return Around(ProbeConfig(**config), Scale(), (), settings=settings)


def names(probe: str, mode: str, around: Around) -> list[str]:
    return [variant.variant for variant in PROBES[probe].vary(sample(mode), around)]


def test_every_part_of_the_instructions_has_three_wordings_that_ask_for_the_same() -> None:
    prompts = PromptSet.load()
    for name in WORDED:
        texts = {prompts.files[f"{name}.{wording}.txt"] for wording in WORDINGS}
        assert len({*texts, prompts.files[f"{name}.txt"]}) == 4
    for mode, size in SIZES.items():
        asked: Any = {"instruction": "i", "responses": ["r"] * size, "scale": Scale()}
        plain = prompts.judge_text(mode, "analyze", **asked)  # type: ignore[arg-type]
        for wording in WORDINGS:
            worded = prompts.judge_text(
                mode, "analyze", change=PromptChange(wording=wording), **asked  # type: ignore[arg-type]
            )  # fmt: skip
            assert worded != plain
            for kept in ('"Analysis", "Judgement"', plain[plain.index("=== INSTRUCTION") :]):
                assert kept in worded


def test_slips_of_the_hand_leave_nearly_every_word_as_it_was() -> None:
    files = PromptSet.load().files
    for name in WORDED:
        plain, typed = files[f"{name}.txt"].split(), files[f"{name}.typos.txt"].split()
        assert len(set(plain) & set(typed)) / len(set(plain)) > 0.7


def test_settings_are_asked_but_not_the_configured_one_nor_what_cannot_be_seen() -> None:
    first = names("settings", "pair", around())
    assert first == ["base", "figure-first", "answer-first", "figure-and-answer", "no-figure"]
    assert "vision-expert" in names("settings", "pair", around(("analyze", "vision-expert")))
    assert names("settings", "pair", around(("no-figure",))) == []
    assert names("remedies", "pair", around(("no-figure",))) == ["base", "turned"]


def test_a_ranking_is_taken_apart_under_its_own_id_and_known_labels_go_along() -> None:
    whole = sample("batch")
    one = sample("score", 0, "5").model_copy(update={"responses": whole.responses[:1]})
    variants = PROBES["triangle"].vary(whole, replace(around(), samples=(one,)))
    parts = ["score/A", "score/B", "score/C", "pair/AB", "pair/AC", "pair/BC"]
    assert [variant.variant for variant in variants] == ["base", *parts]
    assert {variant.sample.sample_id for variant in variants} == {"d/batch/0"}
    assert [len(v.sample.labels) for v in variants[1:4]] == [1, 0, 0]
    assert [r.text for r in variants[5].sample.responses] == ["text 0", "text 2"]


JUDGES = (
    {"name": "takes", "client": "openai", "model": "gpt-4o"},
    {"name": "refuses", "client": "openai", "model": "gpt-5"},
    {"name": "thinks", "client": "anthropic", "model": "claude-sonnet-4-5",
     "params": {"thinking": {"type": "enabled", "budget_tokens": 1024}}},
    {"name": "unknown", "client": "openai", "model": "m", "base_url": "http://127.0.0.1:1/v1"},
)  # fmt: skip


def test_a_judge_that_refuses_temperature_is_not_asked_and_that_is_said() -> None:
    prices = load_price_list(ROOT / "deployments/configs/providers.yaml")
    config = parse_config(
        {"name": "t", "dataset": {"path": "d"}, "judges": JUDGES,
         "probes": {"temperature": {}, "repeats": {}}}
    )  # fmt: skip
    seats = seats_of(config, prices)
    variant = PROBES["temperature"].vary(sample("pair"), around())[1]
    asked = [n for n, s in seats.items() if list(asked_of(s, [Probed("temperature", variant)]))]
    assert asked == ["takes", "unknown"]
    assert all(list(asked_of(s, [Probed("repeats", variant)])) for s in seats.values())
    assert [line.split("judge ")[1].split(":")[0] for line in not_asked(config, seats)] == [
        "'refuses'",
        "'thinks'",
    ]
    assert params_of("order") == ()


def found(rows: list[dict[str, Any]], samples: list[Sample], **more: Any) -> Found:
    frame = table([s.model_dump() for s in samples], SAMPLES)
    verdicts = table(rows, VERDICTS)
    return Found(frame, verdicts, ProbeConfig(**more.pop("config", {})), Scale(), QUICK, **more)


def said(one: Sample, verdict: str | None, judge: str = "j", **more: Any) -> dict[str, Any]:
    row = {
        "sample_id": one.sample_id, "cluster_id": one.cluster_id, "item_id": one.item_id,
        "mode": one.mode, "judge": judge, "setting": "s", "variant": "base", "repeat": 0,
        "status": STATUS[one.mode] if verdict else "unparsed", "verdict": verdict,
        "request_key": f"{one.sample_id} {judge}".replace(" ", "_"),
    }  # fmt: skip
    return row | more


def pooled(frame: pl.DataFrame, **where: Any) -> dict[tuple[str | None, str], Any]:
    rows = frame.filter(pl.col("group") == "pooled", **where).iter_rows(named=True)
    return {(row["arm"], row["metric"]): row for row in rows}


def test_contradictions_are_counted_among_answers_whose_words_decide() -> None:
    texts = ["B is better.", "A is better.", "Both name it.", "B is better.", "A is better."]
    samples = [sample("pair", n, "A") for n in range(5)]
    rows = [said(one, verdict) for one, verdict in zip(samples, ["A", "A", "B", "B", None])]  # noqa: B905
    words = {
        row["request_key"]: json.dumps({"Analysis": text, "Judgement": "?"})
        for row, text in zip(rows, texts, strict=True)
    }
    got = pooled(PROBES["self-verdict"].estimate(found(rows, samples, texts=words)))
    assert got[None, "words_decide"]["value"] == pytest.approx(3 / 4)
    assert got[None, "self_contradiction"]["value"] == pytest.approx(1 / 3)
    assert got[None, "words_over_verdict"]["value"] == -1.0  # the verdict was right, the words not
    assert got[None, "self_contradiction"]["n_missing"] == 1
    assert PROBES["self-verdict"].vary(samples[0], around()) == ()
    made = [said(one, "A", "both-orders:j") for one in samples]  # no text of its own to read
    frame = PROBES["self-verdict"].estimate(found([*rows, *made], samples, texts=words))
    assert set(frame["judge"]) == {"j"}


def test_answers_in_several_orders_or_draws_become_one() -> None:
    assert [averaged("pair", v) for v in ("AA", "AB", "AC", "CB", "CC")] == list("ACABC")
    assert [together("pair", v) for v in ("AAB", "AB", "ABC")] == list("ACC")
    assert together("score", ["4", "5", "5"]) == "4.66666667"
    assert together("batch", ["ABC", "ACB", "CAB"]) == "ACB"
    assert together("batch", ["CBA", "ABC"]) == "CBA"  # equal mean places stand as in the first


def case(sure: float, cheap: float, strong: float) -> Case:
    return Case(sure, "A", "B", (cheap, strong), 0, (), ())


def test_the_threshold_is_the_lowest_that_loses_no_more_than_the_strong_judge() -> None:
    sure = [case(0.9, 0, 0), case(0.9, 0, 1), case(0.7, 1, 0), case(0.5, 1, 0)]
    assert threshold(sure) == 0.7
    assert threshold(sure[:2]) == 0.9
    assert threshold(sure[3:]) == NEVER
    assert threshold([]) == NEVER
    assert threshold([case(0.9, 1, 0), case(0.4, 0, 1)]) == 0.4  # only as a whole


def test_a_cascade_asks_the_strong_judge_where_the_cheap_one_wavers_and_costs_accordingly() -> None:
    samples = [sample("pair", n, "A") for n in range(60)]
    rows = []
    for number, one in enumerate(samples):
        wavers = number % 2
        rows.append(said(one, "A", "cheap"))
        rows.append(said(one, "B" if wavers else "A", "cheap", probe="remedies", repeat=1))
        rows.append(said(one, "A", "strong"))
        rows.append(said(one, "A", "strong", probe="remedies", repeat=1))
    bills = {
        row["request_key"]: Bill(0.001 if row["judge"] == "cheap" else 0.01, 100) for row in rows
    }
    about = found(rows, samples, bills=bills, config={"cascade": ("cheap", "strong")})
    frame = PROBES["remedies"].estimate(about)
    cheap, strong = pooled(frame, judge="cheap"), pooled(frame, judge="strong")
    assert cheap["cascade", "escalated"]["value"] == pytest.approx(0.5)
    assert cheap["cascade", "sure_at"]["value"] == pytest.approx(1.0)
    assert cheap["cascade", "agreement_shift"]["value"] == pytest.approx(0.25)
    assert strong["cascade", "agreement_shift"]["value"] == pytest.approx(0.0)
    assert strong["cascade", "price_ratio"]["value"] == pytest.approx((0.002 + 0.005) / 0.01)
    assert cheap["samples", "price_ratio"]["value"] == pytest.approx(2.0)
    assert cheap["samples", "token_ratio"]["value"] == pytest.approx(2.0)
    unknown = found(rows, samples, bills={}, config={"cascade": ("cheap", "strong")})
    assert pooled(PROBES["remedies"].estimate(unknown), judge="cheap")[
        "samples", "price_ratio"
    ]["value"] is None  # fmt: skip


def test_a_cascade_must_name_two_judges() -> None:
    settings = {"name": "t", "dataset": {"path": "d"}, "judges": JUDGES}
    for pair in (["takes", "takes"], ["takes", "nobody"]):
        with pytest.raises(Exception, match="cascade must name two of the judges"):
            parse_config(settings | {"probes": {"remedies": {"cascade": pair}}})


@pytest.mark.data
@pytest.mark.parametrize(("name", "most"), [("mt_bench_eval", 305), ("vicuna_eval", 318)])
def test_recorded_repeats_have_the_known_majorities(
    shared_data: Path, name: str, most: int
) -> None:
    rows = json.loads((shared_data / "prometheus_repeats" / f"{name}.json").read_text())
    assert sum(consistency([str(s) for s in row["gpt4_score"]])[1] for row in rows) == most


@pytest.mark.data
def test_both_orders_averaged_on_recorded_votes_keep_what_both_orders_say(
    shared_data: Path,
) -> None:
    lines = (shared_data / "llmbar" / "votes_all.jsonl").read_text().splitlines()
    votes = [row for row in map(json.loads, lines) if row["set"].endswith("FairEval")]
    votes = [row for row in votes if row["judge"] == "ChatGPT/Vanilla_NoRules"]
    orders = [(row["winner_original_order"], row["winner_swapped_order"]) for row in votes]
    made = [averaged("pair", ["_AB"[int(vote)] for vote in pair]) for pair in orders]
    assert len(votes) == 66
    assert sum(verdict != "C" for verdict in made) / 66 == pytest.approx(0.182, abs=0.0005)
