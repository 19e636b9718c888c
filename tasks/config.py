"""The configuration of a run: what may be written in a YAML file, and how it is read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, JsonValue, ValidationError, field_validator, model_validator

from data.errors import ConfigError
from data.layout import DatasetConfig, TableColumns
from data.records import MODES, Mode, Record

SETTINGS = (
    "analyze",
    "figure-first",
    "answer-first",
    "figure-and-answer",
    "no-figure",
    "vision-expert",
)
BLIND_SETTINGS = frozenset({"no-figure", "vision-expert"})
Setting = Literal[
    "analyze", "figure-first", "answer-first", "figure-and-answer", "no-figure", "vision-expert"
]


class Price(Record):
    """USD per million tokens; `image_tokens` is the most that one image is billed as.

    Without `image_tokens` the rule of the listed model holds, if there is one.
    """

    input: Annotated[float, Field(ge=0)]
    output: Annotated[float, Field(ge=0)]
    image_tokens: Annotated[int, Field(ge=0)] | None = None


class _Judge(Record):
    name: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9][\w.+ -]*$")]


class _ModelJudge(_Judge):
    model: str
    base_url: str | None = None
    api_key_env: str | None = None
    params: dict[str, JsonValue] = Field(default_factory=dict)
    max_output_tokens: Annotated[int, Field(ge=1)] = 1024
    expected_output_tokens: Annotated[int, Field(ge=1)] = 300
    expected_seconds: Annotated[float, Field(gt=0)] = 5.0
    concurrency: Annotated[int, Field(ge=1, le=2000)] = 16
    requests_per_minute: Annotated[int, Field(ge=1)] | None = None
    timeout_s: Annotated[float, Field(gt=0)] = 120.0
    max_attempts: Annotated[int, Field(ge=1)] = 6
    give_up_after_s: Annotated[float, Field(ge=0)] = 900.0
    backoff_s: Annotated[float, Field(ge=0)] = 0.5
    limits: str | None = None
    price: Price | None = None
    price_as: str | None = None


class OpenAIJudge(_ModelJudge):
    """Any endpoint that speaks OpenAI chat completions."""

    client: Literal["openai"]
    max_tokens_param: Literal["auto", "max_tokens", "max_completion_tokens"] = "auto"


class AnthropicJudge(_ModelJudge):
    """Anthropic messages."""

    client: Literal["anthropic"]


class Simulation(Record):
    """How a simulated judge errs: all doses are known, so probes can be checked against them.

    `accuracy`: probability of giving the sample's label; otherwise a neighbouring score, another
    pair verdict or a ranking with one swap. `first_bias`: probability of taking the first-shown
    response of a pair whatever the label says. `length_bias`: likewise the longer one (points per
    doubling of the mean length in scoring). `noise`: probability that a repeat draws anew.
    `unreadable` and `refusal`: probabilities of such answers.
    """

    accuracy: Annotated[float, Field(ge=0, le=1)] = 0.7
    first_bias: Annotated[float, Field(ge=0, le=1)] = 0.0
    length_bias: float = 0.0
    blind_accuracy: Annotated[float, Field(ge=0, le=1)] = 0.4
    noise: Annotated[float, Field(ge=0, le=1)] = 1.0
    unreadable: Annotated[float, Field(ge=0, le=1)] = 0.0
    refusal: Annotated[float, Field(ge=0, le=1)] = 0.0
    latency_s: Annotated[float, Field(ge=0)] = 0.0
    seed: int = 0


class SimulatedJudge(_Judge):
    """A judge made of known doses; labelled simulated wherever it appears."""

    client: Literal["simulated"]
    simulation: Simulation = Simulation()


class RecordedJudge(_Judge):
    """Replays what a judge said before.

    Either `path` is a table of verdicts (`columns`, `where_judge`, `missing` say how to read it)
    or `of` is the original judge's entry and `path` an export of the call cache or a run folder.
    """

    client: Literal["recorded"]
    path: str
    columns: TableColumns = TableColumns(verdict="verdict")
    where_judge: str | None = None
    missing: tuple[str, ...] = ()
    of: OpenAIJudge | AnthropicJudge | SimulatedJudge | None = Field(
        default=None, discriminator="client"
    )


Judge = Annotated[
    OpenAIJudge | AnthropicJudge | SimulatedJudge | RecordedJudge, Field(discriminator="client")
]


class ProbeConfig(Record):
    """Which items a probe asks about and how often."""

    limit: Annotated[int, Field(ge=1)] | None = None
    repeats: Annotated[int, Field(ge=2, le=100)] = 6


class ImagesConfig(Record):
    """What may leave the house."""

    allow_send: bool = True


class BudgetConfig(Record):
    """Hard limits of one run, carried through resumes."""

    max_usd: Annotated[float, Field(ge=0)] | None = None


class BootstrapConfig(Record):
    """Resampling of images within sources."""

    replicates: Annotated[int, Field(ge=100)] = 2000
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    seed: int = 20240207


class RunConfig(Record):
    """One evaluation: dataset, judges, settings, probes, limits."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w.-]*$", max_length=60)]
    dataset: DatasetConfig
    judges: Annotated[tuple[Judge, ...], Field(min_length=1)]
    responders: tuple[Judge, ...] = ()
    describer: Judge | None = None
    modes: tuple[Mode, ...] = MODES
    settings: Annotated[tuple[Setting, ...], Field(min_length=1)] = ("analyze",)
    prompts: str | None = None
    repeats: Annotated[int, Field(ge=1, le=100)] = 1
    probes: dict[str, ProbeConfig] = Field(default_factory=dict)
    epoch: Annotated[str, Field(pattern=r"^[\w.-]{1,40}$")] = "base"
    limit: Annotated[int, Field(ge=1)] | None = None
    images: ImagesConfig = ImagesConfig()
    budget: BudgetConfig = BudgetConfig()
    bootstrap: BootstrapConfig = BootstrapConfig()
    on_open_rows: Literal["fail", "report"] | None = None
    min_coverage: Annotated[float, Field(ge=0, le=1)] = 0.5
    shard_size: Annotated[int, Field(ge=1, le=100_000)] = 500
    shard_retries: Annotated[int, Field(ge=0, le=10)] = 1
    split_versions: bool = False
    cache: str = ".cache/judgeflow"
    runs: str = "runs"

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
        describer = () if self.describer is None else (self.describer,)
        for entry in (*self.judges, *self.responders, *describer):
            if entries.setdefault(entry.name, entry) != entry:
                raise ValueError(
                    f"{entry.name!r} names two different entries among judges, responders and "
                    "describer; an entry is one model with one set of parameters"
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


def load_config(path: Path, overrides: Sequence[str] = ()) -> RunConfig:
    """The configuration in a YAML file, with `a.b=c` overrides applied before it is checked.

    Raises:
        ConfigError: naming the file, the key, the value and what is allowed.
    """
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"configuration {str(path)!r} does not exist") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"configuration {str(path)!r} cannot be read: {reason}") from error
    if not isinstance(loaded, dict):
        raise ConfigError(f"configuration {str(path)!r} must be a mapping, not {loaded!r:.60}")
    for override in overrides:
        _override(loaded, override)
    return parse_config(loaded, where=str(path))


