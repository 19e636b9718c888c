import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.probes.markdown import plain, rendered
from tests.tasks.probes.judging import dosed, labelled
from tests.tasks.probes.verdict_tables import asked, pooled

MARKED = """# The chart

- **Marden** leads with `84` boxes
- *Holme* follows, see [the legend](https://maps.example/key)
> 1. a quote and 5 * 3 = 15

---
snake_case and __strong__ words, **_both_**
"""
PLAIN = """The chart

Marden leads with 84 boxes
Holme follows, see the legend (https://maps.example/key)
1. a quote and 5 * 3 = 15

snake_case and strong words, both
"""
MARKS = ["**", "*", "_", "# ", "- ", "> ", "`", "\n", "```", " ", "word", "7. ", "[a](b)"]
SPICED = st.lists(st.sampled_from(MARKS) | st.text(max_size=4)).map("".join)


def bare(text: str) -> str:
    """All that is neither white space nor a mark that rendering adds."""
    return re.sub(r"[\s*#-]", "", text)


def test_markup_is_taken_off_and_words_stay() -> None:
    assert plain(MARKED) == PLAIN


@given(SPICED)
@settings(max_examples=60)
def test_both_forms_have_identical_words(text: str) -> None:
    assert bare(rendered(text)) == bare(plain(text))
    unmarked = re.sub(r"^(?:## |- )", "", rendered(text), flags=re.MULTILINE).replace("**", "")
    assert unmarked.split() == plain(text).replace("**", "").split()


@given(st.text(alphabet="abcdefgh XYZ.,;:!?()'\n0123456789"))
def test_a_text_without_markup_stays_as_it_is(text: str) -> None:
    assert plain(text) == text


def test_a_line_becomes_a_heading_and_bullets() -> None:
    assert rendered("It is red. Two are blue. None is green.") == (
        "## It is red.\n\n- **Two** are blue.\n- **None** is green."
    )
    assert rendered("Just one sentence.") == "**Just** one sentence."
    assert rendered("") == ""


@pytest.mark.parametrize("mark", ["*a", "[", "_", "_a", "> ", "`", "- ", "[a]("])
@pytest.mark.timeout(5)
def test_hostile_markup_costs_no_more_than_its_length(mark: str) -> None:
    text = mark * 20_000
    assert bare(rendered(text)) == bare(plain(text))


def test_a_hundred_thousand_brackets_are_varied_at_once() -> None:
    sample = labelled("pair", 1, "[" * 100_000)
    started = time.process_time()
    assert asked("markdown", sample)
    assert time.process_time() - started < 1


def test_a_link_begins_at_its_last_bracket() -> None:
    assert plain("[see [the legend](key) and ![the map](m.png)") == (
        "[see the legend (key) and the map (m.png)"
    )


def test_the_plain_form_of_a_plain_response_is_the_base_question() -> None:
    base, without, marked = asked("markdown", labelled("score", 1)).values()
    assert without.sample == base.sample
    assert without.cues == base.cues == {}
    assert (without.variant, marked.variant) == ("own/plain", "own/rendered")
    assert without.repeats == marked.repeats == (0, 1)


@pytest.mark.parametrize(
    ("mode", "arm"), [("score", "own"), ("pair", "worse"), ("batch", "better")]
)
def test_a_taste_for_markup_is_found_and_none_is_not(mode: str, arm: str) -> None:
    samples = [labelled(mode, n) for n in range(200)]
    found = pooled("markdown", samples, dosed({"markdown": 0.5}))
    assert found[f"{arm}/rendered-plain", "effect"]["low"] > 0
    null = pooled("markdown", samples, dosed({}))[f"{arm}/rendered-plain", "effect"]
    assert abs(null["value"]) <= null["high"] - null["low"]
