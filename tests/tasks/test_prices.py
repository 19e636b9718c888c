from pathlib import Path

import pytest

from cache.disk import DiskCallCache
from cache.keys import request_key
from cache.store import new_entry
from cache.tools import stats
from data.errors import ConfigError
from data.records import Answer, Message, Request, TextPart, Usage
from tasks.image_tokens import image_tokens
from tasks.prices import PriceList, custom_price, load_price_list, quote, settle

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def prices() -> PriceList:
    return load_price_list(ROOT / "deployments/configs/providers.yaml")


# worked examples of the providers' own pages and of measured bills
EXAMPLES = [
    ("openai", "gpt-4o", (1024, 1024), 765, 765),
    ("openai", "gpt-4o", (2048, 4096), 1105, 1105),
    ("openai", "gpt-4o", (512, 512), 255, 255),
    ("openai", "gpt-4o", (128, 64), 255, 255),
    ("openai", "gpt-4o-mini", (1024, 1024), 25501, 25501),
    ("openai", "o3", (1024, 1024), 675, 675),
    ("openai", "gpt-5", (1024, 1024), 630, 630),
    ("openai", "gpt-4.1-mini", (1024, 1024), 1659, 1659),
    ("openai", "gpt-4.1-nano", (1024, 1024), 2520, 2520),
    ("openai", "o4-mini", (1024, 1024), 1762, 1762),
    ("openai", "gpt-5-mini", (1024, 1024), 1229, 1659),
    ("openai", "gpt-4.1-mini", (1800, 2400), 2353, 2489),
    ("openai", "gpt-5.4", (1600, 1600), 3000, 3000),
    ("anthropic", "claude-sonnet-5", (1000, 1000), 1296, 1296),
    ("anthropic", "claude-sonnet-5", (1920, 1080), 2691, 2691),
    ("anthropic", "claude-sonnet-5", (2000, 1500), 3888, 3888),
    ("google", "gemini-2.5-pro", (1024, 1024), 1032, 1032),
    ("google", "gemini-2.5-pro", (960, 540), 516, 1548),
    ("google", "gemini-2.5-pro", (300, 384), 258, 258),
    ("google", "gemini-3-pro-preview", (4000, 4000), 1120, 1120),
]


@pytest.mark.parametrize(("provider", "model", "size", "expected", "ceiling"), EXAMPLES)
def test_image_tokens_follow_the_published_rules(
    prices: PriceList, provider: str, model: str, size: tuple[int, int], expected: int, ceiling: int
) -> None:
    listed = prices.model(provider, model)
    assert listed is not None
    assert listed.image_rule is not None
    assert image_tokens(listed.image_rule, listed.params, *size) == (expected, ceiling)


def test_a_standard_tier_claude_never_costs_more_than_its_cap(prices: PriceList) -> None:
    listed = prices.model("anthropic", "claude-haiku-4-5")
    assert listed is not None
    tokens = image_tokens("anthropic_patch28", listed.params, 1920, 1080)
    assert tokens is not None
    assert tokens.ceiling == 1568


def test_a_dated_snapshot_has_its_models_price_and_nothing_is_guessed(prices: PriceList) -> None:
    assert prices.model("openai", "gpt-4o-2024-08-06") == prices.model("openai", "gpt-4o")
    dated = prices.model("anthropic", "claude-sonnet-4-5-20250929")
    assert dated == prices.model("anthropic", "claude-sonnet-4-5")
    assert prices.model("openai", "gpt-4o-turbo") is None
    assert prices.model("openai", "gpt-4") is None
    assert prices.model("elsewhere", "gpt-4o") is None


def test_a_quote_is_text_and_images_in_and_text_out(prices: PriceList) -> None:
    quoted = quote(prices.model("openai", "gpt-4o"), "x" * 4000, [(1024, 1024)], 300, 1024)
    assert quoted.input_tokens == 1000 + 765
    assert quoted.expected_usd == pytest.approx((1765 * 2.50 + 300 * 10) / 1e6)
    assert quoted.max_usd == pytest.approx((4000 + 64 + 765) * 2.5e-6 + 1024 * 1e-5)


def test_an_unknown_price_or_image_rule_is_unknown_and_never_zero(prices: PriceList) -> None:
    assert quote(None, "text", [], 10, 10).max_usd is None
    blurred = prices.model("openai", "gpt-6-astra")
    assert quote(blurred, "text", [(10, 10)], 10, 10).expected_usd is None
    assert quote(blurred, "text", [], 10, 10).expected_usd is not None
    assert settle(None, Usage(input_tokens=1, output_tokens=1)) is None
    assert settle(blurred, Usage(input_tokens=1)) is None


def test_a_bill_is_settled_on_the_tokens_the_provider_counted(prices: PriceList) -> None:
    usage = Usage(input_tokens=1_000_000, output_tokens=500_000, reasoning_tokens=400_000)
    assert settle(prices.model("openai", "gpt-4o"), usage) == pytest.approx(2.5 + 5.0)


def test_a_price_of_the_users_own_keeps_the_listed_image_rule(prices: PriceList) -> None:
    own = custom_price(1.0, 2.0, None, prices.model("openai", "gpt-4o"))
    assert (own.price_in, own.price_out, own.image_rule) == (1.0, 2.0, "openai_tile")


def test_a_price_of_the_users_own_says_what_an_image_costs() -> None:
    own = custom_price(1.0, 2.0, 1000, None)
    asked = quote(own, "x" * 400, [(9000, 9000), (1, 1)], expected_out=0, max_out=0)
    assert asked.input_tokens == 100 + 2000
    assert quote(custom_price(1.0, 2.0, None, None), "", [(1, 1)], 0, 0).max_usd is None
    assert quote(custom_price(0.0, 0.0, None, None), "", [(1, 1)], 0, 0).max_usd == 0.0


def test_every_figure_names_a_source_that_is_listed(prices: PriceList) -> None:
    for provider in prices.providers.values():
        for model in provider.models.values():
            names = (model.source,) if isinstance(model.source, str) else model.source
            assert names
            assert set(names) <= set(prices.sources)
            assert model.image_rule in prices.image_rules


def test_a_broken_price_list_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text("collected: today\nproviders: []\n")
    with pytest.raises(ConfigError, match=r"p\.yaml") as caught:
        load_price_list(tmp_path / "p.yaml")
    assert "\n" not in str(caught.value)


def test_what_a_cache_holds_is_priced_at_home_only(prices: PriceList, tmp_path: Path) -> None:
    cache = DiskCallCache(tmp_path)
    for endpoint in ("openai", "http://gpu:8000/v1"):
        message = Message(role="user", content=(TextPart(text="How good is it?"),))
        request = Request(
            provider="openai", endpoint=endpoint, model="gpt-4o", messages=(message,), params={}
        )
        usage = Usage(input_tokens=10**6, output_tokens=0)
        answer = Answer(text="[[4]]", finish_reason="stop", usage=usage)
        cache.put(new_entry(request_key(request), request, answer))
    found = stats(cache, prices.paid_for)
    assert (found.entries, found.unpriced) == (2, 1)
    assert found.spent_usd == pytest.approx(2.5)
    cache.close()