def parse_config(loaded: dict[str, Any], where: str = "configuration") -> RunConfig:
    """The checked configuration of a plain mapping."""
    try:
        return RunConfig.model_validate(loaded)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "(top level)"
        more = f" (+{error.error_count() - 1} more)" if error.error_count() > 1 else ""
        obvious = first["type"] in {"missing", "value_error"}
        given = "" if obvious else f", got {first['input']!r:.80}"
        raise ConfigError(f"{where}: {key}: {first['msg']}{given}{more}") from error


def config_sha256(config: RunConfig) -> str:
    """A hash of the configuration's meaning: the order of its keys does not matter."""
    text = json.dumps(config.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _override(config: dict[str, Any], override: str) -> None:
    """Set one dotted key; list entries are addressed by their index or their `name`."""
    key, equals, value = override.partition("=")
    if not equals or not key:
        raise ConfigError(f"--set takes KEY=VALUE, got {override!r}")
    *parents, last = key.split(".")
    target: Any = config
    for part in parents:
        target = _child(target, part, override)
    try:
        parsed = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {override!r}: the value is not YAML") from error
    if isinstance(target, list):
        _child(target, last, override)  # must exist
        target[_index(target, last)] = parsed
    elif isinstance(target, dict):
        target[last] = parsed
    else:
        raise ConfigError(f"--set {override!r}: {'.'.join(parents)!r} holds no keys")


def _child(target: Any, part: str, override: str) -> Any:
    if isinstance(target, dict):
        child = target.setdefault(part, {})
        if child is None:
            child = target[part] = {}
        return child
    if isinstance(target, list) and _index(target, part) >= 0:
        return target[_index(target, part)]
    raise ConfigError(f"--set {override!r}: there is no {part!r}")


def _index(items: list[Any], part: str) -> int:
    if part.isdigit() and int(part) < len(items):
        return int(part)
    names = [item.get("name") if isinstance(item, dict) else None for item in items]
    return names.index(part) if part in names else -1
