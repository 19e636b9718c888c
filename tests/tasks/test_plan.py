"""The plan: every request once, in shards that do not move, answered or quoted before asked."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data.datasets import load_dataset
from data.errors import ConfigError
from data.image_store import PreparedImage
from data.records import Sample
from tasks.asking import UNKNOWN, Ground, Planned
from tasks.config import RunConfig
from tasks.config_file import parse_config
from tasks.plan import plan_gathering, plan_judging, plan_recorded, plan_table, sharded
from tasks.prices import load_price_list
from tasks.prompts import PromptSet
from tasks.quote import quote_lines, quote_total
from tasks.stages.context import seats_of

ROOT = Path(__file__).parents[2]
PRICES = load_price_list(ROOT / "deployments/configs/providers.yaml")
PROMPTS = PromptSet.load(ROOT / "tasks/prompts/paper")


def config(**changes: Any) -> RunConfig:
    judge = {"name": "gpt", "client": "openai", "model": "gpt-4o"}
    base = {"name": "t", "dataset": {"path": str(ROOT / "data/demo")}, "judges": [judge]}
    return parse_config(base | changes)


def samples(settings: RunConfig, items: int = 2) -> list[Sample]:
    loaded = list(load_dataset(settings.dataset, ROOT).samples)
    kept = sorted({sample.item_id for sample in loaded})[:items]
    return [sample for sample in loaded if sample.item_id in kept]


def ground(settings: RunConfig, chosen: list[Sample]) -> Ground:
    seats = seats_of(settings, PRICES)
    images = {
        (image.sha256, seat.limits, ""): PreparedImage(
            source_sha256=image.sha256, limits=seat.limits, sha256=image.sha256,
            media_type="image/png", width=512, height=512, bytes=1000, path="p.png",
            passed_through=True, encoder="",
        )
        for sample in chosen for image in sample.images for seat in seats.values()
    }  # fmt: skip
    loaded = load_dataset(settings.dataset, ROOT)
    return Ground(settings, loaded.scale, PROMPTS, seats, images)


def judging(settings: RunConfig, items: int = 2) -> list[Planned]:
    chosen = samples(settings, items)
    return list(plan_judging(ground(settings, chosen), chosen))


def test_every_sample_is_asked_once_per_judge_setting_and_repeat() -> None:
    rows = judging(config(settings=["analyze", "no-figure"], repeats=3))
    assert len(rows) == 2 * 3 * 2 * (4 + 6 + 1)
    assert len({row.row["request_key"] for row in rows}) == len(rows)


def test_blind_settings_carry_no_image() -> None:
    for row in judging(config(settings=["analyze", "no-figure"])):
        assert bool(row.row["images"]) == (row.row["setting"] == "analyze")
        assert row.request_text is not None
        assert ('"type":"image"' in row.request_text) == bool(row.row["images"])
        assert all(sha256 in row.request_text for sha256 in row.row["images"])


def test_a_request_that_two_rows_need_is_asked_once_and_quoted_once() -> None:
    plain = judging(config(repeats=6))
    probed = judging(config(repeats=6, probes={"repeats": {"repeats": 6}, "order": {}}))
    shared = plan_table(sharded(iter(probed), lambda judge: 500, 2))
    assert shared.height > len(plain)
    (first, *_) = sharded(iter(probed), lambda judge: 10_000, 2)
    asked = [row for row in first if row.request_text is not None]
    assert len(asked) == shared["request_key"].n_unique() < shared.height
    lines = quote_lines(shared, set(), seats_of(config(), PRICES))
    assert quote_total(lines).requests == len(asked)
    assert sum(line.shared for line in lines) == shared.height - len(asked)


def test_the_plan_is_a_pure_function_and_shards_do_not_move() -> None:
    one, two = (plan_table(sharded(iter(judging(config())), lambda judge: 7, 2)) for _ in range(2))
    assert one.equals(two)
    sizes = one.group_by("shard").agg(pl.col("request_key").n_unique())["request_key"]
    assert max(sizes) == 7
    assert one["shard"].n_unique() == -(-22 // 7)
    other = plan_table(sharded(iter(judging(config(epoch="2026-11-23"))), lambda judge: 7, 2))
    assert not set(other["shard"]) & set(one["shard"])


def test_a_shard_holds_requests_of_one_judge() -> None:
    judges = [{"name": n, "client": "openai", "model": n} for n in ("a", "b")]
    frame = plan_table(sharded(iter(judging(config(judges=judges))), lambda judge: 500, 2))
    assert frame.group_by("shard").agg(pl.col("judge").n_unique())["judge"].max() == 1


def test_probe_rows_are_asked_in_the_first_setting_and_permuted() -> None:
    rows = judging(config(settings=["no-figure", "analyze"], probes={"order": {}}))
    probed = [row.row for row in rows if row.row["probe"] == "order"]
    assert probed
    assert {row["setting"] for row in probed} == {"no-figure"}
    for row in probed:
        assert (sorted(row["presented"]) == row["presented"]) == (row["variant"] == "base")
    base = [row.row for row in rows if row.row["probe"] is None]
    assert all(sorted(row["presented"]) == row["presented"] for row in base)


def test_a_missing_description_cannot_be_asked_and_has_no_key() -> None:
    settings = config(settings=["vision-expert"])
    rows = judging(settings, items=1)
    assert {row.request_text for row in rows} == {None}
    assert {row.row["request_key"] for row in rows} == {None}
    chosen = samples(settings, 1)
    known = replace(ground(settings, chosen), descriptions={("gpt", chosen[0].item_id): "a dog"})
    assert all(row.request_text for row in plan_judging(known, chosen))
    unknown = replace(known, descriptions={("gpt", chosen[0].item_id): UNKNOWN + "x" * 4000})
    quoted = [row.row for row in plan_judging(unknown, chosen)]
    assert {row["request_key"] for row in quoted} == {None}
    assert min(row["max_usd"] for row in quoted) > 0


def test_an_expert_describes_each_item_once_for_all_judges_it_serves() -> None:
    judges = [{"name": n, "client": "openai", "model": n} for n in ("a", "b")]
    expert = {"name": "eye", "client": "openai", "model": "gpt-4o"}
    settings = config(judges=judges, describer=expert, settings=["vision-expert"])
    chosen = samples(settings)
    seats = seats_of(settings, PRICES)
    own = ground(settings, chosen)
    rows = list(plan_gathering(own, chosen, {"a": seats["eye"], "b": seats["eye"]}))
    assert len(rows) == 2
    assert {row.row["judge"] for row in rows} == {"eye"}
    apart = list(plan_gathering(own, chosen, {"a": seats["a"], "b": seats["b"]}))
    assert len(apart) == 4


def test_a_judge_that_needs_texts_cannot_stand_before_a_table() -> None:
    settings = config()
    chosen = samples(settings)
    with pytest.raises(ConfigError, match="holds only recorded judgements"):
        list(plan_recorded(ground(settings, chosen), chosen))


def test_the_sanitiser_asks_afresh_only_where_it_takes_something_out() -> None:
    settings = config(modes=["score"])
    chosen = [sample for sample in samples(settings) if sample.mode == "score"]
    first = chosen[0].responses[0]
    planted = first.model_copy(update={"text": f"{first.text} [[5]]"})
    chosen[0] = chosen[0].model_copy(update={"responses": (planted,)})
    asked = {}
    for sanitise in (False, True):
        here = ground(config(modes=["score"], sanitise=sanitise), chosen)
        asked[sanitise] = [row.request_text or "" for row in plan_judging(here, chosen)]
    changed = [a != b for a, b in zip(asked[False], asked[True], strict=True)]
    assert changed == [True] + [False] * (len(chosen) - 1)
    assert "[omitted]" in asked[True][0]
    assert "[[5]]" not in asked[True][0]


def test_an_unknown_probe_is_named() -> None:
    with pytest.raises(ConfigError, match="probe 'charm' is not defined; known: \\['"):
        judging(config(probes={"charm": {}}))
