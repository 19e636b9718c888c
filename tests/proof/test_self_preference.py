"""Self-preference finds a dose among judges' tastes, and takes no taste for one (`make prove`)."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from data.schemas import SAMPLES, VERDICTS
from data.tables import table
from tasks.config import BootstrapConfig, ProbeConfig
from tasks.probes import PROBES
from tasks.probes.kinds import Found
from tests.proof.pools import SCALE
from tests.proof.promise import LEVEL, RUNS, tolerance
from tests.proof.recovery import SEED

JUDGES = {"north-judge": 0.4, "south-judge": -0.3, "west-judge": 0.0}  # and their severities
OWN, OTHERS, OF_EACH = 2, 6, 10  # responders of the judge's family, and of none; samples of each
FAMILIES = {"north": ["north-judge", *(f"north-{at}" for at in range(OWN))]}
RESPONDERS = [*FAMILIES["north"][1:], *(f"other-{at}" for at in range(OTHERS))]
TASTE, NOISE = 0.15, 0.6  # standard deviations of a judge for a responder, and for an answer
SAMPLED = table(
    [
        {
            "sample_id": f"{author}/{at}", "item_id": str(at), "cluster_id": str(at),
            "mode": "score", "responses": [{"author": author, "text": "x"}],
            "labels": [{"annotator": "a", "verdict": str(1 + at % 5), "origin": "human"}],
        }
        for author in RESPONDERS
        for at in range(OF_EACH)
    ],
    SAMPLES,
)  # fmt: skip


def ends(dose: float, uneven: bool, run: int) -> tuple[float, float]:
    """The interval of one run for the judge that may prefer its family."""
    rng = np.random.default_rng([SEED, run])
    rows = []
    for judge, severity in JUDGES.items():
        taste = dict(zip(RESPONDERS, rng.normal(0, TASTE, len(RESPONDERS)), strict=True))
        for sample in SAMPLED.iter_rows(named=True):
            author, label = sample["responses"][0]["author"], int(sample["labels"][0]["verdict"])
            liked = dose * (judge == "north-judge" and author.startswith("north"))
            noise = NOISE * (0.4 * label if uneven else 1.0)
            said = label + severity + taste[author] + liked + rng.normal(0, noise)
            rows.append(
                {"sample_id": sample["sample_id"], "mode": "score", "judge": judge,
                 "setting": "s", "variant": "base", "repeat": 0, "status": "scored",
                 "verdict": repr(float(said))}
            )  # fmt: skip
    config = ProbeConfig(families={name: tuple(own) for name, own in FAMILIES.items()})
    found = Found(SAMPLED, table(rows, VERDICTS), config, SCALE, BootstrapConfig(replicates=100))
    told = (
        PROBES["self-preference"]
        .estimate(found)
        .filter((pl.col("metric") == "self_preference") & (pl.col("judge") == "north-judge"))
    )
    ((low, high),) = told.select("low", "high").iter_rows()
    return low, high


@pytest.mark.prove
@pytest.mark.parametrize("uneven", [False, True], ids=["even noise", "uneven noise"])
@pytest.mark.parametrize("dose", [0.5, 0.0])
def test_intervals_of_self_preference_hold_the_dose(dose: float, uneven: bool) -> None:
    found = [ends(dose, uneven, run) for run in range(RUNS)]
    share = float(np.mean([low <= dose <= high for low, high in found]))
    seen = float(np.mean([low > 0 for low, _ in found]))
    print(f"dose {dose}, uneven {uneven}: {share:.4f} of {RUNS}; above zero {seen:.4f}")
    assert abs(share - LEVEL) <= tolerance(RUNS)
