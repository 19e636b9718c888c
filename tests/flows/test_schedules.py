"""Schedules that overlap, nights that were missed, and a retry after something was changed."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from data.run_folder import RunFolder
from tasks.stages.checks import warnings
from tests.flows.conftest import InProcess, Server
from tests.flows.deployed import Deployed, deploy, worker
from tests.flows.test_retries import ITEMS, parameters, wait_for_calls
from tests.standin.control import StandinControl

pytestmark = [pytest.mark.prove, pytest.mark.timeout(900)]
ONE = {"concurrency_limit": 1, "concurrency_options": {"collision_strategy": "CANCEL_NEW"}}
__all__ = ["parameters"]


@pytest.fixture(scope="module")
def nightly(prefect_server: Server) -> Deployed:
    return deploy(prefect_server, "schedules", "flows.nightly.nightly", **ONE)


@pytest.fixture
def work(nightly: Deployed, tmp_path: Path) -> Iterator[int]:
    with worker(nightly, tmp_path) as process:
        yield process.pid


def due(hours_ago: float) -> dict[str, Any]:
    """The state of a run that a schedule made for so long ago."""
    at = dt.datetime.now(dt.UTC) - dt.timedelta(hours=hours_ago)
    return {"state": {"type": "SCHEDULED", "state_details": {"scheduled_time": at.isoformat()}}}


def test_of_the_nights_missed_one_is_made_up_for(
    nightly: Deployed,
    parameters: dict[str, Any],
    quick: InProcess,
    standin: StandinControl,
    tmp_path: Path,
) -> None:
    standin.script(latency=0.2)
    runs = [nightly.start(parameters, **due(hours)) for hours in (50, 26, 2)]
    with worker(nightly, tmp_path):
        states = [nightly.ended(run) for run in runs]
    kinds = sorted(state["type"] for state in states)
    assert kinds == ["CANCELLED", "CANCELLED", "COMPLETED"]
    said = {state["message"] for state in states if state["type"] == "CANCELLED"}
    assert said == {"Deployment concurrency limit reached."}
    assert standin.stats()["completed"] == ITEMS
    assert len(list((quick.folder / "runs").glob("*/run.json"))) == 1


def test_a_run_that_is_due_while_the_last_one_goes_on_is_cancelled(
    nightly: Deployed,
    work: int,
    parameters: dict[str, Any],
    standin: StandinControl,
) -> None:
    standin.script(latency=0.5)
    first = nightly.start(parameters)
    wait_for_calls(standin, 4)
    second = nightly.start(parameters)
    assert nightly.ended(second)["type"] == "CANCELLED"
    assert nightly.ended(first)["type"] == "COMPLETED"
    assert standin.stats()["completed"] == ITEMS


def test_two_deployments_that_overlap_pay_each_question_once(
    nightly: Deployed,
    work: int,
    parameters: dict[str, Any],
    quick: InProcess,
    standin: StandinControl,
    tmp_path: Path,
) -> None:
    standin.script(latency=0.3)
    weekly = deploy(nightly.server, "weekly", "flows.nightly.nightly", **ONE)
    with worker(weekly, tmp_path):
        runs = [(each, each.start(parameters)) for each in (nightly, weekly)]
        assert {each.ended(run)["type"] for each, run in runs} == {"COMPLETED"}
    stats = standin.stats()
    twice = stats["completed"] - ITEMS
    print(f"\nDRILL two deployments at once: {stats['total']} sent, {twice} paid twice")
    assert stats["most_completed_per_body"] == 1
    assert len(stats["bodies"]) == ITEMS
    folders = list((quick.folder / "runs").glob("*/run.json"))
    assert len(folders) == 2


def test_a_retry_keeps_the_configuration_that_the_run_began_with(
    nightly: Deployed,
    work: int,
    parameters: dict[str, Any],
    quick: InProcess,
    standin: StandinControl,
) -> None:
    standin.script(sequence=["ok"] * 17 + ["503"] * 10_000)
    run = nightly.start(parameters)
    assert nightly.ended(run)["type"] == "FAILED"
    path = Path(parameters["config"])
    changed = yaml.safe_load(path.read_text())
    changed["name"], changed["limit"] = "another", 3
    changed["runs"] = str(quick.folder / "elsewhere")
    path.write_text(yaml.safe_dump(changed))
    (folder,) = [one.parent for one in (quick.folder / "runs").glob("*/run.json")]
    facts = json.loads((folder / "run.json").read_text())
    facts["attempts"][0]["versions"]["judgeflow"] = "0.0.1"  # as if upgraded in between
    (folder / "run.json").write_text(json.dumps(facts))
    standin.script()
    nightly.retry(run)
    assert nightly.ended(run)["type"] == "COMPLETED"
    assert standin.stats()["completed"] == ITEMS
    assert not (quick.folder / "elsewhere").exists()
    facts = json.loads((folder / "run.json").read_text())
    assert [one["config_differs"] for one in facts["attempts"]] == [False, True]
    told = "\n".join(warnings(RunFolder(folder)))
    assert "the configuration file was changed after the run began" in told
    assert "attempt 2 of this run was made with" in told
