"""What stands on a judge card; its JSON is compared over judges and nights."""

from __future__ import annotations

from data.records import Record
from tasks.probes.kinds import Family

VERSION = 2  # of the card's JSON


class Trust(Record):
    """The primary measure of a mode beside the best baseline.

    `bound_low` and `bound_high` are its limits under what the missing verdicts could have been.
    """

    mode: str
    setting: str
    metric: str
    value: float | None
    low: float | None
    high: float | None
    bound_low: float | None
    bound_high: float | None
    n: int
    n_missing: int
    clustered: bool
    baseline: str | None = None
    baseline_value: float | None = None
    ahead: float | None = None
    ahead_low: float | None = None
    ahead_high: float | None = None
    words: str


class Finding(Record):
    """One headline of a probe; `excess` is the share of verdicts changed beyond noise.

    `clustered` is false where the images are not known, so that the interval may be too narrow.
    """

    family: Family
    probe: str
    arm: str | None
    mode: str
    metric: str
    value: float | None
    low: float | None
    high: float | None
    bound_low: float | None
    bound_high: float | None
    excess: float | None
    n: int
    n_missing: int
    clustered: bool
    words: str


class Card(Record):
    """One judge on one night.

    Prices are USD per 1,000 base judgements at listed prices, by mode. `cautions` say where the
    judge says the same about everything.
    """

    version: int = VERSION
    judge: str
    model: str
    simulated: bool
    run: str
    started: str
    dataset: str
    labels: str
    level: float
    trust: tuple[Trust, ...]
    cautions: tuple[str, ...] = ()
    findings: tuple[Finding, ...]
    unreadable: float | None
    usd_per_1000: dict[str, float | None]
