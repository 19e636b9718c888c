"""A verifier of the judge's own family is let in and named."""

import pytest

from tasks.config import RunConfig
from tasks.config_file import parse_config
from tasks.families import cautions, family
from tasks.judge_config import OpenAIJudge, SimulatedJudge


def config(judge: str, verifier: str) -> RunConfig:
    entries = [{"name": name, "client": "openai", "model": name} for name in (judge, verifier)]
    loaded = {"name": "t", "dataset": {"path": "x"}, "judges": entries[:1], "verifier": entries[1]}
    return parse_config(loaded)


@pytest.mark.parametrize(
    ("model", "own"),
    [
        ("gpt-4o-mini", "gpt"), ("o3", "gpt"), ("chatgpt-4o-latest", "gpt"),
        ("Qwen/Qwen2.5-VL-7B", "qwen"), ("claude-x-1", "claude"), ("gemini-2.5-flash", "gemini"),
        ("4o", None),
    ],
)  # fmt: skip
def test_the_family_is_the_models_first_word(model: str, own: str | None) -> None:
    assert family(OpenAIJudge(name="j", client="openai", model=model)) == own


def test_a_relative_is_named_and_a_stranger_is_not() -> None:
    (line,) = cautions(config("gpt-4o", "gpt-5"))
    assert "verifier 'gpt-5' is of the same model family as judge 'gpt-4o' (gpt)" in line
    assert cautions(config("gpt-4o", "gemini-2.5-flash")) == []
    assert family(SimulatedJudge(name="s", client="simulated")) is None
