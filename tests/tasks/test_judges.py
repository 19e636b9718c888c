"""What an entry means: identity, parameters, image limits, price and key."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from data.errors import ConfigError, CredentialsError
from data.records import Usage
from tasks.judge_config import Judge
from tasks.judges import require_keys, seat
from tasks.prices import PriceList, load_price_list

ROOT = Path(__file__).parents[2]
JUDGE: TypeAdapter[Judge] = TypeAdapter(Judge)


@pytest.fixture(scope="module")
def prices() -> PriceList:
    return load_price_list(ROOT / "deployments/configs/providers.yaml")


def entry(**fields: Any) -> Judge:
    return JUDGE.validate_python({"name": "j", "client": "openai", "model": "gpt-4o"} | fields)


def test_a_listed_model_at_home_has_its_price_and_limits(prices: PriceList) -> None:
    found = seat(entry(), prices)
    assert (found.provider, found.endpoint, found.limits) == ("openai", "openai", "openai")
    assert found.settle(Usage(input_tokens=10**6, output_tokens=0)) == pytest.approx(2.5)
    assert found.params == {"max_completion_tokens": 1024}


def test_the_same_model_elsewhere_has_no_price_of_somebody_else(prices: PriceList) -> None:
    found = seat(entry(base_url="http://gpu:8000/v1"), prices)
    assert (found.endpoint, found.limits, found.price) == ("http://gpu:8000/v1", "local", None)
    assert found.settle(Usage(input_tokens=1, output_tokens=1)) is None
    assert found.params == {"max_tokens": 1024}


def test_a_price_can_be_given_or_borrowed(prices: PriceList) -> None:
    local = {"base_url": "http://gpu:8000/v1"}
    own = seat(entry(**local, price={"input": 1, "output": 2, "image_tokens": 500}), prices)
    assert own.settle(Usage(input_tokens=10**6, output_tokens=10**6)) == pytest.approx(3.0)
    borrowed = seat(entry(**local, price_as="openai/gpt-4o"), prices)
    assert borrowed.price == prices.model("openai", "gpt-4o")
    with pytest.raises(ConfigError, match="price_as 'openai/gpt-17' is not listed"):
        seat(entry(**local, price_as="openai/gpt-17"), prices)


@pytest.mark.parametrize(
    ("client", "reserved"), [("openai", ["model", "stream"]), ("anthropic", ["stream", "system"])]
)
def test_parameters_that_belong_to_the_plan_are_refused(
    prices: PriceList, client: str, reserved: list[str]
) -> None:
    params = {"temperature": 1, **dict.fromkeys(reserved, "x")}
    with pytest.raises(ConfigError) as caught:
        seat(entry(client=client, params=params), prices)
    assert f"params must not hold {reserved!r}" in str(caught.value)


def test_a_temperature_the_model_refuses_is_told_before_any_call(prices: PriceList) -> None:
    refusing = next(
        name for name, m in prices.providers["openai"].models.items() if m.temperature is False
    )
    with pytest.raises(ConfigError, match="refuses temperature 0"):
        seat(entry(model=refusing, params={"temperature": 0}), prices)


def test_a_recorded_table_is_known_by_its_content(prices: PriceList, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    recorded = JUDGE.validate_python({"name": "r", "client": "recorded", "path": str(path)})
    with pytest.raises(ConfigError, match=r"t\.csv' cannot be read"):
        seat(recorded, prices)
    path.write_text("sample,verdict\n1,4\n")
    one = seat(recorded, prices)
    path.write_text("sample,verdict\n1,5\n")
    assert one.endpoint != seat(recorded, prices).endpoint
    assert one.free


def test_a_missing_key_is_told_by_its_name_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(CredentialsError, match="'j' needs the environment variable 'OPENAI_API"):
        require_keys([entry()])
    require_keys(
        [
            entry(base_url="http://gpu:8000/v1"),
            JUDGE.validate_python({"name": "s", "client": "simulated"}),
        ]
    )
