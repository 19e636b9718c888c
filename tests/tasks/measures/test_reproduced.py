"""Figures that others published come out of their data under their rules, ours beside them."""

import csv
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.stats import kendalltau, pearsonr, spearmanr

from tasks.config import BootstrapConfig
from tasks.measures import estimate, order, published
from tests.tasks.measures.conftest import samples, values, verdicts

pytestmark = pytest.mark.data
FEW = BootstrapConfig(replicates=100)


def lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


# --- the official scores, source by source, and Polaris -------------------------------------------


def test_fourteen_sources_of_llava_critic(
    shared_data: Path, official_tables: tuple[pl.DataFrame, pl.DataFrame]
) -> None:
    frame, judged = official_tables
    found = estimate(frame, judged.filter(pl.col("judge") == "llava_critic_7b"), FEW)
    table = pl.read_csv(
        shared_data / "vlm_judge_uncertainty" / "published_per_dataset_llava_critic.csv"
    )
    assert table.height == 15  # fourteen and all of them
    for row in table.iter_rows(named=True):
        group = "pooled" if row["dataset"] == "OVERALL" else f"source:{row['dataset']}"
        mine = found.filter(pl.col("group") == group)
        known = dict(mine.select("metric", "value").iter_rows())
        assert set(mine.filter(pl.col("metric") == "exact")["n"]) == {row["n"]}
        assert round(known["exact"], 4) == row["exact_accuracy"]
        assert round(known["within_one"], 4) == row["within_1_accuracy"]
        assert round(known["mae"], 4) == row["mae"]
        assert round(known["bias"], 4) == row["judge_bias"]


def test_polaris(shared_data: Path) -> None:
    table = pl.read_csv(shared_data / "vlm_judge_uncertainty" / "polaris_llava_critic_7b.csv")
    said = [None if score == -1 else str(score) for score in table["parsed_score"]]
    labels = samples("score", [str(int(label)) for label in table["gt_score"]])
    found = values(estimate(labels, verdicts("score", said), FEW))
    assert round(found["pearson"] or 0, 4) == 0.9057
    assert round(found["exact"] or 0, 4) == 0.8085
    assert round(found["mae"] or 0, 4) == 0.2425


# --- LLMBar: both orders of 499 result files ------------------------------------------------------


def test_all_statistics_of_llmbar(shared_data: Path) -> None:
    folder = shared_data / "llmbar"
    votes: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in lines(folder / "votes_all.jsonl"):
        votes[f"{row['set']}/evaluators/{row['judge']}"].append(row)
    published_ = json.loads((folder / "published_statistics.json").read_text())
    assert len(published_) == 499
    both_unreadable, moved, most = 0, 0, 0.0
    for name, known in published_.items():
        rows = votes[name]
        counts = {
            "correct_False": sum(r["winner_original_order"] == str(r["label"]) for r in rows),
            "correct_True": sum(r["winner_swapped_order"] == str(r["label"]) for r in rows),
            "equal": sum(
                published.llmbar_consistent(r["winner_original_order"], r["winner_swapped_order"])
                for r in rows
            ),
        }
        for key, count in counts.items():
            first, total = map(int, re.findall(r"\d+", known[key])[:2])
            assert (count, len(rows)) == (first, total), (name, key)
        neither = sum(
            row["winner_original_order"] == row["winner_swapped_order"]
            and row["winner_original_order"] not in {"1", "2"}
            for row in rows
        )
        ours = _our_consistency(rows)
        if neither:
            both_unreadable, moved = both_unreadable + neither, moved + 1
            assert ours is not None
            most = max(most, abs(counts["equal"] / len(rows) - ours))
    assert (both_unreadable, moved) == (121, 54)
    assert round(100 * most, 1) == 3.1  # points by which leaving them out moves a file


def _our_consistency(rows: list[dict[str, Any]]) -> float | None:
    letters = {"1": "A", "2": "B"}
    features = [
        order.features([letters[a]], [letters[b]], letters[str(r["label"])])
        for r in rows
        if (a := r["winner_original_order"]) in letters
        and (b := r["winner_swapped_order"]) in letters
    ]
    if not features:
        return None
    return float(order.position_consistency(np.sum(features, axis=0), None))  # type: ignore[arg-type]


