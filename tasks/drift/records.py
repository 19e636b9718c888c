"""What is kept of a watched judge: nights, its baseline, its chart, and what was found."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from data.records import Record

Prints = dict[str, str]  # what we send and how we read it, each as a digest by its name
REQUESTS = "the requests"  # all of what is sent, whichever part of it changed
EXPLAIN_REQUESTS = frozenset({"the prompts", "the judge's entry", "the anchors"})


class Night(Record):
    """A judge's figure of one night; `value` is `None` where it is not defined.

    `low` and `high` are its interval over images; `versions` are the model versions that answered.
    """

    night: str
    run: str
    value: float | None
    low: float | None = None
    high: float | None = None
    asked: int
    answered: int
    versions: tuple[str, ...] = ()
    prints: Prints = Field(default_factory=dict)


class Baseline(Record):
    """What later nights are held against; frozen until it is accepted anew."""

    mean: float
    sd: float
    nights: tuple[str, ...]
    versions: tuple[str, ...]
    prints: Prints


class Accepted(Record):
    """A person's decision: after which night a new baseline is learned or the sums start at zero.

    `learn` tells the two apart; the second keeps the baseline.
    """

    after: str
    learn: bool
    why: str
    who: str
    at: str


class Series(Record):
    """What is remembered of one judge's chart between nights."""

    baseline: Baseline | None = None
    accepted: tuple[Accepted, ...] = ()


class Point(Record):
    """A night in a chart; `left_out` says why it has no z."""

    night: str
    value: float | None
    low: float | None = None
    high: float | None = None
    z: float | None = None
    above: float = 0.0
    below: float = 0.0
    learning: bool = False
    left_out: str | None = None


State = Literal["learning", "watched", "signal"]


class Chart(Record):
    """A judge's chart as it stands after a night.

    `since` and `size` are the first night of the change and how many points it is worth.
    """

    judge: str
    statistic: str
    simulated: bool = False
    state: State
    learned: int
    needed: int
    again: str | None = None
    baseline: Baseline | None = None
    limit: float | None = None
    points: tuple[Point, ...] = ()
    since: str | None = None
    size: float | None = None

    @property
    def name(self) -> str:
        """The judge's name as people read it; simulated ones say so."""
        return f"{self.judge} (simulated)" if self.simulated else self.judge

    @property
    def last(self) -> Point:
        """The newest night."""
        return self.points[-1]


class Finding(Record):
    """Something that a person must hear of a judge; `fails` where it is to end the run."""

    judge: str
    kind: Literal["signal", "blind", "version", "ours", "canary"]
    message: str
    fails: bool = False


class Drift(Record):
    """Every chart of a run's night, the promise they keep, and what they say."""

    night: str
    promise: str
    charts: tuple[Chart, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def failure(self) -> str | None:
        """What ends the run as a regression, in a line; `None` where nothing does."""
        return "; ".join(each.message for each in self.findings if each.fails) or None
