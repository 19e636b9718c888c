"""Known doses through the whole graph: three datasets, a dozen simulated judges on each."""

from pathlib import Path

import polars as pl
import pytest
from scipy.stats import binom

from data.make import make_dataset
from tasks.probes import CUES, PROBES
from tests.flows.conftest import InProcess

DOSED = {"length": 0.5, "markdown": 0.5, **{cue.name: 0.5 for cue in CUES}}
ASKED = {name: {"limit": 40} for name in DOSED}
EACH = 4  # judges with the doses, and as many without


@pytest.mark.prove
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_doses_are_seen_and_their_absence_is_not(
    quick: InProcess, tmp_path: Path, seed: int
) -> None:
    made = make_dataset(tmp_path / "made", items=60, difficulty="medium", seed=seed)
    judges = [
        {"name": f"{kind}-{n}", "client": "simulated",
         "simulation": {"accuracy": 0.6, "seed": 10 * seed + n, "effects": effects}}
        for kind, effects in (("dosed", DOSED), ("null", {})) for n in range(EACH)
    ]  # fmt: skip
    path = quick.config(
        dataset={"path": str(made.folder)}, judges=judges, probes=ASKED, modes=["pair"]
    )
    ended = quick("run", path, "--run-dir", tmp_path / "run")
    assert ended.code == 0, ended.err
    estimates = pl.read_parquet(tmp_path / "run/estimates.parquet").filter(
        pl.col("group") == "pooled"
    )
    found: dict[str, list[bool]] = {"dosed": [], "null": []}
    for name in DOSED:
        ((arm, metric), *_) = PROBES[name].headlines("pair")
        rows = estimates.filter(
            (pl.col("probe") == name) & (pl.col("arm") == arm) & (pl.col("metric") == metric)
        )
        assert rows.height == 2 * EACH
        for row in rows.iter_rows(named=True):
            found[row["judge"].partition("-")[0]].append(not row["low"] <= 0 <= row["high"])
    assert sum(found["dosed"]) >= 0.9 * len(found["dosed"])
    false = sum(found["null"])
    assert false <= binom.ppf(0.999, len(found["null"]), 0.06), false
