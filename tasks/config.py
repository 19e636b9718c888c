"""The configuration of a run: what may be written in a YAML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator, model_validator

from cache.location import checked, is_shared
from data.errors import ConfigError
from data.exchange import checked_share
from data.layout import DatasetConfig
from data.records import MODES, Mode, Record
from tasks.combined_config import Cascade, wrong_cascade
from tasks.drift_config import AnchorsConfig, DriftConfig
from tasks.judge_config import Judge, same_model

PublishedSetting = Literal[
    "analyze", "figure-first", "answer-first", "figure-and-answer", "no-figure", "vision-expert"
]
Remedy = Literal["checklist", "describe-first"]  # prompts that are used as settings are
Setting = PublishedSetting | Remedy
SETTINGS: tuple[str, ...] = get_args(PublishedSetting)
MORE_STEPS: tuple[str, ...] = get_args(Remedy)
BLIND_SETTINGS = frozenset({"no-figure", "vision-expert"})


class ProbeConfig(Record):
    """Which items a probe asks about and how often.

    `repeats` is K of the probe `repeats`; `draws` is how often other probes ask each of their
    variants, and the base request beside it. `families` (of the probe `self-preference`) names the
    judges and responders that belong together. `seed` chooses the items that a probe draws itself.
    `audits` is a table of what people say of a part of the judgements that a probe looks at.
    `repeats` is also K of the probe `remedies`, whose `cascade` names a cheap judge and the strong
    one that it hands over to.
    """

    limit: Annotated[int, Field(ge=1)] | None = None
    repeats: Annotated[int, Field(ge=2, le=100)] = 6
    draws: Annotated[int, Field(ge=2, le=20)] = 2
    families: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    seed: int = 0
    audits: str | None = None
    cascade: tuple[str, str] | None = None


class ImagesConfig(Record):
    """What may leave the house."""

    allow_send: bool = True


class BudgetConfig(Record):
    """Hard limits of one run, carried through resumes."""

    max_usd: Annotated[float, Field(ge=0)] | None = None
    max_calls: Annotated[int, Field(ge=0)] | None = None


class BootstrapConfig(Record):
    """Resampling of images within sources."""

    replicates: Annotated[int, Field(ge=100)] = 2000
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    seed: int = 20240207


class DaskRunner(Record):
    """A Dask cluster: the one of a scheduler's address, else some workers on this machine.

    `share` is a place that fsspec reaches, for workers that do not see the runs' folder.
    """

    address: Annotated[str, Field(pattern=r"^[a-z]+://.+:\d+$")] | None = None
    workers: Annotated[int, Field(ge=1, le=256)] = 2
    share: Annotated[str, Field(pattern=r"^[a-z0-9+]+://.+")] | None = None

    @field_validator("share")
    @classmethod
    def _no_password(cls, share: str | None) -> str | None:
        try:
            return None if share is None else checked_share(share)
        except ConfigError as error:
            raise ValueError(str(error)) from None


class SmallestDifference(Record):
    """The smallest loss that matters, in points of each mode's primary measure."""

    score: Annotated[float, Field(ge=0)] = 0.05
    pair: Annotated[float, Field(ge=0)] = 0.02
    batch: Annotated[float, Field(ge=0)] = 0.05


class GateConfig(Record):
    """What a run is compared with at its end, and when that fails it.

    `against` is `last-good`, `none`, or a run's name or folder. `false_alarms` is the share of runs
    that may be failed though nothing has changed. Under the rule `non-inferiority` a judge must be
    shown to be no worse by the smallest difference; under `regression` it must not be shown worse.
    """

    against: Annotated[str, Field(min_length=1)] = "last-good"
    smallest_difference: SmallestDifference = SmallestDifference()
    false_alarms: Annotated[float, Field(gt=0, le=0.5)] = 0.05
    rule: Literal["regression", "non-inferiority"] = "regression"


class RetentionConfig(Record):
    """Which older runs of its name a nightly deletes when it has ended well; none by default."""

    keep: Annotated[int, Field(ge=1)] | None = None
    older_than_days: Annotated[float, Field(gt=0)] | None = None


