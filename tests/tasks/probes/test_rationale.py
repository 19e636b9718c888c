"""The rationale probe: known doses of invention are found, and what the verifier adds is known."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data.make.facts import ItemFacts, read_facts
from data.records import ImageRef, Label, Message, Request, Response, Sample, Scale, TextPart
from data.samples import samples_table
from data.schemas import CLAIMS, VERDICTS
from data.tables import table
from tasks.clients.simulated import simulated_reply
from tasks.config import BootstrapConfig, ProbeConfig
from tasks.judge_config import Simulation
from tasks.parsing import parse
from tasks.probes import PROBES, Around, Found, Variant, claims_of
from tasks.probes.kinds import Answered, Follows
from tasks.probes.rationale import ARM, SIMULATED, Rationale
from tasks.verdicts import canonical

PROBE = Rationale()
FACTS = list(read_facts(Path(__file__).parents[3] / "data/demo").values())
QUICK = BootstrapConfig(replicates=300)
TRUE = {statement.text: statement.true for statement in SIMULATED}


def sample(number: int, **changes: Any) -> Sample:
    known = {
        "sample_id": f"d/pair/{number}", "item_id": f"i{number}", "cluster_id": f"c{number}",
        "mode": "pair", "source": None, "instruction": "Which?",
        "images": (ImageRef(path="p.png", sha256="a" * 64),),
        "responses": (Response(author="x", text="A red bar."), Response(author="y", text="b")),
        "labels": (Label(annotator="h", verdict="AB"[number % 2]),),
    }  # fmt: skip
    return Sample.model_validate(known | changes)


def around(facts: Mapping[str, ItemFacts] | None = None) -> Around:
    return Around(ProbeConfig(), Scale(), (), facts or {})


def reply(ask: Variant, dose: Simulation, repeat: int, purpose: str) -> str:
    """What a simulated judge says, without a run around it."""
    own = ask.sample
    context = {
        "purpose": purpose, "mode": own.mode, "label": own.labels[0].verdict, "lengths": [5, 5],
        "mean_length": 5.0, "sees_image": True, "scale": [1, 5], **ask.told,
    }  # fmt: skip
    text = TextPart(text=f"{own.sample_id} {ask.variant} {ask.question}")
    request = Request(
        provider="simulated", endpoint="", model=f"{purpose} {dose.seed}",
        messages=(Message(role="user", content=(text,)),), params={}, context=context,
        repeat=repeat,
    )  # fmt: skip
    return simulated_reply(request, dose)[0]


def run(
    samples: Sequence[Sample],
    judge: Simulation,
    verifier: Simulation | None,
    facts: Mapping[str, ItemFacts] | None = None,
) -> Found:
    """The tables after round 3 of a run with these doses."""
    rows: list[dict[str, Any]] = []
    texts: dict[str, str] = {}

    def asked(ask: Variant, who: str, mode: Any, repeat: int, text: str) -> None:
        key = f"{who} {ask.sample.sample_id} {ask.variant} {repeat}"
        texts[key] = text
        read = parse(text, mode, 2, Scale(), labels=("yes", "no", "unsure") if who == "v" else ())
        base = ask.variant == "base" and repeat == 0
        rows.append(
            {"sample_id": ask.sample.sample_id, "mode": mode, "judge": who, "setting": "s",
             "probe": None if base else "rationale", "variant": ask.variant, "repeat": repeat,
             "status": read.verdict.status, "verdict": canonical(read.verdict),
             "request_key": key}
        )  # fmt: skip

    for own in samples:
        base, evidence = PROBE.vary(own, around(facts))
        for ask, repeats in ((base, (0, *base.repeats)), (evidence, evidence.repeats)):
            for repeat in repeats:
                asked(ask, "j", own.mode, repeat, reply(ask, judge, repeat, "judge"))
        answers = [Answered("j", ARM, n, texts[f"j {own.sample_id} {ARM} {n}"]) for n in (0, 1)]
        for ask in PROBE.follow(own, answers, around(facts)) if verifier else ():
            assert verifier is not None
            asked(ask, "v", "ask", 0, reply(ask, verifier, 0, "verify"))
    return Found(
        samples_table(samples), table(rows, VERDICTS), ProbeConfig(), Scale(), QUICK,
        facts or {}, texts,
    )  # fmt: skip


def pooled(found: Found, judge: str = "j") -> dict[str, dict[str, Any]]:
    estimates = PROBE.estimate(found)
    rows = estimates.filter((pl.col("group") == "pooled") & (pl.col("judge") == judge))
    return {row["metric"]: row for row in rows.iter_rows(named=True)}


def holds(row: Mapping[str, Any], value: float) -> bool:
    return bool(row["low"] <= value <= row["high"])


def test_claims_are_asked_for_before_the_verdict_and_only_about_pictures() -> None:
    base, evidence = PROBE.vary(sample(0), around())
    assert (base.variant, base.repeats, evidence.repeats) == ("base", (1,), (0, 1))
    assert evidence.prompt.steps == "evidence"
    assert PROBE.vary(sample(0, images=()), around()) == ()


def test_the_verifier_is_asked_both_ways_once_per_claim_and_sample() -> None:
    def answered(*claims: str) -> Answered:
        said = [{"claim": c, "about": "image", "kind": "other", "quote": ""} for c in claims]
        return Answered("j", ARM, 0, json.dumps({"Claims": said, "Judgement": "[[A]]"}))

    answers = [
        answered("It is red.", "Two bars."),
        answered("it is red"),
        Answered("k", ARM, 0, None),
    ]
    asked = PROBE.follow(sample(0), answers, around())
    assert len({ask.variant for ask in asked}) == len(asked) == 4
    assert [ask.variant.split("/")[0] for ask in asked] == ["true", "false"] * 2
    assert all("Two bars." in (ask.question or "") for ask in asked[2:])
    assert all(not ask.told for ask in asked)  # nobody knows whether they are true


def test_what_a_verifier_is_asked_never_exceeds_the_bound() -> None:
    assert isinstance(PROBE, Follows)
    full = json.dumps({
        "Claims": [{"claim": f"{n} " + "y" * 390, "about": "image", "kind": "other", "quote": ""}
                   for n in range(20)],
        "Judgement": "[[A]]",
    })  # fmt: skip
    facts = {"i0": FACTS[0]}
    answers = [Answered("j", ARM, n, full.replace("y", "yz"[n])) for n in (0, 1)]
    asked = PROBE.follow(sample(0), answers, around(facts))
    most = PROBE.most_followed(sample(0), answers, around(facts))
    assert len(asked) == len(most) == 2 * (8 * 2 + 2)
    assert sum(len(a.question or "") for a in asked) <= sum(len(a.question or "") for a in most)


@pytest.mark.parametrize("dose", [0.0, 0.3])
def test_a_dose_of_invention_is_found_from_the_facts(dose: float) -> None:
    samples = [sample(number) for number in range(120)]
    facts = {f"i{number}": FACTS[number % len(FACTS)] for number in range(120)}
    found = run(samples, Simulation(fabrication=dose, seed=3), Simulation(accuracy=1.0), facts)
    rows = pooled(found)
    assert holds(rows["claim_precision"], 1 - dose)
    assert holds(rows["hallucination_found"], 1 - (1 - dose) ** 3)
    assert holds(rows["quote_error_rate"], dose)
    assert (rows["undecided_share"]["value"], rows["claims_made"]["value"]) == (0.0, 3.0)
    assert pooled(found, "v")["verifier_caught"]["value"] == 1.0


@pytest.mark.parametrize(("sensitivity", "specificity"), [(1.0, 1.0), (0.9, 0.75)])
def test_a_verifiers_errors_move_the_rates_as_they_must(
    sensitivity: float, specificity: float
) -> None:
    dose = 0.25
    verifier = Simulation(sensitivity=sensitivity, specificity=specificity, seed=5)
    rows = pooled(run([sample(n) for n in range(250)], Simulation(fabrication=dose), verifier))
    right, wrong = sensitivity * specificity, (1 - sensitivity) * (1 - specificity)
    false = dose * right + (1 - dose) * wrong
    assert holds(rows["hallucination_found"], 1 - (1 - false) ** 3)
    assert holds(rows["claim_precision"], ((1 - dose) * right + dose * wrong) / (right + wrong))
    if wrong:
        assert holds(rows["undecided_share"], 1 - right - wrong)
    assert rows["hallucination_found"]["bound_high"] >= 1 - (1 - dose) ** 3 - 0.05


def test_a_verifier_that_says_yes_to_everything_decides_nothing() -> None:
    yes = Simulation(sensitivity=1.0, specificity=0.0)
    rows = pooled(run([sample(n) for n in range(30)], Simulation(fabrication=0.5), yes))
    assert rows["undecided_share"]["value"] == 1.0
    found = rows["hallucination_found"]
    assert (found["value"], found["bound_low"], found["bound_high"]) == (0.0, 0.0, 1.0)
    assert rows["claim_precision"]["value"] is None


def test_without_a_verifier_and_facts_nothing_is_decided_but_quotations() -> None:
    rows = pooled(run([sample(n) for n in range(60)], Simulation(fabrication=0.4), None))
    assert rows["undecided_share"]["value"] == 1.0
    assert holds(rows["quote_error_rate"], 0.4)


def test_invention_unconnected_with_the_verdict_has_no_error_lift() -> None:
    judge = Simulation(fabrication=0.25, accuracy=0.6, seed=2)
    rows = pooled(run([sample(n) for n in range(240)], judge, Simulation(accuracy=1.0)))
    wrong = 0.4 * 2 / 3  # a draw at random is right in a third of the cases
    assert holds(rows["error_lift"], 0.0)
    assert holds(rows["consequential_rate"], wrong * (1 - 0.75**3))
    for metric in ("excess_change", "loss_shift"):  # nor has asking for claims changed a verdict
        assert holds(rows[metric], 0.0)


def test_unreadable_claims_are_counted_and_never_taken_for_none() -> None:
    found = run([sample(n) for n in range(20)], Simulation(), Simulation(accuracy=1.0))
    keys = [key for key in found.texts if f"/1 {ARM}" in key or f"/2 {ARM}" in key]
    broken = {key: found.texts[key].replace('"Claims": [', '"Claims": [{') for key in keys}
    rows = pooled(replace(found, texts={**found.texts, **broken}))
    assert rows["claims_unreadable"]["value"] == pytest.approx(4 / 40)
    row = rows["hallucination_found"]
    assert (row["value"], row["n"], row["n_missing"]) == (0.0, 18, 2)
    assert row["bound_high"] == pytest.approx(4 / 40)


def test_the_claims_table_has_a_row_for_every_judgement() -> None:
    found = run([sample(n) for n in range(3)], Simulation(fabrication=1.0), None)
    first = next(key for key in found.texts if key.startswith(f"j d/pair/0 {ARM}"))
    empty = json.dumps({"Claims": [], "Judgement": "[[A]]"})
    claims = claims_of({"rationale": replace(found, texts={**found.texts, first: empty})})
    assert claims.schema == CLAIMS
    assert claims.filter(pl.col("number") == 0)["found"].to_list() == ["none"]
    assert claims.filter(pl.col("number") < 2).height == 6
    assert set(claims["found"]) == {"none", "undecided", "misquoted"}


def test_audits_of_a_part_correct_what_the_verifier_gets_wrong() -> None:
    dose, verifier = 0.25, Simulation(sensitivity=0.8, specificity=0.8, seed=5)
    found = run([sample(n) for n in range(300)], Simulation(fabrication=dose), verifier)
    drawn = random.Random(8).sample(range(300), 100)
    audits = [
        {"sample": f"d/pair/{n}", "judge": "j", "repeat": repeat, "accepts": None,
         "hallucinates": invented(found.texts[f"j d/pair/{n} {ARM} {repeat}"]),
         "probability": None}
        for n in drawn for repeat in (0, 1)
    ]  # fmt: skip
    rows = pooled(replace(found, audits=audits))
    truth = 1 - (1 - dose) ** 3
    assert rows["hallucination_found"]["high"] < truth < rows["hallucination_found"]["bound_high"]
    assert holds(rows["hallucination_corrected"], truth)
    assert "PPI++" in rows["hallucination_corrected"]["note"]
    assert "200 of 600" in rows["hallucination_corrected"]["note"]
    wrong = (1 - 0.7) * 2 / 3
    assert holds(rows["consequential_corrected"], truth * wrong)


def invented(text: str) -> bool:
    claims = json.loads(text)["Claims"]
    return any(not TRUE[claim["claim"]] for claim in claims if claim["about"] == "image")


def test_the_probe_is_registered_and_follows() -> None:
    assert isinstance(PROBES["rationale"], Follows)
    assert not isinstance(PROBES["order"], Follows)
