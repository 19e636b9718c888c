"""What the history of runs reads of a `run.json`, checked; a run of a newer judgeflow has more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from data.records import Scale
from data.run_folder import FORMAT

REGRESSION = "regression"  # the status of a run with all its answers that has become worse
COMPLETE = ("complete", REGRESSION)
BEGUN = {"status": "running", "error": None, "exit_code": None, "finished": None}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


def flow_of(facts: Mapping[str, Any]) -> str:
    """The flow that a run is of: the last one that worked on it, else the one it was made for.

    A stage that is done again is no flow of its own.
    """
    attempts = facts.get("attempts")
    worked = attempts if isinstance(attempts, list) else []
    flows = [one["flow"] for one in worked if isinstance(one, dict) and one.get("flow")]
    return str(flows[-1] if flows else facts.get("flow", "nightly"))


def parts_of(facts: Mapping[str, Any]) -> dict[str, list[str]]:
    """The judges that a run's combined judges are made of, by `run.json`."""
    return {one["name"]: one["parts"] for one in facts.get("judges", ()) if one.get("parts")}


class RunDataset(_Part):
    """Which dataset, and how much of it."""

    name: str
    samples: int = 0
    scale: Scale = Scale()
    limit: int | None = None


class RunJudge(_Part):
    """Somebody the run asks."""

    name: str
    model: str | None = None
    simulated: bool = False
    baseline: bool = False
    role: str = "judge"


class RunCost(_Part):
    """What a run has paid."""

    usd: float = 0.0
    unpriced_calls: int = 0


class Headline(_Part):
    """A judge's primary measure in a mode, pooled, in the run's first setting."""

    judge: str
    mode: str
    metric: str
    value: float | None = None


class RunGate(_Part):
    """How a run came out of its gate, and for which judges it may be a baseline."""

    status: str
    baseline_for: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    said: str = ""


class RunRecord(_Part):
    """The part of `run.json` that runs are found, listed and chosen by."""

    format: int
    name: str
    status: str
    started: str
    flow: str
    finished: str | None = None
    error: str | None = None
    exit_code: int | None = None
    dataset: RunDataset | None = None
    judges: tuple[RunJudge, ...] = ()
    primary: Mapping[str, str] = {}
    headlines: tuple[Headline, ...] = ()
    checkpoints_failed: tuple[str, ...] = ()
    coverage: Mapping[str, float] = {}
    cost: RunCost = RunCost()
    gate: RunGate | None = None

    @property
    def limit(self) -> int | None:
        """At most how many samples it took of its dataset; `None` for all."""
        return None if self.dataset is None else self.dataset.limit

    @property
    def complete(self) -> bool:
        """Whether every row is terminal and no judge's coverage is below the floor."""
        return self.status in COMPLETE


def run_record(facts: Mapping[str, Any]) -> RunRecord | str:
    """The record in a `run.json`, or in a few words why there is none."""
    if facts.get("format") is None:
        return "its run.json is not a run's record"
    if facts["format"] != FORMAT:
        return "written by another version of judgeflow"
    try:
        return RunRecord.model_validate({**facts, "flow": flow_of(facts)})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        return f"run.json is damaged: {key}: {first['msg']}"