class RunConfig(Record):
    """One evaluation: dataset, judges, settings, probes, limits."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w.-]*$", max_length=60)]
    dataset: DatasetConfig
    judges: Annotated[tuple[Judge, ...], Field(min_length=1)]
    responders: tuple[Judge, ...] = ()
    describer: Judge | None = None
    verifier: Judge | None = None
    modes: tuple[Mode, ...] = MODES
    settings: Annotated[tuple[Setting, ...], Field(min_length=1)] = ("analyze",)
    prompts: str | None = None
    sanitise: bool = False
    repeats: Annotated[int, Field(ge=1, le=100)] = 1
    both_orders: bool = False
    cascades: tuple[Cascade, ...] = ()
    probes: dict[str, ProbeConfig] = Field(default_factory=dict)
    limit_probes: Annotated[int, Field(ge=1)] | None = None
    epoch: Annotated[str, Field(pattern=r"^[\w.-]{1,40}$")] = "base"
    limit: Annotated[int, Field(ge=1)] | None = None
    images: ImagesConfig = ImagesConfig()
    budget: BudgetConfig = BudgetConfig()
    bootstrap: BootstrapConfig = BootstrapConfig()
    anchors: AnchorsConfig | None = None
    drift: DriftConfig = DriftConfig()
    gate: GateConfig = GateConfig()
    retention: RetentionConfig = RetentionConfig()
    on_open_rows: Literal["fail", "report"] | None = None
    min_coverage: Annotated[float, Field(ge=0, le=1)] = 0.5
    shard_size: Annotated[int, Field(ge=1, le=100_000)] = 500
    shard_retries: Annotated[int, Field(ge=0, le=10)] = 1
    split_versions: bool = False
    runner: Literal["threads"] | DaskRunner = "threads"
    cache: str = ".cache/judgeflow"
    runs: str = "runs"

    @field_validator("cache")
    @classmethod
    def _no_password(cls, location: str) -> str:
        try:
            return checked(location)
        except ConfigError as error:
            raise ValueError(str(error)) from None

    @field_validator("runner", mode="before")
    @classmethod
    def _dask_by_its_name(cls, runner: object) -> object:
        """`dask` or `{dask: {address: …}}`."""
        if isinstance(runner, dict) and list(runner) == ["dask"]:
            return runner["dask"] or {}
        return {} if runner == "dask" else runner

    @model_validator(mode="after")
    def _many_machines_share_a_cache(self) -> RunConfig:
        if not isinstance(self.runner, DaskRunner):
            return self
        if not is_shared(self.cache):
            raise ValueError(
                f"runner 'dask' needs a cache that all its workers share, got {self.cache!r}; "
                "write cache: redis://HOST:PORT/DB"
            )
        in_batches = [j.name for j in self.judges if getattr(j, "execute", "") == "batch"]
        if self.runner.share is not None and in_batches:
            raise ValueError(
                f"judge {in_batches[0]!r} with execute 'batch' needs workers that see the runs' "
                "folder, where its batches are written down; leave `share` out"
            )
        return self

    @property
    def image_folder(self) -> Path:
        """Where images as sent are kept: in the cache's folder, or beside the runs."""
        return Path(self.runs) / ".images" if is_shared(self.cache) else Path(self.cache) / "images"

    @field_validator("judges")
    @classmethod
    def _distinct(cls, judges: tuple[Judge, ...]) -> tuple[Judge, ...]:
        names = [judge.name for judge in judges]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"judge names must be distinct; {twice!r} stand twice")
        return judges

    @model_validator(mode="after")
    def _one_name_one_entry(self) -> RunConfig:
        entries: dict[str, Judge] = {}
        for entry in (*self.judges, *self.responders, *self.single):
            if entries.setdefault(entry.name, entry) != entry:
                raise ValueError(
                    f"{entry.name!r} names two different entries among judges, responders, "
                    "describer, verifier and strong judges of cascades; an entry is one model "
                    "with one set of parameters"
                )
        return self

    @property
    def single(self) -> tuple[Judge, ...]:
        """The describer, the verifier and the strong judges of cascades, where there are any."""
        helpers = tuple(each for each in (self.describer, self.verifier) if each is not None)
        return (*helpers, *(cascade.strong for cascade in self.cascades))

    @model_validator(mode="after")
    def _nobody_verifies_itself(self) -> RunConfig:
        verifier = self.verifier
        for judge in self.judges:
            if verifier is not None and (judge == verifier or same_model(judge, verifier)):
                raise ValueError(
                    f"verifier {verifier.name!r} is judge {judge.name!r} itself; what a judge "
                    "claims must be verified by another model, best of another family"
                )
        return self

    @model_validator(mode="after")
    def _cascades_can_decide(self) -> RunConfig:
        wrong = wrong_cascade(self.cascades, self.judges, self.repeats)
        if self.cascades and self.describer is None and "vision-expert" in self.settings:
            wrong = (
                "cascades in setting 'vision-expert' need a `describer`; the strong judge would "
                "describe every picture, not only those that it is asked about"
            )
        if wrong is not None:
            raise ValueError(wrong)
        return self

    @model_validator(mode="after")
    def _cascades_name_judges(self) -> RunConfig:
        names = [judge.name for judge in self.judges]
        for probe, settings in self.probes.items():
            pair = settings.cascade
            if pair and (pair[0] == pair[1] or not set(pair) <= set(names)):
                raise ValueError(
                    f"probes.{probe}.cascade must name two of the judges, cheap and strong; got "
                    f"{list(pair)!r}, known: {names!r}"
                )
        return self

    @model_validator(mode="after")
    def _questions_need_texts(self) -> RunConfig:
        for name in ("anchors", "both_orders", "cascades"):
            if getattr(self, name) and self.dataset.format == "table":
                raise ValueError(
                    f"{name} needs texts and images; a table of recorded verdicts has none"
                )
        return self

    @model_validator(mode="after")
    def _images_stay_at_home(self) -> RunConfig:
        sighted = sorted(set(self.settings) - {"no-figure"})
        if not self.images.allow_send and sighted:
            raise ValueError(
                f"images.allow_send is false, so only blind settings may run; got {sighted!r}"
            )
        return self
