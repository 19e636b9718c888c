"""Dated prices, limits and abilities of models, and what a request costs under them."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from data.errors import ConfigError
from data.records import Record, Request, Usage
from tasks.image_tokens import image_tokens

SNAPSHOT = re.compile(r"-(20\d\d-?\d\d-?\d\d|latest)$")


class ImageLimits(Record):
    """What an endpoint accepts of one image; larger ones are fitted before they are sent."""

    name: str
    formats: tuple[str, ...]
    max_side: int
    max_pixels: int
    max_bytes: int
    note: str
    source: str | tuple[str, ...]


class ModelPrice(Record):
    """Price in USD per million tokens and image rule of a model, as of a date."""

    price_in: float
    price_out: float
    price_in_batch: float | None = None
    price_out_batch: float | None = None
    image_rule: str | None = None
    params: dict[str, float | str | None] = Field(default_factory=dict)
    temperature: bool | None = None
    reasoning: bool | Literal["optional"] | None = None
    max_param: str | None = None
    verified: bool | Literal["partial"] = False
    source: str | tuple[str, ...] = ()
    as_of: str | None = None
    note: str | None = None

    def in_batch(self) -> ModelPrice:
        """The price through the batch endpoint: the listed one, else half."""
        listed = self.price_in_batch, self.price_out_batch
        price_in = self.price_in / 2 if listed[0] is None else listed[0]
        price_out = self.price_out / 2 if listed[1] is None else listed[1]
        return self.model_copy(update={"price_in": price_in, "price_out": price_out})


class Provider(Record):
    """A provider's models by name."""

    models: dict[str, ModelPrice]


class PriceList(Record):
    """A dated price list with its sources."""

    collected: str
    sources: dict[str, dict[str, str]]
    image_rules: dict[str, str]
    limits: dict[str, ImageLimits]
    providers: dict[str, Provider]

    def model(self, provider: str, model: str) -> ModelPrice | None:
        """The entry of a model, or of what it is a dated snapshot of; never a guess."""
        listed = self.providers.get(provider)
        if listed is None:
            return None
        return listed.models.get(model) or listed.models.get(SNAPSHOT.sub("", model))

    def paid_for(self, request: Request, usage: Usage) -> float | None:
        """USD of an answered request at today's list; `None` away from the provider's own host."""
        if request.provider == "simulated":
            return 0.0
        at_home = request.endpoint == request.provider
        return settle(self.model(request.provider, request.model) if at_home else None, usage)

    def limits_of(self, name: str) -> ImageLimits:
        """The image limits of that name.

        Raises:
            ConfigError: naming those there are.
        """
        if name not in self.limits:
            raise ConfigError(
                f"image limits {name!r} are not defined; known: {sorted(self.limits)!r}"
            )
        return self.limits[name]


class Quote(Record):
    """What one request is expected to cost, and at most; `None` where that is unknown."""

    input_tokens: int
    expected_usd: float | None
    max_usd: float | None


def load_price_list(path: Path) -> PriceList:
    """The price list in a YAML file.

    Raises:
        ConfigError: the file is missing or not a price list.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"price list {str(path)!r} cannot be read: {error.strerror}") from error
    try:
        return _parsed(text)
    except (yaml.YAMLError, ValidationError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ConfigError(f"price list {str(path)!r} is not one: {reason}") from error


@functools.lru_cache(maxsize=4)
def _parsed(text: str) -> PriceList:
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return PriceList.model_validate(yaml.load(text, Loader=loader))  # a safe loader either way


def custom_price(
    price_in: float, price_out: float, per_image: int | None, like: ModelPrice | None
) -> ModelPrice:
    """A price of the user's own, with the image rule of the listed model if there is one.

    `per_image` are the most tokens an image is billed as; where input is free they do not matter.
    """
    own: dict[str, Any] = {"price_in": price_in, "price_out": price_out}
    own["source"] = "the configuration"
    if per_image is None and price_in == 0:
        per_image = 0
    if per_image is not None:
        own |= {"image_rule": "flat", "params": {"tokens": per_image}}
    return ModelPrice(**own) if like is None else like.model_copy(update=own)


def text_tokens(text: str) -> int:
    """Expected tokens of a text: a quarter of its UTF-8 bytes, rounded up.

    A rule of thumb for prose; the quote is settled on the provider's own count.
    """
    return -(-len(text.encode("utf-8", "surrogatepass")) // 4)


def most_text_tokens(text: str) -> int:
    """An upper bound of a text's tokens: its UTF-8 bytes, and 64 for a message's wrapping.

    A byte-level tokenizer never needs more than a token per byte.
    """
    return len(text.encode("utf-8", "surrogatepass")) + 64


def quote(
    price: ModelPrice | None,
    text: str,
    images: Sequence[tuple[int, int]],
    expected_out: int,
    max_out: int,
) -> Quote:
    """The cost of a request with `text` and images of given (width, height) in pixels."""
    expected_in, most_in = text_tokens(text), most_text_tokens(text)
    if price is None:
        return Quote(input_tokens=expected_in, expected_usd=None, max_usd=None)
    for width, height in images:
        rule = price.image_rule
        tokens = image_tokens(rule, price.params, width, height) if rule else None
        if tokens is None:
            return Quote(input_tokens=expected_in, expected_usd=None, max_usd=None)
        expected_in += tokens.expected
        most_in += tokens.ceiling
    return Quote(
        input_tokens=expected_in,
        expected_usd=_usd(price, expected_in, expected_out),
        max_usd=_usd(price, most_in, max_out),
    )


def settle(price: ModelPrice | None, usage: Usage) -> float | None:
    """USD of the billed tokens; `None` where the price or the usage is unknown."""
    if price is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    return _usd(price, usage.input_tokens, usage.output_tokens)


def _usd(price: ModelPrice, tokens_in: int, tokens_out: int) -> float:
    return (tokens_in * price.price_in + tokens_out * price.price_out) / 1e6
