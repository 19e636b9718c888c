"""Whole small runs on the demo set without Prefect: real folders, simulated judges."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from data.run_folder import RunFolder
from flows.opening import PRICES
from tasks import engine_room
from tasks.config_file import parse_config
from tasks.gate.verdict import GateVerdict
from tasks.plan import JUDGE
from tasks.stages import gating, prepare, results, rounds
from tasks.stages.context import context

ROOT = Path(__file__).parents[3]


def a_run(folder: Path, day: int, **changes: Any) -> RunFolder:
    """A run `runs/DAY` of one judge of scores, measured and up to its gate; started on that day.

    Equal ones are made once and copied, which a run must stand.
    """
    name = hashlib.sha256(json.dumps(changes, sort_keys=True).encode()).hexdigest()[:12]
    made = folder.parent / "made" / name
    if not (made / "runs/run/run.json").exists():
        new_run(made, "run", **changes)
    copy = folder / "runs" / f"{day:02}"
    shutil.copytree(made / "runs/run", copy)
    run = RunFolder.open(copy)
    run.note(
        run_id=copy.name,
        nonce=f"{day:016}",
        started=dt.datetime(2026, 11, day, tzinfo=dt.UTC).isoformat(),
    )
    return run


def new_run(folder: Path, run_name: str, **changes: Any) -> RunFolder:
    """A run made from nothing but its configuration."""
    judge = {"name": "sim", "client": "simulated", "simulation": {"accuracy": 0.9, "noise": 0.0}}
    known: dict[str, Any] = {
        "name": "nightly",
        "dataset": {"path": str(ROOT / "data/demo")},
        "judges": [judge],
        "modes": ["score"],
        "cache": str(folder / "cache"),
        "runs": str(folder / "runs"),
        "bootstrap": {"replicates": 200},
    }
    config = parse_config(known | changes)
    run = prepare.create_run(config, folder, PRICES, folder / "runs" / run_name)
    here = context(run.path)
    try:
        prepare.load_samples(here)
        prepare.prepare_images(here)
        for shard in rounds.plan_round(here, JUDGE):
            rounds.execute_shard(here, shard)
    finally:
        engine_room.close(here.run)
    results.collect_verdicts(here)
    results.measure(here)
    return run


def gated(run: RunFolder, shortfall: str | None = None) -> GateVerdict:
    """The gate's verdict on a run, which is complete from then on."""
    found = gating.gate(context(run.path), shortfall)
    ended = "regression" if found.failed else "complete"
    run.note(status="incomplete" if shortfall else ended, finished="2026-11-30")
    return found


def worse(accuracy: float = 0.3) -> dict[str, Any]:
    """A change of the judge's entry that makes it worse."""
    simulation = {"accuracy": accuracy, "noise": 0.0}
    return {"judges": [{"name": "sim", "client": "simulated", "simulation": simulation}]}
