"""The rationale probe: is what the judge puts down as evidence true, and does it matter?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from data.make.facts import ItemFacts
from data.records import MODES, AnswerMode, Mode, Sample
from tasks.claims.checking import ARMS, askable, name, verified
from tasks.claims.judgements import Judgements
from tasks.claims.known import Statement, statements
from tasks.claims.reading import LONGEST, MOST, read_claims
from tasks.measures import rationale as measures
from tasks.measures.annotations import majority
from tasks.measures.audited import Looked, corrected_rate
from tasks.measures.estimates import estimates_table
from tasks.measures.rationale import Judgement
from tasks.measures.subjects import Subject
from tasks.probes.contrasts import Arm, contrasted, named
from tasks.probes.kinds import Answered, Around, Family, Found, Headline, Variant, asked_again
from tasks.probes.rows import RULE, Cell, Counted, Counting, counted, probed
from tasks.prompts.changes import PromptChange

Row = Mapping[str, Any]
ARM = "evidence"
EXAMPLE = '{"Claims": [{"claim": "[what the answer claims about the picture]", "about": "image"}]}'
KNOWN = 2  # statements of each item that the facts decide, put to the verifier as a control
SIMULATED = tuple(
    Statement(f"Detail {number} is {said}.", "other", said == "as described")
    for number in range(1, 5)
    for said in ("as described", "not as described")
)


class Rationale:
    """The judge is asked for claims before its verdict; round 3 asks a verifier about them."""

    name = "rationale"
    family: Family = "hallucination"
    options: tuple[str, ...] = ("limit", "draws", "audits")
    modes: tuple[Mode, ...] = MODES
    example = Answered("", ARM, 0, EXAMPLE)

    def applies(self, sample: Sample, around: Around) -> bool:
        """Whether there is a picture."""
        return bool(sample.images)

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """The sample with a prompt that asks for claims; nothing where there is no picture."""
        if not self.applies(sample, around):
            return ()
        draws = tuple(range(around.config.draws))
        own = tuple(range(len(sample.responses)))
        asked = Variant.model_construct(
            variant=ARM,
            sample=sample,
            presented=own,
            repeats=draws,
            prompt=PromptChange(steps="evidence"),
            cues={"evidence": tuple(1.0 for _ in own)},
            told={
                "statements": [list(each) for each in _told(around.facts.get(sample.item_id))],
                "quotes": [response.text[:60] for response in sample.responses],
            },
        )
        return (asked_again(sample, draws[1:]), asked)

    def follow(
        self, sample: Sample, answers: Sequence[Answered], around: Around
    ) -> tuple[Variant, ...]:
        """Every claim about the picture that is not known, asked about in both polarities.

        Statements that the facts decide are asked about too: they tell how good the verifier is.
        """
        item = around.facts.get(sample.item_id)
        said = [claim for each in answers for claim in askable(read_claims(each.text) or (), item)]
        true = {each.text: each.true for each in _told(item)}
        wanted = {name("true", claim): claim for claim in [*said, *(k.text for k in _known(item))]}
        return tuple(
            _question(sample, arm, claim, true.get(claim))
            for claim in wanted.values()
            for arm in ARMS
        )

    def most_followed(
        self, sample: Sample, answers: Sequence[Answered], around: Around
    ) -> tuple[Variant, ...]:
        """As many and as long claims as are looked at, of each answer."""
        known = len(_known(around.facts.get(sample.item_id)))
        claims = [f"{number} ".ljust(LONGEST, "x") for number in range(MOST * len(answers) + known)]
        return tuple(_question(sample, arm, claim, None) for claim in claims for arm in ARMS)

    def arms(self, mode: Mode) -> list[Arm]:
        """Asked for claims, against not asked for any."""
        return [Arm(ARM, named(ARM))]

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """What it makes up, and whether that matters; of the verifier, what it gets wrong."""
        if mode == "ask":
            return ((None, "verifier_mistaken"),)
        names = ("hallucination_found", "claim_precision", "consequential_rate", "quote_error_rate")
        return tuple((ARM, name) for name in names)

    def claims(self, found: Found) -> pl.DataFrame:
        """Every claim and what was found of it."""
        return Judgements(found, self.name, ARM).table()

    def estimate(self, found: Found) -> pl.DataFrame:
        """What became of the claims, what asking for them changes, how good the verifier is."""
        judgements = Judgements(found, self.name, ARM)
        frames = []
        for mode in self.modes:
            frames.append(contrasted(self.name, mode, found, self.arms(mode)))
            labelled = any(row["labels"] for row in found.rows if row["mode"] == mode)
            used = measures.MEASURES + (measures.LABELLED if labelled else ())
            counting = Counting(_became(judgements), used, ARM)
            frames.append(counted(self.name, mode, found, [counting]))
        frames.append(_corrected(self.name, found, judgements))
        asked: Any = "ask"
        controls = _controls(found, judgements.said)
        frames.append(probed(self.name, asked, found, controls, measures.VERIFIER))
        return pl.concat(frames)


def _became(judgements: Judgements) -> Callable[[Row, Sequence[Cell]], Counted]:
    """The sums of one sample and their limits."""

    def features(row: Row, cells: Sequence[Cell]) -> Counted:
        asked = [cell for cell in cells if cell.variant == ARM]
        given = [
            judgements.by_answer[cell.request_key or "", row["sample_id"], cell.repeat]
            for cell in asked
            if not cell.open
        ]
        if not given:
            return Counted(None, answered=False, asked=bool(asked))
        return Counted(
            measures.features(given),
            measures.limits(given, bool(row["labels"])),
            answered=any(one.claims is not None for one in given),
            gaps=any(one.claims is None for one in given),
        )

    return features


def _corrected(probe: str, found: Found, judgements: Judgements) -> pl.DataFrame:
    """The rates as people's audits of a part correct them; empty without audits."""
    audits: dict[tuple[str, str, int], list[Row]] = {}
    for mark in found.audits:
        audits.setdefault((mark["judge"], mark["sample"], mark["repeat"]), []).append(mark)
    looked: dict[tuple[Subject, str], list[Looked]] = {}
    for row, sample, one in judgements.rows if audits else ():
        subject = Subject(row["judge"], sample["mode"], row["setting"], probe, RULE, ARM)
        marks = audits.get((row["judge"], row["sample_id"], row["repeat"]), [])
        for metric, each in _looked(one, sample, marks):
            looked.setdefault((subject, f"{metric}_corrected"), []).append(each)
    level = found.bootstrap.level
    return estimates_table(
        estimate
        for (subject, metric), own in looked.items()
        for estimate in corrected_rate(subject, metric, own, level)
    )


