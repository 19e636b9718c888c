"""A provider that fails now and then: the run completes with the undisturbed verdicts."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.flows.conftest import InProcess, Server
from tests.standin.control import StandinControl

ITEMS = 96  # the demo set's scoring and pair samples
ALONE = 0.10
MIXED = ("429", "500", "drop-before", "drop-after", "half-body", "html", "stall", "wrong-type")
# what the provider completed, or may have: the engine cannot know of the others
PERHAPS = frozenset({"drop-before", "drop-after", "half-body", "html", "stall"})


def asked(
    quick: InProcess, standin: StandinControl, name: str, rates: dict[str, float]
) -> tuple[pl.DataFrame, dict[str, Any], dict[str, Any]]:
    """Verdicts, `run.json` and the stand-in's counts of a run in a folder and cache of its own."""
    standin.reset()
    standin.script(rates=rates, retry_after="0.05", seed=7)
    judge = {
        "name": "gpt", "client": "openai", "model": "m", "base_url": standin.openai_url,
        "concurrency": 8, "backoff_s": 0.02, "timeout_s": 1.0, "max_attempts": 8,
        "price": {"input": 1.0, "output": 2.0, "image_tokens": 1000},
    }  # fmt: skip
    folder = quick.folder / name
    path = quick.config(
        name, judges=[judge], modes=["score", "pair"], limit=ITEMS, cache=str(folder / "cache")
    )
    ended = quick("run", path, "--run-dir", folder / "run", "--json")
    assert ended.code == 0, ended.err
    return pl.read_parquet(folder / "run" / "verdicts.parquet"), ended.json, standin.stats()


def held(
    quick: InProcess,
    standin: StandinControl,
    calm: pl.DataFrame,
    name: str,
    rates: dict[str, float],
) -> dict[str, int]:
    """Calls, what was paid for twice and what was lost, of a disturbed run."""
    stormy, facts, stats = asked(quick, standin, name, rates)
    assert stormy.equals(calm)
    counts = facts["counts"]
    assert counts["sent"] == stats["total"]
    assert counts["paid"] + counts["perhaps_paid"] >= stats["completed"]
    paid_twice = sum(body["completed"] - 1 for body in stats["bodies"].values())
    assert paid_twice <= counts["perhaps_paid"]
    found = {
        "sent": counts["sent"],
        "paid": counts["paid"],
        "perhaps_paid": counts["perhaps_paid"],
        "completed_twice": paid_twice,
        "open": counts["open"],
    }
    assert (found["paid"], found["open"]) == (ITEMS, 0)
    return found


def test_every_fault_at_once(
    quick: InProcess, standin: StandinControl, prefect_server: Server
) -> None:
    calm, _, _ = asked(quick, standin, "calm", {})
    found = held(quick, standin, calm, "mixed", {kind: 0.2 / len(MIXED) for kind in MIXED})
    assert found["sent"] > ITEMS


@pytest.mark.prove
@pytest.mark.timeout(600)
def test_every_fault_alone(
    quick: InProcess, standin: StandinControl, prefect_server: Server
) -> None:
    calm, _, _ = asked(quick, standin, "calm", {})
    table = {kind: held(quick, standin, calm, kind, {kind: ALONE}) for kind in MIXED}
    table["mixed"] = held(quick, standin, calm, "mixed", {kind: 0.2 / len(MIXED) for kind in MIXED})
    for kind, found in table.items():
        print(f"{kind:12} {found}")
        assert found["sent"] > ITEMS or kind == "wrong-type"
        assert found["perhaps_paid"] == 0 or kind in {*PERHAPS, "mixed"}


def test_the_demo_set_is_as_large_as_this_file_says(tmp_path: Path) -> None:
    from data.datasets import load_dataset
    from data.layout import DatasetConfig
    from tests.flows.conftest import ROOT

    loaded = load_dataset(DatasetConfig(path=str(ROOT / "data/demo")), tmp_path)
    assert sum(sample.mode in {"score", "pair"} for sample in loaded.samples) >= ITEMS
