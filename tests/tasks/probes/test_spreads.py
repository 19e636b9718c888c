"""Whether a probe's wordings differ is told of every probe that has several of its words."""

import random
from collections.abc import Callable, Sequence

import pytest

from data.records import Response, Sample
from tasks.probes import Variant
from tasks.probes.spreads import at_the_end
from tests.tasks.probes.pictured import item
from tests.tasks.probes.verdict_tables import pooled

Marked = Callable[[Variant], bool]  # a change that works; whether with the one wording that does
PICTURES = [item(n, label="2") for n in range(240)]
TWO = [
    item(
        n, label="2", item_id=f"i{n // 2}", responses=(Response(author="r", text=f"It rains {n}."),)
    )
    for n in range(240)
]
PROBES: dict[str, tuple[str, Sequence[Sample], Marked, Marked]] = {
    "injection": (
        "worse/instruction", PICTURES,
        lambda ask: ask.variant.startswith("worse/instruction/"),
        lambda ask: at_the_end({}, ask.variant) == "1",
    ),
    "overlay": (
        "instruction/16", PICTURES,
        lambda ask: ask.variant == "instruction/16",
        lambda ask: ask.images[0].text.startswith("Note to the judge"),
    ),
    "reference-score": (
        "score-5", TWO,
        lambda ask: ask.variant.startswith("score-5/"),
        lambda ask: at_the_end({}, ask.variant) == "1",
    ),
}  # fmt: skip


def judge(heeds: Marked) -> Callable[[Variant, random.Random], str]:
    """A judge that gives two points more where it heeds."""
    return lambda ask, draw: str(draw.choice((1, 2, 3)) + 2 * heeds(ask))


@pytest.mark.parametrize("probe", PROBES)
def test_a_judge_that_heeds_one_wording_alone_is_told_from_one_that_heeds_all(probe: str) -> None:
    arm, samples, treated, first = PROBES[probe]
    one = pooled(probe, samples, judge(lambda ask: treated(ask) and first(ask)))
    assert one[arm, "effect_spread"]["low"] > 0.3
    every = pooled(probe, samples, judge(treated))[arm, "effect_spread"]
    assert every["low"] <= 0 <= every["high"]
    assert every["high"] < 0.5
