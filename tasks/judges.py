"""What a judge's entry in the configuration means: identity, parameters, limits, price, client."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.datasets import read_verdicts
from data.errors import ConfigError
from data.records import Mode, Scale, Usage
from data.run_folder import RunFolder
from tasks.clients.endpoints import address, endpoint, refuse_params
from tasks.clients.extras import asked_for
from tasks.judge_config import (
    AnthropicJudge,
    Judge,
    OpenAIJudge,
    RecordedJudge,
    SimulatedJudge,
    Simulation,
)
from tasks.prices import ModelPrice, PriceList, custom_price, settle
from tasks.verdict_schema import verdict_schema

if TYPE_CHECKING:
    from data.image_store import ImageStore
    from tasks.clients.failures import Client
    from tasks.clients.handing_in import BatchClient
    from tasks.clients.transport import Heard

GOOGLE_HOST = "generativelanguage.googleapis.com"
FREE_LIMITS = "local"  # image limits of judges that receive no image over a wire


@dataclass(frozen=True)
class Seat:
    """A judge as it is planned: everything of its entry that a request or a quote needs.

    `price` is `None` where it is unknown; `free` where nothing is billed at all. A `batched` judge
    is asked through its batch endpoint at `batch_price`.
    """

    name: str
    client: str
    provider: str
    endpoint: str
    model: str
    params: Mapping[str, Any]
    limits: str
    price: ModelPrice | None
    free: bool
    max_output_tokens: int = 0
    expected_output_tokens: int = 0
    expected_seconds: float = 0.0
    concurrency: int = 64
    structured: bool = False
    logprobs: bool = False
    batch_price: ModelPrice | None = None
    batched: bool = False
    calls_after_deadline: bool = False
    takes_temperature: bool = True

    def refuses(self, params: Collection[str]) -> bool:
        """Whether the model is known to refuse one of these decoding parameters."""
        return "temperature" in params and not self.takes_temperature

    def changed(self, params: Mapping[str, Any]) -> Seat:
        """The seat with other decoding parameters in place of its own."""
        return replace(self, params={**self.params, **params}) if params else self

    def judging_params(
        self, mode: Mode, steps: str, responses: int, scale: Scale, labels: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """The parameters of a request for a verdict."""
        if not (self.structured or self.logprobs):
            return dict(self.params)
        schema = None
        if self.structured:
            schema = verdict_schema(mode, steps, responses, scale, labels)
        return asked_for(self.client, self.params, schema, self.logprobs)

    @property
    def needs_texts(self) -> bool:
        """Whether requests carry prompts: all but a recorded table's do."""
        return self.client != "recorded-table"

    @property
    def reads_context(self) -> bool:
        """Whether the answer comes from `Request.context` rather than from a model."""
        return self.client in {"simulated", "recorded-table"}

    def settle_batch(self, usage: Usage) -> float | None:
        """USD billed for a usage in a batch; `None` where the price or the usage is unknown."""
        return settle(self.batch_price, usage)

    def settle(self, usage: Usage) -> float | None:
        """USD billed for a usage; `None` where the price or the usage is unknown."""
        return 0.0 if self.free else settle(self.price, usage)


def seat(judge: Judge, prices: PriceList) -> Seat:
    """The seat of a judge's entry.

    Raises:
        ConfigError: the entry asks for something the model or this version refuses.
    """
    match judge:
        case SimulatedJudge():
            return Seat(
                name=judge.name,
                client="simulated",
                provider="simulated",
                endpoint="",
                model="simulated",
                params=_doses(judge.simulation),
                limits=FREE_LIMITS,
                price=None,
                free=True,
                expected_seconds=judge.simulation.latency_s,
            )
        case RecordedJudge(of=None):
            return _table_seat(judge)
        case RecordedJudge(of=original) if original is not None:
            replayed = seat(original, prices)
            return Seat(**{**vars(replayed), "name": judge.name, "free": True})
        case OpenAIJudge() | AnthropicJudge():
            return _model_seat(judge, prices)
    raise AssertionError(judge)


def _doses(simulation: Simulation) -> dict[str, Any]:
    """The parameters of a simulated judge's requests: its doses."""
    unused = {"latency_s"} if simulation.drifts else {"latency_s", "drifts"}
    return simulation.model_dump(mode="json", exclude=unused)


def _table_seat(judge: RecordedJudge) -> Seat:
    try:
        content = Path(judge.path).read_bytes()
    except OSError as error:
        raise ConfigError(
            f"judge {judge.name!r}: recorded table {judge.path!r} cannot be read: {error.strerror}"
        ) from error
    reading = judge.model_dump(mode="json", include={"columns", "where_judge", "missing"})
    return Seat(
        name=judge.name,
        client="recorded-table",
        provider="recorded",
        endpoint=hashlib.sha256(content).hexdigest(),
        model=judge.where_judge or judge.name,
        params=reading,
        limits=FREE_LIMITS,
        price=None,
        free=True,
    )


