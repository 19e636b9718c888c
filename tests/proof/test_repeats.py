"""Repeats, and what a judge's words say beside its verdict, hold their truths (`make prove`)."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping

import numpy as np
import polars as pl
import pytest

from data.records import Mode, Sample
from data.samples import samples_table
from data.schemas import VERDICTS
from tasks.config import BootstrapConfig, ProbeConfig
from tasks.measures.kinds import Floats
from tasks.probes import PROBES
from tasks.probes.kinds import Found
from tests.proof import agreeing, judges
from tests.proof.pools import SCALE, Pool, make_pool, plain_samples
from tests.proof.promise import MORE, RUNS, beyond, broken, shared
from tests.proof.recovered import Key, Recovered
from tests.proof.recovery import SEED, STATUS, Judge

K = 3
JUDGES: Mapping[str, Judge] = {
    "noisy": judges.follows({}),
    "uneven noise": judges.unevenly_noisy(judges.follows({}, 2.0)),
    "random": judges.random_judge,
}


def repeats_pool(mode: Mode) -> Pool:
    size = 3 if mode == "batch" else 2
    return make_pool("repeats", mode, plain_samples(mode, 120, size), repeats=K)


def repeat_truths(pool: Pool, judge: Judge) -> dict[Key, float]:
    """How alike K answers are, and the reliability of a score, from the probabilities."""
    p = np.array([own["base"] for _, own in agreeing.by_sample(pool, judge)])
    equal = float((p**2).sum(1).mean())
    modal = majority = 0.0
    for said in itertools.product(range(p.shape[1]), repeat=K):
        likely = float(p[:, said].prod(1).mean())
        most = max(Counter(said).values())
        modal += likely * most / K
        majority += likely * (2 * most > K)
    found = {
        "repeat_agreement": equal,
        "repeat_noise": 1 - equal,
        "unanimity": float((p**K).sum(1).mean()),
        "modal_share": modal,
        "majority_criterion": majority,
    }
    if pool.mode == "score":
        level = np.arange(SCALE.low, SCALE.high + 1)
        mean = p @ level
        error = float((p @ level**2 - mean**2).mean())
        found["icc_agreement"] = float(mean.var() / (mean.var() + error))
        found["sem"] = float(np.sqrt(error))
    if pool.mode != "batch":
        found["repeat_alpha"] = _alpha(p, ordinal=pool.mode == "score")
    return {(None, metric): truth for metric, truth in found.items()}


def _alpha(p: Floats, ordinal: bool) -> float:
    margin = p.mean(0)
    middle = np.cumsum(margin) - margin / 2
    apart = 1.0 - np.eye(len(margin))
    if ordinal:
        apart = (middle[:, None] - middle[None, :]) ** 2
    observed = np.einsum("ni,nj,ij->n", p, p, apart).mean()
    return float(1 - observed / (margin @ apart @ margin))


@pytest.mark.prove
@pytest.mark.parametrize("mode", ["score", "pair", "batch"])
@pytest.mark.parametrize("name", JUDGES)
def test_intervals_of_repeats_hold_how_alike_answers_are(mode: Mode, name: str) -> None:
    pool = repeats_pool(mode)
    assert broken(pool, JUDGES[name], repeat_truths(pool, JUDGES[name]), runs=shared(3)) == {}


@pytest.mark.prove
@pytest.mark.parametrize("mode", ["score", "pair"])
def test_limits_hold_how_alike_answers_are_whatever_is_refused(mode: Mode) -> None:
    """A refusal agrees with none: what is estimated is the agreement with refusals as they are."""
    pool = repeats_pool(mode)
    refuses = judges.refusing(JUDGES["noisy"], 0.1, 0.1)
    truths: dict[Key, float] = {(None, "repeat_agreement"): agreed(pool, refuses)}
    assert broken(pool, refuses, truths, runs=shared(2)) == {}


def agreed(pool: Pool, judge: Judge) -> float:
    """P(two answers are readable and equal)."""
    p = np.array([own["base"] for _, own in agreeing.by_sample(pool, judge)])
    return float((p**2).sum(1).mean())


SAYS = {"A": "Assistant A is better.", "B": "Assistant B is better.",
        "C": "Both responses are equally good."}  # fmt: skip
SIZE, ANSWERS = 200, 2
FEW = 0.1  # so few of the answers contradict that intervals about those are short: .927 of 2,000


def contradicts(label: str, dose: float, uneven: bool) -> tuple[float, float]:
    """How likely the words of an answer name an outcome, and then another than the verdict."""
    at = "ABC".index(label)
    return (0.9 - 0.3 * at, dose * 2 * (at + 1) / 4) if uneven else (0.7, dose)


def self_truths(samples: list[Sample], dose: float, uneven: bool) -> dict[Key, float]:
    """Contradictions name either other outcome; the verdict is right as judges of labels are."""
    sums = np.zeros(4)
    for sample in samples:
        label = sample.labels[0].verdict
        named, other = contradicts(label, dose, uneven)
        right = float(judges.labelled(sample)["ABC".index(label)])
        sums += named * np.array([1.0, other, other * right, other * (1 - right) / 2])
    decided, other, verdict_right, words_right = sums
    found = {"words_decide": decided / len(samples), "self_contradiction": other / decided}
    if dose > FEW:
        found["words_over_verdict"] = (words_right - verdict_right) / other
    return {(None, metric): float(truth) for metric, truth in found.items()}


def said_by(samples: list[Sample], dose: float, uneven: bool, run: int) -> pl.DataFrame:
    """The estimates of one run of answers with words."""
    rng = np.random.default_rng([SEED, run])
    rows, texts, drawn = [], {}, []
    for at, slot in enumerate(rng.integers(len(samples), size=SIZE)):
        sample = samples[slot]
        name = f"d/pair/{at}"
        drawn.append(sample.model_copy(update=dict.fromkeys(IDS, name)))
        label = sample.labels[0].verdict
        named, other = contradicts(label, dose, uneven)
        for repeat in range(ANSWERS):
            verdict = rng.choice(list("ABC"), p=judges.labelled(sample))
            words = verdict
            if rng.random() < other:
                words = rng.choice([letter for letter in "ABC" if letter != verdict])
            told = f"Overall, {SAYS[words]}" if rng.random() < named else "Both look at it."
            key = f"{at}/{repeat}"
            texts[key] = f"{told}\nJudgement: [[{verdict}]]"
            rows.append(dict.fromkeys(IDS, name) | {
                "mode": "pair", "source": "s", "judge": "j", "setting": "analyze",
                "variant": "base", "repeat": repeat, "epoch": "base", "verdict": verdict,
                "status": STATUS["pair"], "request_key": key,
            })  # fmt: skip
    verdicts = pl.DataFrame(
        [dict.fromkeys(VERDICTS) | row for row in rows], pl.Schema(VERDICTS), orient="row"
    )
    bootstrap = BootstrapConfig(replicates=400, seed=run)
    found = Found(samples_table(drawn), verdicts, ProbeConfig(), SCALE, bootstrap, texts=texts)
    return PROBES["self-verdict"].estimate(found).filter(pl.col("group") == "pooled")


IDS = ("sample_id", "item_id", "cluster_id")
NUMBERS = ("value", "low", "high", "bound_low", "bound_high")


def self_shares(samples: list[Sample], dose: float, uneven: bool, runs: range) -> dict[Key, float]:
    """How often intervals hold the truth."""
    found: dict[Key, list[Floats]] = {}
    for run in runs:
        for row in said_by(samples, dose, uneven, run).iter_rows(named=True):
            numbers = [float("nan") if row[n] is None else float(row[n]) for n in NUMBERS]
            found.setdefault((row["arm"], row["metric"]), []).append(np.array(numbers))
    many = Recovered({key: np.array(rows) for key, rows in found.items()})
    return {
        key: many.coverage(*key, truth) for key, truth in self_truths(samples, dose, uneven).items()
    }


@pytest.mark.prove
@pytest.mark.parametrize("uneven", [False, True], ids=["even", "uneven"])
@pytest.mark.parametrize("dose", [0.3, 0.1])
def test_intervals_of_contradictions_hold_how_often_words_name_another_outcome(
    dose: float, uneven: bool
) -> None:
    samples = plain_samples("pair", 120)
    found = self_shares(samples, dose, uneven, range(RUNS))
    print(dose, uneven, found)
    doubtful = beyond(found, RUNS)
    if doubtful:
        again = self_shares(samples, dose, uneven, range(RUNS, RUNS + MORE))
        assert beyond({key: again[key] for key in doubtful}, MORE) == {}


@pytest.mark.prove
def test_a_judge_that_never_contradicts_itself_is_never_said_to() -> None:
    samples = plain_samples("pair", 120)
    for run in range(RUNS):
        rows = said_by(samples, 0.0, True, run).filter(pl.col("metric") == "self_contradiction")
        assert rows["value"].to_list() == [0.0]
