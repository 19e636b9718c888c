"""The rationale probe: is what the judge puts down as evidence true, and does it matter?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from data.make.facts import ItemFacts
from data.records import MODES, Mode, Sample
from tasks.claims.checking import ARMS, askable, checked, name, verified
from tasks.claims.known import Statement, statements
from tasks.claims.reading import LONGEST, MOST, read_claims
from tasks.measures import rationale as measures
from tasks.measures.annotations import majority
from tasks.measures.audited import Looked, corrected_rate
from tasks.measures.estimates import estimates_table
from tasks.measures.rationale import Judgement
from tasks.measures.subjects import Subject
from tasks.probes.contrasts import Arm, contrasted, named, reading
from tasks.probes.kinds import Answered, Around, Found, Variant, asked_again
from tasks.probes.rows import RULE, Cell, Counted, probed
from tasks.prompts.changes import PromptChange

ARM = "evidence"
KNOWN = 2  # statements of each item that the facts decide, put to the verifier as a control
SIMULATED = tuple(
    Statement(f"Detail {number} is {said}.", "other", said == "as described")
    for number in range(1, 5)
    for said in ("as described", "not as described")
)


class Rationale:
    """The judge is asked for claims before its verdict; round 3 asks a verifier about them."""

    name = "rationale"
    modes: tuple[Mode, ...] = MODES

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """The sample with a prompt that asks for claims; nothing where there is no picture."""
        if not sample.images:
            return ()
        draws = tuple(range(around.config.draws))
        own = tuple(range(len(sample.responses)))
        asked = Variant.model_construct(
            variant=ARM,
            sample=sample,
            presented=own,
            repeats=draws,
            prompt=PromptChange(steps="evidence"),
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

    def estimate(self, found: Found) -> pl.DataFrame:
        """What became of the claims, what asking for them changes, how good the verifier is."""
        said = _verifier(self.name, found.verdicts)
        checks = _Checks(found, said)
        frames = []
        for mode in self.modes:
            frames.append(contrasted(self.name, mode, found, [Arm(ARM, named(ARM))]))
            labelled = any(row["labels"] for row in found.rows if row["mode"] == mode)
            used = measures.MEASURES + (measures.LABELLED if labelled else ())
            frames.append(
                probed(self.name, mode, found, checks.counted(mode), used, arm=ARM)
            )  # fmt: skip
            frames.append(checks.corrected(self.name, mode))
        asked: Any = "ask"
        frames.append(probed(self.name, asked, found, _controls(found, said), measures.VERIFIER))
        return pl.concat(frames)


class _Checks:
    """The judgements of a run with their claims held against what is known."""

    def __init__(self, found: Found, said: Mapping[tuple[str, str], str | None]) -> None:
        self._found, self._said = found, said

    def judgement(self, row: Mapping[str, Any], cell: Cell) -> Judgement:
        """One answer of a sample."""
        claims = read_claims(self._found.texts.get(cell.request_key or ""))
        held = None
        if claims is not None:
            held = checked(
                claims,
                self._found.facts.get(row["item_id"]),
                lambda question: self._said.get((row["sample_id"], question)),
                [response["text"] for response in row["responses"]],
            )
        return Judgement(held, _wrong(row, cell, self._found))

    def counted(self, mode: Mode) -> Callable[[Mapping[str, Any], Sequence[Cell]], Counted]:
        """The sums of one sample and their limits."""

        def features(row: Mapping[str, Any], cells: Sequence[Cell]) -> Counted:
            asked = [cell for cell in cells if cell.variant == ARM]
            given = [self.judgement(row, cell) for cell in asked if not cell.open]
            if not given:
                return Counted(None, answered=False, asked=bool(asked))
            return Counted(
                measures.features(given),
                measures.limits(given, bool(row["labels"])),
                answered=any(each.claims is not None for each in given),
            )

        return features

    def corrected(self, probe: str, mode: Mode) -> pl.DataFrame:
        """The rates that people's audits of a part correct; empty without audits."""
        found = self._found
        audits: dict[tuple[str, str, int], list[Mapping[str, Any]]] = {}
        for mark in found.audits:
            audits.setdefault((mark["judge"], mark["sample"], mark["repeat"]), []).append(mark)
        by_id = {row["sample_id"]: row for row in found.rows}
        judged = found.verdicts.filter(
            (pl.col("probe") == probe) & (pl.col("mode") == mode) & (pl.col("variant") == ARM)
        )
        rows = []
        groups = judged.group_by(["judge", "setting"], maintain_order=True) if audits else ()
        for (judge, setting), group in groups:
            looked: dict[str, list[Looked]] = {"hallucination": [], "consequential": []}
            for cell, sample_id in _cells(group):
                row = by_id[sample_id]
                one = self.judgement(row, cell)
                marks = audits.get((str(judge), sample_id, cell.repeat), [])
                for metric, each in _looked(one, row, marks):
                    looked[metric].append(each)
            subject = Subject(str(judge), mode, str(setting), probe, RULE, ARM)
            for metric, judgements in looked.items():
                rows += corrected_rate(
                    subject, f"{metric}_corrected", judgements, found.bootstrap.level
                )
        return estimates_table(rows)


