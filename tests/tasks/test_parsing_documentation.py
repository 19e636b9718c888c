"""The examples of docs/parsing.md read as the page says."""

import re
from pathlib import Path

import pytest

from data.records import Mode, Scale
from tasks.parsing import REASONS, parse
from tasks.verdicts import canonical

PAGE = (Path(__file__).parents[2] / "docs/parsing.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (score|pair|batch) \| `(.+)` \| (.+) \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("mode", "answer", "said"), ROWS)
def test_an_example_is_read_as_it_says(mode: Mode, answer: str, said: str) -> None:
    responses = {"score": 1, "pair": 2, "batch": 4}[mode]
    verdict = parse(answer.replace("⏎", "\n"), mode, responses, Scale()).verdict
    if verdict.status == "unparsed":
        assert said == f"unparsed: {verdict.reason}"
        assert verdict.reason in REASONS
    else:
        assert said == " ".join([verdict.status, canonical(verdict) or ""]).strip()


def test_the_page_has_examples() -> None:
    assert len(ROWS) > 12
