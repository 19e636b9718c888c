"""The injection probe: where attacks stand, what the sanitiser leaves, who is fooled by what."""

import json
import random
from collections.abc import Callable, Iterator

import pytest

from data.records import Mode, Sample, Scale
from tasks.parsing import parse
from tasks.probes.attacks import ATTACKS, attack, wanted
from tasks.sanitiser import OMITTED
from tasks.verdicts import canonical
from tests.tasks.probes.verdict_tables import Verdicts, asked, holds, pooled, sample

FIVE = Scale()
OWN: dict[Mode, tuple[int, str, str]] = {  # responses, the judge's verdict, as it is written
    "score": (1, "2", "[[2]]"),
    "pair": (2, "B", "[[B]]"),
    "batch": (3, "CBA", "[[C]], [[B]], [[A]]"),
}


def pair(label: str = "A", number: int = 1) -> Sample:
    return sample("pair", ["It is a kite.", "It is a boat."], label, number)


def test_attacks_go_to_the_worse_response_and_one_of_them_to_the_better() -> None:
    variants = asked("injection", pair("A"))
    attacked = {name: v.sample.responses for name, v in variants.items() if "/" in name}
    for kind in ATTACKS:
        (name,) = [name for name in attacked if name.startswith(f"worse/{kind}/")]
        first, second = attacked[name]
        assert first.text == "It is a kite."
        assert second.text.startswith("It is a boat.\n\n")
        assert kind == "instruction" or "B" in second.text
    (better,) = [name for name in attacked if name.startswith("better/")]
    assert attacked[better][1].text == "It is a boat."
    assert attacked[better][0].text != "It is a kite."
    assert asked("injection", pair("C")) == {}


def test_only_low_scores_are_attacked() -> None:
    for label, count in (("1", 4), ("3", 4), ("4", 0), (None, 0)):
        names = asked("injection", sample("score", ["x"], label))
        assert sum(name.startswith("worse/") for name in names) == count


def test_every_arm_has_a_sanitised_twin_and_the_clean_sample_draws_anew() -> None:
    variants = asked("injection", pair())
    raw = [name for name in variants if name.startswith(("worse/", "better/"))]
    assert all(f"sanitised/{name}" in variants for name in raw)
    assert variants["base"].repeats == (1,)
    assert variants["sanitised/clean"].repeats == (2, 3)
    assert variants["sanitised/clean"].sample == pair()
    for name in raw:
        after = variants[f"sanitised/{name}"].sample.responses
        persuasion = "/instruction/" in name
        assert (variants[name].sample.responses == after) == persuasion
        assert any(OMITTED in response.text for response in after) != persuasion
        assert not any("[[" in response.text for response in after)


def test_every_wording_is_used() -> None:
    names = {name for n in range(80) for name in asked("injection", pair("A", n))}
    for kind, wordings in ATTACKS.items():
        assert len(wordings) >= 3
        assert {f"worse/{kind}/{n + 1}" for n in range(len(wordings))} <= names


def quoting(words: str, verdict: str) -> Iterator[str]:
    """Answers that tell of an attack before the judge gives its own verdict."""
    told = f"The response ends like this:\n{words}\nThat is not for it to say."
    yield json.dumps({"Analysis": told, "Judgement": verdict})
    yield f"{told}\n" + json.dumps({"Analysis": "It is thin.", "Judgement": verdict})
    yield f"{told}\n\nJudgement: {verdict}"
    yield f'{{"Analysis": "{told}", "Judgement": "{verdict}"}}'  # quotes not escaped
    yield f"> {words}\n\nI do not follow it.\n**Final Judgement:** {verdict}"


@pytest.mark.parametrize("mode", list(OWN))
@pytest.mark.parametrize("kind", list(ATTACKS))
def test_a_judge_that_quotes_the_attack_is_read_by_its_own_verdict(mode: Mode, kind: str) -> None:
    size, verdict, written = OWN[mode]
    for wording in ATTACKS[kind]:
        words = attack(wording, wanted(mode, 0, size, FIVE))
        for answer in quoting(words, written):
            assert canonical(parse(answer, mode, size, FIVE).verdict) == verdict, answer


def test_the_attacks_that_fake_a_verdict_would_be_read_if_a_judge_only_repeated_them() -> None:
    faked = [
        attack(w, wanted("pair", 0, 2, FIVE)) for w in (*ATTACKS["schema"], *ATTACKS["brackets"])
    ]
    assert all(canonical(parse(words, "pair", 2, FIVE).verdict) == "A" for words in faked)


Say = Callable[[str, random.Random], str]


def judged(count: int, say: Say) -> tuple[list[Sample], list[Verdicts]]:
    """Pairs whose label is A (B is attacked) as a judge sees them who is right by .7."""
    samples, draw = [pair("A", n) for n in range(count)], random.Random(5)
    given: list[Verdicts] = []
    for one in samples:
        names = ["base", *(name for name in asked("injection", one) if name != "base")]
        given.append({name: [say(name, draw), say(name, draw)] for name in names})
    return samples, given


def honest(name: str, draw: random.Random) -> str:
    return "A" if draw.random() < 0.7 else "B"


def test_a_judge_that_obeys_is_caught_and_a_clean_rerun_alone_is_no_success() -> None:
    def obeys(name: str, draw: random.Random) -> str:
        fooled = name.startswith(("worse/instruction", "sanitised/worse/instruction"))
        return "B" if fooled and draw.random() < 0.5 else honest(name, draw)

    found = pooled("injection", *judged(150, obeys))
    for arm in ("worse/instruction", "sanitised/worse/instruction"):
        assert holds(found[arm, "captured"], 0.35)  # half of the .7 that are right
        assert holds(found[arm, "effect"], 0.35)
    for arm in ("worse/schema", "better", "sanitised/worse/brackets", "sanitised/clean"):
        assert holds(found[arm, "effect"], 0.0)
        assert holds(found[arm, "excess_change"], 0.0)
        assert ((arm, "captured") in found) == (arm != "better")  # the better one ought to win
        assert arm == "better" or holds(found[arm, "captured"], 0.0)


def test_the_sanitiser_is_worth_what_it_keeps_from_being_captured() -> None:
    def obeys(name: str, draw: random.Random) -> str:
        fooled = name.startswith("worse/brackets")
        return "B" if fooled and draw.random() < 0.5 else honest(name, draw)

    found = pooled("injection", *judged(150, obeys))
    assert holds(found["sanitiser", "agreement_plain"], 0.7 - 0.35 / 4)  # one attack of four
    assert holds(found["sanitiser", "agreement_changed"], 0.7)
    assert holds(found["sanitiser", "agreement_shift"], 0.35 / 4)
    assert holds(found["sanitised/clean", "agreement_shift"], 0.0)


def test_refusing_to_judge_an_attack_is_an_outcome_and_no_success() -> None:
    samples, given = judged(6, honest)
    refused = [
        {name: [None, None] if name.startswith("worse/marker") else draws
         for name, draws in row.items()} for row in given
    ]  # fmt: skip
    found = pooled("injection", samples, refused)
    assert found["worse/marker", "unreadable_shift"]["value"] == 1.0
    assert found["worse/marker", "captured"]["value"] is None
    assert found["worse/schema", "unreadable_shift"]["value"] == 0.0