def _looked(
    one: Judgement, row: Mapping[str, Any], marks: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, Looked]]:
    """A judgement as the correction sees it: with a false claim, and with a wrong verdict too."""
    flagged = one.claims is not None and one.claims.false > 0
    anybody, said = majority(marks, "hallucinates")
    image = row["cluster_id"] or row["sample_id"]
    chances = [mark["probability"] for mark in marks if mark["probability"] is not None]
    for metric, counts in (("hallucination", True), ("consequential", one.wrong)):
        if counts is not None:
            yield (
                metric,
                Looked(
                    flagged and counts,
                    bool(said) and counts if anybody else None,
                    image,
                    row["cluster_id"] is not None,
                    chances[0] if chances else None,
                ),
            )


def _cells(group: pl.DataFrame) -> Iterator[tuple[Cell, str]]:
    chosen = group.filter(pl.col("status") != "open").select(
        "sample_id", "repeat", "status", "verdict", "request_key"
    )
    for sample_id, repeat, _, verdict, key in chosen.iter_rows():
        yield Cell(ARM, repeat, verdict, False, key), sample_id


def _controls(
    found: Found, said: Mapping[tuple[str, str], str | None]
) -> Callable[[Mapping[str, Any], Sequence[Cell]], Counted]:
    """What the verifier makes of statements that the facts decide."""

    def features(row: Mapping[str, Any], cells: Sequence[Cell]) -> Counted:
        asked = {cell.variant for cell in cells if not cell.open}
        counts = dict.fromkeys(measures.CONTROLS, 0.0)
        for text, _, true in _known(found.facts.get(row["item_id"])):
            if {name(arm, text) for arm in ARMS} <= asked:
                held = verified(text, lambda question: said.get((row["sample_id"], question)))
                counts["known"] += 1
                counts["known_true" if true else "known_false"] += 1
                counts["decided_wrongly"] += held is not None and held != true
                counts["cleared" if true else "caught"] += held is true
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


def _verifier(probe: str, verdicts: pl.DataFrame) -> dict[tuple[str, str], str | None]:
    """The verifier's readable answers by sample and question."""
    mine = verdicts.filter((pl.col("probe") == probe) & (pl.col("mode") == "ask"))
    rows = mine.select("sample_id", "variant", "verdict").iter_rows()
    return {(sample_id, variant): verdict for sample_id, variant, verdict in rows}


def _wrong(row: Mapping[str, Any], cell: Cell, found: Found) -> bool | None:
    """Whether the verdict is wrong; `None` without a label or a readable verdict."""
    mode: Mode = row["mode"]
    loss = reading(mode, found.scale, row, None).loss if row["labels"] else None
    if loss is None or cell.verdict is None:
        return None
    return loss(cell.verdict) > 0 if mode == "batch" else loss(cell.verdict) >= 1