# --- VIEScore: three raters, several systems an image ---------------------------------------------


@pytest.fixture(scope="module")
def raters(shared_data: Path) -> dict[tuple[str, str], dict[str, list[list[float]]]]:
    """By task and system: the [SC, PQ] of three raters by image."""
    found: dict[tuple[str, str], dict[str, list[list[float]]]] = defaultdict(dict)
    for task in sorted((shared_data / "viescore" / "human_ratings").iterdir()):
        for path in sorted(task.glob("*.tsv")):
            with path.open(encoding="utf-8") as file:
                for row in csv.DictReader(file, delimiter="\t"):
                    uid = row.pop("uid")
                    for system, cell in row.items():
                        found[task.name, system].setdefault(uid, []).append(json.loads(cell))
    return found


def scale(value: object) -> float | None:
    """A judge's score as the notebook takes it: the lowest of a list, over ten, within 0 and 1."""
    if isinstance(value, list):
        parts = [scale(part) for part in value]
        return (
            min((p for p in parts if p is not None), default=None)
            if all(p is not None for p in parts)
            else None
        )
    try:
        return None if value is None else min(max(float(str(value)) / 10, 0.0), 1.0)
    except ValueError:
        return None


def judged(path: Path) -> dict[tuple[str, str], dict[str, tuple[float | None, float | None]]]:
    found: dict[tuple[str, str], dict[str, tuple[float | None, float | None]]] = defaultdict(dict)
    for row in lines(path):
        found[row["task"], row["system"]][row["uid"]] = (scale(row["SC"]), scale(row["PQ"]))
    return found


def overall(sc: float | None, pq: float | None) -> float | None:
    return None if sc is None or pq is None else math.sqrt(sc * pq)


PICK = {"SC": lambda sc, pq: sc, "PQ": lambda sc, pq: pq, "O": overall}


def test_gemini_of_viescore_under_the_rule_of_its_notebook(
    shared_data: Path, raters: dict[tuple[str, str], dict[str, list[list[float]]]]
) -> None:
    scores = judged(shared_data / "viescore" / "judges" / "results_gemini_0shot.jsonl")
    known = {"SC": (0.3322, 0.376), "PQ": (0.2675, 0.289), "O": (0.3048, 0.336)}
    for name, (theirs, right) in known.items():
        by_task: dict[str, list[float]] = defaultdict(list)
        for (task, system), own in scores.items():
            people = raters[task, system]
            pairs = [
                (PICK[name](*own[uid]), np.mean([PICK[name](*cell) for cell in people[uid]]))
                for uid in own
                if uid in people and None not in own[uid]
            ]
            by_task[task].append(_spearman([x for x, _ in pairs], [y for _, y in pairs]))
        notebook = [published.viescore_mean(each) for each in by_task.values()]
        fisher = [published.fisher_mean(each) for each in by_task.values()]
        assert round(published.viescore_mean(notebook), 4) == theirs
        assert round(published.fisher_mean(fisher), 3) == right


def _spearman(x: list[Any], y: list[Any]) -> float:
    defined = len(set(x)) > 1 and len(set(y)) > 1
    return float(spearmanr(x, y).statistic) if defined else math.nan


def test_humans_of_viescore_are_shrunk_by_that_rule(
    raters: dict[tuple[str, str], dict[str, list[list[float]]]],
) -> None:
    known = {
        "SDXL": (0.5807, 0.663), "InstructPix2Pix": (0.6600, 0.793),
        "CustomDiffusion": (0.7256, 0.919),
    }  # fmt: skip
    for (_, system), people in raters.items():
        if system in known:
            cells = [cell for cell in people.values() if len(cell) == 3]
            each = [
                _spearman(
                    [cell[k][0] for cell in cells],
                    [float(np.mean([cell[i][0] for i in range(3) if i != k])) for cell in cells],
                )
                for k in range(3)
            ]
            assert round(published.viescore_mean(each), 4) == known[system][0]
            assert round(float(np.mean(each)), 3) == known[system][1]


