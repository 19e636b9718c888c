"""What a configuration says of judges: models at an endpoint, simulated and recorded ones."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, JsonValue, field_validator

from data.layout import TableColumns
from data.records import Record


class Price(Record):
    """USD per million tokens; `image_tokens` is the most that one image is billed as.

    Without `image_tokens` the rule of the listed model holds, if there is one.
    """

    input: Annotated[float, Field(ge=0)]
    output: Annotated[float, Field(ge=0)]
    image_tokens: Annotated[int, Field(ge=0)] | None = None


class _Judge(Record):
    name: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9][\w.+ -]*$")]


class BatchConfig(Record):
    """How batches are waited for: seconds between looks, hours at most, and what then."""

    poll_s: Annotated[float, Field(gt=0)] = 60.0
    deadline_h: Annotated[float, Field(gt=0, le=24)] = 24.0
    fallback: bool = False


class _ModelJudge(_Judge):
    model: str
    base_url: str | None = None
    api_key_env: str | None = None
    params: dict[str, JsonValue] = Field(default_factory=dict)
    structured: bool = False
    execute: Literal["calls", "batch"] = "calls"
    batch: BatchConfig = BatchConfig()
    max_output_tokens: Annotated[int, Field(ge=1)] = 1024
    expected_output_tokens: Annotated[int, Field(ge=1)] = 300
    expected_seconds: Annotated[float, Field(gt=0)] = 5.0
    concurrency: Annotated[int, Field(ge=1, le=2000)] = 16
    requests_per_minute: Annotated[int, Field(ge=1)] | None = None
    tokens_per_minute: Annotated[int, Field(ge=1)] | None = None
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
    logprobs: bool = False
    max_tokens_param: Literal["auto", "max_tokens", "max_completion_tokens"] = "auto"


class AnthropicJudge(_ModelJudge):
    """Anthropic messages."""

    client: Literal["anthropic"]


class Simulation(Record):
    """How a simulated judge errs: all doses are known, so probes can be checked against them.

    `accuracy`: probability of giving the sample's label; otherwise a neighbouring score, another
    pair verdict or a ranking with one swap. `blind_accuracy`: the same where no picture is sent, a
    blank one, or another item's; as large as `accuracy` it is a judge that never looks.
    `first_bias`: probability of taking the first-shown response of a pair whatever the label says.
    `length_bias`: likewise the longer one (points per doubling of the mean length in scoring).
    `noise`: probability that a repeat draws anew. `unreadable` and `refusal`: probabilities of such
    answers. `effects`: what a probe's cue is worth by its name: points per unit of the cue in
    scoring; in pairs and rankings the probability of preferring the response that bears most of it
    (below zero: of avoiding it). `acuity`: the error that it tells from the truth in 3 of 4
    pairs, by dimension of the probe `thresholds`; `lapse`: how often it is wrong there whatever the
    error. `fabrication`: probability that a claim it makes is false. `sensitivity`, `specificity`:
    probabilities of saying yes to a question whose answer is yes, and no where it is no, instead
    of `accuracy`. `drifts` has doses that change from a dated epoch on, by that date, as a model
    does that its provider replaces. `defect_blindness`: by type of planted defect, the probability
    of judging as if it were not there. `prompts`: what a probe's change of prompt adds to the
    accuracy, by its name. At a temperature that a probe sets `noise` is that many times itself.
    `contradicts`: probability that the analysis names another outcome than the verdict; without it
    the analysis names none.
    """

    accuracy: Annotated[float, Field(ge=0, le=1)] = 0.7
    first_bias: Annotated[float, Field(ge=0, le=1)] = 0.0
    length_bias: float = 0.0
    effects: dict[str, float] = Field(default_factory=dict)
    acuity: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    lapse: Annotated[float, Field(ge=0, lt=0.25)] = 0.0
    defect_blindness: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)
    prompts: dict[str, float] = Field(default_factory=dict)
    contradicts: Annotated[float, Field(ge=0, le=1)] | None = None
    drifts: dict[str, dict[str, float]] = Field(default_factory=dict)
    blind_accuracy: Annotated[float, Field(ge=0, le=1)] = 0.4
    noise: Annotated[float, Field(ge=0, le=1)] = 1.0
    unreadable: Annotated[float, Field(ge=0, le=1)] = 0.0
    refusal: Annotated[float, Field(ge=0, le=1)] = 0.0
    fabrication: Annotated[float, Field(ge=0, le=1)] = 0.0
    sensitivity: Annotated[float, Field(ge=0, le=1)] | None = None
    specificity: Annotated[float, Field(ge=0, le=1)] | None = None
    latency_s: Annotated[float, Field(ge=0)] = 0.0
    seed: int = 0

    @field_validator("drifts")
    @classmethod
    def _doses(cls, drifts: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        for since, changes in drifts.items():
            dt.date.fromisoformat(since)
            unknown = sorted(set(changes) - set(cls.model_fields))
            if unknown:
                raise ValueError(f"{unknown!r} are not doses of a simulated judge")
        return drifts


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


def same_model(one: object, other: object) -> bool:
    """Whether two entries ask the same model at the same place."""
    places = [
        (each.client, each.base_url, each.model)
        for each in (one, other)
        if isinstance(each, OpenAIJudge | AnthropicJudge)
    ]
    return len(places) == 2 and places[0] == places[1]