def _model_seat(judge: OpenAIJudge | AnthropicJudge, prices: PriceList) -> Seat:
    refuse_params(judge)
    home = _home(judge)
    price = _price(judge, home, prices)
    params = dict(judge.params)
    if price is not None and price.temperature is False and params.get("temperature", 1) != 1:
        raise ConfigError(
            f"judge {judge.name!r}: model {judge.model!r} refuses temperature "
            f"{params['temperature']!r}; leave it out of params"
        )
    params[_max_tokens_name(judge, home)] = judge.max_output_tokens
    return Seat(
        name=judge.name,
        client=judge.client,
        provider=judge.client,
        endpoint=endpoint(judge),
        model=judge.model,
        params=params,
        limits=judge.limits or (home if home in {"openai", "anthropic", "google"} else "local"),
        price=price,
        free=False,
        max_output_tokens=judge.max_output_tokens,
        expected_output_tokens=min(judge.expected_output_tokens, judge.max_output_tokens),
        expected_seconds=judge.expected_seconds,
        concurrency=judge.concurrency,
        structured=judge.structured,
        batched=judge.execute == "batch",
        batch_price=price.in_batch() if price and judge.execute == "batch" else None,
        calls_after_deadline=judge.batch.fallback,
        logprobs=isinstance(judge, OpenAIJudge) and judge.logprobs,
        takes_temperature=(price is None or price.temperature is not False)
        and not _thinks(judge.params),
    )


def _thinks(params: Mapping[str, Any]) -> bool:
    """Whether Anthropic's extended thinking is on; it refuses every temperature but 1."""
    thinking = params.get("thinking")
    return isinstance(thinking, Mapping) and thinking.get("type", "disabled") != "disabled"


def _home(judge: OpenAIJudge | AnthropicJudge) -> str:
    """Whose price list and image limits hold for an endpoint."""
    if judge.base_url is None:
        return judge.client
    return "google" if GOOGLE_HOST in judge.base_url else "elsewhere"


def _price(judge: OpenAIJudge | AnthropicJudge, home: str, prices: PriceList) -> ModelPrice | None:
    listed = prices.model(home, judge.model)
    if judge.price_as is not None:
        provider, _, model = judge.price_as.rpartition("/")
        listed = prices.model(provider or home, model)
        if listed is None:
            raise ConfigError(f"judge {judge.name!r}: price_as {judge.price_as!r} is not listed")
    if judge.price is None:
        return listed
    return custom_price(judge.price.input, judge.price.output, judge.price.image_tokens, listed)


def _max_tokens_name(judge: OpenAIJudge | AnthropicJudge, home: str) -> str:
    if isinstance(judge, AnthropicJudge):
        return "max_tokens"
    if judge.max_tokens_param != "auto":
        return judge.max_tokens_param
    return "max_completion_tokens" if home == "openai" else "max_tokens"


def require_keys(judges: Iterable[Judge]) -> None:
    """See that every key is there before anything is started.

    Raises:
        CredentialsError: naming the judge and the environment variable.
    """
    for judge in judges:
        if isinstance(judge, OpenAIJudge | AnthropicJudge):
            address(judge)


def make_client(judge: Judge, images: ImageStore, heard: Heard = lambda _: None) -> Client:
    """The client that answers a judge's requests; SDKs are imported here, on first use.

    `heard` is told what responses say of rate limits.

    Raises:
        CredentialsError: the environment variable with the key is not set.
        DataError: a recorded table or export cannot be read.
    """
    match judge:
        case SimulatedJudge():
            from tasks.clients.simulated import SimulatedClient

            return SimulatedClient(judge.simulation)
        case OpenAIJudge():
            from tasks.clients.openai_client import openai_client

            return openai_client(judge, images, heard)
        case AnthropicJudge():
            from tasks.clients.anthropic_client import anthropic_client

            return anthropic_client(judge, images, heard)
        case RecordedJudge():
            return _recorded_client(judge)


def make_batch_client(judge: OpenAIJudge | AnthropicJudge, images: ImageStore) -> BatchClient:
    """The client of the judge's batch endpoint.

    Raises:
        CredentialsError: the environment variable with the key is not set.
    """
    if isinstance(judge, OpenAIJudge):
        from tasks.clients.openai_batches import openai_batches

        return openai_batches(judge, images)
    from tasks.clients.anthropic_batches import anthropic_batches

    return anthropic_batches(judge, images)


def _recorded_client(judge: RecordedJudge) -> Client:
    from cache.tools import exported
    from tasks.clients.recorded import RecordedTableClient, ReplayClient, answers_of_run

    path = Path(judge.path)
    name = f"judge {judge.name!r}: {path.name!r}"
    if judge.of is None:
        columns, where, missing = judge.columns, judge.where_judge, judge.missing
        cells = read_verdicts(path, columns, where_judge=where, missing=missing)
        return RecordedTableClient(cells, name)
    if path.is_dir():
        return ReplayClient(answers_of_run(RunFolder.open(path)), name)
    return ReplayClient({entry.key: entry.answer for entry in exported(path)}, name)