def test_systems_of_a_prompt_are_ranked_with_ties_among_humans(
    shared_data: Path, raters: dict[tuple[str, str], dict[str, list[list[float]]]]
) -> None:
    scores = judged(shared_data / "viescore" / "judges" / "results_gpt4o_0shot.jsonl")
    known = {
        "ImagenHub_Text-Guided_IE": (0.531, 20, 179),
        "ImagenHub_Text-Guided_IG": (0.264, 5, 197),
        "ImagenHub_Mask-Guided_IE": (0.536, 38, 179),
    }
    for task, (mean, undefined, total) in known.items():
        systems = [system for name, system in scores if name == task]
        uids = sorted({uid for system in systems for uid in scores[task, system]})
        taus = []
        for uid in uids:
            pairs = [
                (mine, float(np.mean([overall(*cell) or 0.0 for cell in raters[task, s][uid]])))
                for s in systems
                if uid in scores[task, s] and uid in raters[task, s]
                and (mine := overall(*scores[task, s][uid])) is not None
            ]  # fmt: skip
            x, y = [a for a, _ in pairs], [b for _, b in pairs]
            varied = len(set(x)) > 1 and len(set(y)) > 1
            taus.append(float(kendalltau(x, y).statistic) if varied else math.nan)
        assert (sum(map(math.isnan, taus)), len(taus)) == (undefined, total)
        assert round(float(np.nanmean(taus)), 3) == mean


# --- WildVision and POPE --------------------------------------------------------------------------


def test_verdict_counts_of_wildvision(shared_data: Path) -> None:
    folder = shared_data / "wildvision_bench"
    counts: dict[str, Counter[str | None]] = defaultdict(Counter)
    for row in lines(folder / "verdicts.jsonl"):
        counts[row["model"]][row["verdict"]] += 1
    order = ("B>>A", "B>A", "A=B", "A>B", "A>>B")  # the reference is always A
    as_they_are, with_ties = 0, 0
    for line in (folder / "published_leaderboard.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip().replace("/", "_") for cell in line.split("|")]
        if len(cells) > 12 and cells[1] in counts:
            known = [int(float(cell)) for cell in cells[6:11]]
            own = counts[cells[1]]
            as_they_are += known == [own[verdict] for verdict in order]
            own["A=B"] += own[None]
            with_ties += known == [own[verdict] for verdict in order]
    assert (as_they_are, with_ties) == (20, 22)


def test_f1_of_pope(shared_data: Path) -> None:
    tallies: dict[str, Counter[tuple[bool, bool]]] = defaultdict(Counter)
    for row in lines(shared_data / "pope" / "llava_v1.5_13b_joined.jsonl"):
        said = published.pope_says_yes(row["llava_v1.5_13b_answer"])
        tallies[row["category"]][row["label"] == "yes", said] += 1
    f1 = {
        name: 200 * t[True, True] / (2 * t[True, True] + t[True, False] + t[False, True])
        for name, t in tallies.items()
    }
    assert {name: round(value, 2) for name, value in f1.items()} == {
        "random": 87.14, "popular": 86.25, "adversarial": 84.46,
    }  # fmt: skip


def test_the_bootstrap_of_unclustered_rows_agrees_with_fisher(
    official_tables: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    frame, judged_ = official_tables
    found = estimate(
        frame, judged_.filter(pl.col("judge") == "phi4_15b"), BootstrapConfig(replicates=1000)
    )
    (row,) = found.filter(
        (pl.col("metric") == "pearson") & (pl.col("group") == "pooled")
    ).to_dicts()
    low, high = published.fisher_interval(row["value"], row["n"], 0.95)
    assert row["low"] == pytest.approx(low, abs=0.006)
    assert row["high"] == pytest.approx(high, abs=0.006)
    assert pearsonr([1, 2, 3, 4], [1, 2, 4, 3]).statistic < 1
