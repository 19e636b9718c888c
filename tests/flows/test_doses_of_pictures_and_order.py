"""Doses of order, sight, defects and noise through the whole graph: one judge of each kind."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from scipy.stats import binom

from data.make import make_dataset
from tasks.probes.planting import DEFECTS
from tests.flows.conftest import InProcess

PLAIN: dict[str, Any] = {"accuracy": 0.8, "blind_accuracy": 0.2, "noise": 0.0}
KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "placed": {"first_bias": 0.5},
    "blind": {"blind_accuracy": PLAIN["accuracy"]},
    "overlooking": {"defect_blindness": dict.fromkeys(DEFECTS, 1.0)},
    "noisy": {"noise": 1.0},
}
ASKED = {"order": {}, "ablation": {}, "defects": {}, "repeats": {"repeats": 3}}
Ends = tuple[float, float]


class Read:
    """The intervals of a run of one judge of each kind."""

    def __init__(self, folder: Path) -> None:
        every = pl.read_parquet(folder / "estimates.parquet")
        self.pooled = every.filter(pl.col("group") == "pooled")

    def __call__(self, judge: str, mode: str, probe: str, arm: str | None, metric: str) -> Ends:
        """Both ends of one estimate."""
        own = self.pooled.filter(
            (pl.col("judge") == judge) & (pl.col("mode") == mode) & (pl.col("probe") == probe)
            & (pl.col("metric") == metric) & pl.col("arm").eq_missing(pl.lit(arm))
        )  # fmt: skip
        ((low, high),) = own.select("low", "high").iter_rows()
        return low, high


@pytest.mark.prove
def test_doses_of_order_sight_defects_and_noise_are_seen_in_the_judges_that_have_them(
    quick: InProcess, tmp_path: Path
) -> None:
    made = make_dataset(tmp_path / "made", items=60, difficulty="medium", seed=1)
    judges = [
        {"name": name, "client": "simulated", "simulation": {**PLAIN, **dose, "seed": at}}
        for at, (name, dose) in enumerate(KINDS.items())
    ]
    path = quick.config(
        dataset={"path": str(made.folder)}, judges=judges, modes=["score", "pair"],
        probes={name: {"limit": 40, **own} for name, own in ASKED.items()},
    )  # fmt: skip
    ended = quick("run", path, "--run-dir", tmp_path / "run")
    assert ended.code == 0, ended.err
    ends = Read(tmp_path / "run")

    order = "pair", "order", None, "first_preference"
    assert ends("placed", *order)[0] > 0
    quiet = [(ends(name, *order), 0.0) for name in KINDS if name != "placed"]
    for mode in ("score", "pair"):
        blank = mode, "ablation", "black", "agreement_lost"
        assert ends("plain", *blank)[0] > 0
        quiet.append((ends("blind", *blank), 0.0))
        defects = mode, "defects", "any", "auc_detect"
        assert ends("plain", *defects)[0] > 0.5
        assert ends("overlooking", *defects)[1] < ends("plain", *defects)[0]
        quiet.append((ends("overlooking", *defects), 0.5))
        again = mode, "repeats", None, "repeat_agreement"
        assert ends("plain", *again) == (1.0, 1.0)
        assert ends("noisy", *again)[1] < 1
    false = sum(not low <= nothing <= high for (low, high), nothing in quiet)
    assert false <= binom.ppf(0.999, len(quiet), 0.06), quiet
