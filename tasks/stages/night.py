"""What a night's anchors say of each judge, beside their labels and with what was sent and read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from cache.keys import canonical_json
from data.anchors import Canary
from data.records import READABLE, Sample
from tasks.anchors import PROBE
from tasks.anchors.canaries import passed
from tasks.anchors.planning import Anchors, live_judges
from tasks.drift.records import REQUESTS, Prints
from tasks.fingerprints import parser_fingerprint
from tasks.measures import anchored
from tasks.stages.anchors import anchors_of
from tasks.stages.context import Context
from tasks.stages.rounds import request_texts

DIGITS = 16  # of a digest that is only compared


def measure_anchors(here: Context) -> list[dict[str, Any]]:
    """Every live judge's figures of the night, for `run.json`; empty without anchors."""
    anchors = anchors_of(here)
    if anchors is None:
        return []
    rows = here.run.table("verdicts").filter(pl.col("probe") == PROBE)
    sent, versions = _sent(here), _versions(here)
    found: list[dict[str, Any]] = []
    for judge in live_judges(here.config):
        own = rows.filter(pl.col("judge") == judge)
        common = {
            "judge": judge,
            "level": here.config.bootstrap.level,
            "versions": versions.get(judge, []),
            "prints": prints(here, judge, sent.get(judge, "")),
        }
        found += [common | figure for figure in _figures(here, anchors, own)]
    here.run.note(anchors={**here.run.facts()["anchors"], "figures": found})
    return found


def _figures(here: Context, anchors: Anchors, rows: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Of one judge: the measures over anchors, then the share of each kind of canary."""
    said = {
        (sample_id, variant): (status, verdict)
        for sample_id, variant, status, verdict in rows.select(
            "sample_id", "variant", "status", "verdict"
        ).iter_rows()
    }
    asked = [s.model_dump() for s in anchors.samples if (s.sample_id, "base") in said]
    if not asked:
        return
    read = {key: verdict if status in READABLE else None for (key, variant), (status, verdict)
            in said.items() if variant == "base"}  # fmt: skip
    for figure in anchored.figures(asked, read, here.scale, here.config.bootstrap):
        yield figure._asdict()
    by_kind: dict[str, list[bool | None]] = {}
    for canary in anchors.canaries:
        outcome = _outcome(here, canary, anchors.sample_of(canary), said)
        by_kind.setdefault(canary.kind, []).append(outcome)
    for kind, outcomes in by_kind.items():
        right = [outcome for outcome in outcomes if outcome is not None]
        yield {
            "measure": f"canary_{kind}",
            "value": sum(right) / len(right) if right else None,
            "n": len(right),
            "n_missing": len(outcomes) - len(right),
        }


def _outcome(
    here: Context,
    canary: Canary,
    sample: Sample | None,
    said: Mapping[tuple[str, str], tuple[str, str | None]],
) -> bool | None:
    """Whether a canary passed; `None` where it was not asked or has no answer."""
    if sample is None:
        return None
    status, verdict = said.get(
        (sample.sample_id, f"{canary.kind}/{canary.variant}"), ("open", None)
    )
    if status in {"open", "failed"}:
        return None
    return passed(canary.kind, sample, status, verdict, here.scale)


def prints(here: Context, judge: str, sent: str) -> Prints:
    """What is sent to a judge and how it is read, as digests; equal ones mean no change of ours."""
    seat, facts = here.seats[judge], here.run.facts()
    entry = [seat.provider, seat.endpoint, seat.model, dict(seat.params)]
    return {
        "the prompts": str(facts["prompts_sha256"])[:DIGITS],
        "the judge's entry": _digest(canonical_json(entry).encode()),
        "the anchors": str(facts["anchors"]["sha256"])[:DIGITS],
        REQUESTS: sent,
        "the code that reads verdicts": parser_fingerprint()[:DIGITS],
    }


def _sent(here: Context) -> dict[str, str]:
    """By judge: a digest of every request about anchors, whatever its epoch."""
    plan = here.run.table("plan").filter(pl.col("probe") == PROBE)
    texts: dict[str, str] = {}
    for shard in plan["shard"].unique():
        texts |= request_texts(here, shard)
    found: dict[str, str] = {}
    for (judge,), rows in plan.group_by("judge", maintain_order=True):
        told = []
        for key in rows["request_key"].drop_nulls():
            request = json.loads(texts[key])
            request.pop("epoch")
            told.append(canonical_json(request))
        found[str(judge)] = _digest("\n".join(sorted(told)).encode())
    return found


def _versions(here: Context) -> dict[str, list[str]]:
    """The model versions that each judge's endpoint reported for the night's anchors."""
    plan = here.run.table("plan").filter(pl.col("probe") == PROBE).select("judge", "request_key")
    answers = here.run.table("answers").select("request_key", "model").drop_nulls()
    rows = plan.unique().join(answers, on="request_key")
    found = rows.group_by("judge").agg(pl.col("model").unique().sort())
    return {str(judge): list(models) for judge, models in found.iter_rows()}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:DIGITS]
