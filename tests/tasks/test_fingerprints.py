"""Fingerprints change with what can move a figure, part by part, and with nothing else."""

from typing import Any

from tasks.config_file import parse_config
from tasks.fingerprints import config_fingerprints, parser_fingerprint, prompt_fingerprints


def judge(name: str, **changes: Any) -> dict[str, Any]:
    return {"name": name, "client": "openai", "model": "m"} | changes


def parts(*judges: dict[str, Any], **changes: Any) -> dict[str, str]:
    known: dict[str, Any] = {"name": "n", "dataset": {"path": "d"}, "judges": list(judges)}
    return config_fingerprints(parse_config(known | changes))


def changed(before: dict[str, str], now: dict[str, str]) -> set[str]:
    return {name for name in {*before, *now} if before.get(name) != now.get(name)}


BASE = parts(judge("gpt"), judge("other"))


def test_pace_price_places_and_secrets_are_no_part() -> None:
    patient = judge("gpt", concurrency=3, timeout_s=7.0, backoff_s=3.0, api_key_env="MY_KEY",
                    price={"input": 1.0, "output": 2.0}, requests_per_minute=5)  # fmt: skip
    moved: dict[str, Any] = {"dataset": {"path": "/else"}, "cache": "c", "runs": "r"}
    limits: dict[str, Any] = {"shard_size": 7, "budget": {"max_usd": 1}, "min_coverage": 0.1}
    assert changed(BASE, parts(patient, judge("other"), **moved, **limits)) == set()


def test_each_change_shows_in_its_own_part() -> None:
    warm = judge("gpt", params={"temperature": 0.5})
    assert changed(BASE, parts(warm, judge("other"))) == {"judge gpt"}
    assert changed(BASE, parts(judge("gpt"))) == {"judge other"}
    both = judge("gpt"), judge("other")
    assert changed(BASE, parts(*both, repeats=3)) == {"repeats"}
    assert changed(BASE, parts(*both, settings=["no-figure"])) == {"settings"}
    scale = {"path": "d", "scale": {"low": 0, "high": 10}}
    assert changed(BASE, parts(*both, dataset=scale)) == {"dataset"}


def test_every_prompt_has_its_own_and_the_parser_one() -> None:
    before = prompt_fingerprints({"role.txt": "a", "input.txt": "b"})
    now = prompt_fingerprints({"role.txt": "a", "input.txt": "c"})
    assert changed(before, now) == {"input.txt"}
    assert len(parser_fingerprint()) == 64
