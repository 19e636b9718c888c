"""A nightly run through the stages, without Prefect and on a given date."""

from pathlib import Path
from typing import Any

import yaml

from data.run_folder import RunFolder
from data.schemas import ESTIMATES
from data.tables import table
from flows.opening import PRICES
from tasks import engine_room
from tasks.anchors.choosing import anchors_of, freeze
from tasks.config import RunConfig
from tasks.config_file import parse_config
from tasks.drift.records import Drift
from tasks.plan import ROUNDS
from tasks.stages import drifting, prepare, results, rounds
from tasks.stages.context import context, resolved
from tasks.stages.history import record_run

ROOT = Path(__file__).parents[2]


def config(folder: Path, *judges: dict[str, Any], **changes: Any) -> RunConfig:
    """A configuration on the demo set's pairs, with anchors that are there."""
    given: dict[str, Any] = {
        "name": "nights",
        "dataset": {"path": str(ROOT / "data/demo")},
        "judges": [{"client": "simulated", **judge} for judge in judges],
        "modes": ["pair"],
        "limit": 4,
        "anchors": {"path": str(folder / "anchors"), "size": 60},
        "drift": {"baseline_runs": 6, "nights": 30},
        "cache": str(folder / "cache"),
        "runs": str(folder / "runs"),
        "bootstrap": {"replicates": 100},
    }
    loaded = resolved(parse_config(given | changes), folder)
    if loaded.anchors is not None and not Path(loaded.anchors.path).exists():
        freeze(loaded, anchors_of(loaded, "test"))
    (folder / "nights.yaml").write_text(yaml.safe_dump(loaded.model_dump(mode="json")))
    return loaded


def begun(loaded: RunConfig, night: str, name: str = "run") -> RunFolder:
    """A night's run folder; the one that is there already is taken up again."""
    path = Path(loaded.runs) / f"{night}-{name}"
    if (path / "run.json").exists():
        return RunFolder.open(path)
    return prepare.create_run(loaded, path.parent.parent, PRICES, path, night)


def nightly(
    loaded: RunConfig, night: str, name: str = "run", measured: bool = False
) -> Drift | None:
    """A whole night: planned, answered, watched and remembered; its charts.

    Base rows are measured where that is wanted; it is what takes longest.
    """
    run = begun(loaded, night, name)
    here = context(run.path)
    prepare.load_samples(here)
    prepare.prepare_images(here)
    try:
        for round_ in ROUNDS:
            for shard in rounds.plan_round(here, round_):
                rounds.execute_shard(here, shard)
    finally:
        engine_room.close(run)
    results.collect_verdicts(here)
    if measured:
        results.measure(here)
    else:
        run.store("estimates", table([], ESTIMATES))
    drift = drifting.watch(here)
    run.note(status="regression" if drift and drift.failure else "complete", finished=night)
    record_run(run)
    return drift


def dates(first: int, count: int) -> list[str]:
    """Nights of November 2026, from a day of the month on."""
    return [f"2026-11-{day:02d}" for day in range(first, first + count)]
