"""Every judgement that was asked for claims, with its claims held against what is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from data.records import READABLE, Mode
from data.schemas import CLAIMS
from data.tables import table
from tasks.claims.checking import Held, held
from tasks.claims.reading import read_claims
from tasks.measures.rationale import Judgement
from tasks.probes.contrasts import reading

if TYPE_CHECKING:
    from tasks.probes.kinds import Found

Row = Mapping[str, Any]
COPIED = (
    "sample_id", "item_id", "cluster_id", "mode", "source", "judge", "setting", "probe", "variant",
    "repeat", "request_key",
)  # fmt: skip


class Judgements:
    """The answers to one variant of a probe, by request key and sample; open ones are left out."""

    def __init__(self, found: Found, probe: str, variant: str) -> None:
        self._found, self._probe, self._variant = found, probe, variant
        self._by_id = {row["sample_id"]: row for row in found.rows}

    @cached_property
    def said(self) -> dict[tuple[str, str], str | None]:
        """The verifier's readable answers by sample and question."""
        mine = self._of_probe.filter(pl.col("mode") == "ask")
        rows = mine.select("sample_id", "variant", "verdict").iter_rows()
        return {(sample_id, variant): verdict for sample_id, variant, verdict in rows}

    @cached_property
    def rows(self) -> list[tuple[Row, Row, Judgement]]:
        """Each verdict row with its sample and what became of its claims."""
        given = self._of_probe.filter(
            (pl.col("variant") == self._variant) & (pl.col("status") != "open")
        )
        known = self._by_id
        return [
            (row, known[row["sample_id"]], self._judged(row, known[row["sample_id"]]))
            for row in given.iter_rows(named=True)
            if row["sample_id"] in known
        ]

    @cached_property
    def by_answer(self) -> dict[tuple[str, str, int], Judgement]:
        """The judgements by request key, sample and repeat."""
        return {
            (row["request_key"] or "", row["sample_id"], row["repeat"]): one
            for row, _, one in self.rows
        }

    def table(self) -> pl.DataFrame:
        """The claims as a table: a row each; one of number 0 where there is none."""
        return table(self._claims(), CLAIMS)

    @property
    def _of_probe(self) -> pl.DataFrame:
        return self._found.verdicts.filter(pl.col("probe") == self._probe)

    def _claims(self) -> Iterator[dict[str, Any]]:
        for row, _, one in self.rows:
            own = {name: row[name] for name in COPIED} | {"wrong_verdict": one.wrong}
            if not one.claims:
                found = "unreadable" if one.claims is None else "none"
                yield own | {"number": 0, "found": found}
            for number, each in enumerate(one.claims or (), 1):
                claim = each.claim.model_dump()
                yield own | claim | {"number": number, "found": each.found, "found_by": each.by}

    def _judged(self, row: Row, sample: Row) -> Judgement:
        claims = read_claims(self._found.texts.get(row["request_key"] or ""))
        became: tuple[Held, ...] | None = None
        if claims is not None:
            became = held(
                claims,
                self._found.facts.get(sample["item_id"]),
                lambda question: self.said.get((sample["sample_id"], question)),
                [response["text"] for response in sample["responses"]],
            )
        return Judgement(became, self._wrong(row, sample))

    def _wrong(self, row: Row, sample: Row) -> bool | None:
        """Whether the verdict is wrong; `None` without a label or a readable verdict."""
        mode: Mode = sample["mode"]
        worth = reading(mode, self._found.scale, sample, None)
        if worth.loss is None or not sample["labels"] or row["status"] not in READABLE:
            return None
        loss = worth.loss(row["verdict"])
        return loss > 0 if mode == "batch" else loss >= 1