def _looked(one: Judgement, sample: Row, marks: Sequence[Row]) -> Iterator[tuple[str, Looked]]:
    """A judgement as the correction sees it: with a false claim, and with a wrong verdict too."""
    anybody, said = majority(marks, "hallucinates")
    image = sample["cluster_id"] or sample["sample_id"]
    chances = [mark["probability"] for mark in marks if mark["probability"] is not None]
    for metric, counts in (("hallucination", True), ("consequential", one.wrong)):
        if counts is not None:
            yield (
                metric,
                Looked(
                    found=one.flagged and counts,
                    said=bool(said) and counts if anybody else None,
                    image=image,
                    clustered=sample["cluster_id"] is not None,
                    probability=chances[0] if chances else None,
                ),
            )


def _controls(
    found: Found, said: Mapping[tuple[str, str], str | None]
) -> Callable[[Row, Sequence[Cell]], Counted]:
    """What the verifier makes of statements that the facts decide."""

    def features(row: Row, cells: Sequence[Cell]) -> Counted:
        asked = {cell.variant for cell in cells if not cell.open}
        counts = dict.fromkeys(measures.CONTROLS, 0.0)
        for text, _, true in _known(found.facts.get(row["item_id"])):
            if {name(arm, text) for arm in ARMS} <= asked:
                held = verified(text, lambda question: said.get((row["sample_id"], question)))
                counts["known"] += 1
                counts["known_true" if true else "known_false"] += 1
                counts["cleared" if true else "caught"] += held is true
                counts["decided_wrongly"] += held is not None and held is not true
        if not counts["known"]:
            return Counted(None, asked=False)
        return Counted(tuple(counts.values()))

    return features


def _question(sample: Sample, arm: str, claim: str, true: bool | None) -> Variant:
    """Whether a claim is true, or whether it is false; simulated verifiers are told which."""
    right = None if true is None else ("yes" if true == (arm == "true") else "no")
    return Variant.model_construct(
        variant=name(arm, claim),
        sample=sample,
        presented=(),
        question=f"{ARMS[arm]}\n{claim}",
        told={} if right is None else {"truth": right},
    )


def _told(item: ItemFacts | None) -> tuple[Statement, ...]:
    """What a simulated judge may claim: what the facts decide, and what they do not."""
    return (*(() if item is None else statements(item)), *SIMULATED)


def _known(item: ItemFacts | None) -> tuple[Statement, ...]:
    """The first statements that the facts decide, as many true as false."""
    return () if item is None else statements(item)[:KNOWN]
