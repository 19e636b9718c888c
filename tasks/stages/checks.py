"""Checkpoints between stages, and the report that shows them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import polars as pl

from data.run_folder import RunFolder
from expectations.checkpoint import BOUNDARIES, require, run_checkpoint
from tasks import versions
from tasks.report.tables import alarming
from tasks.stages import results
from tasks.stages.context import Context
from tasks.stages.continuing import changed_since
from tasks.stages.rounds import take_responses
from tasks.stages.summary import simulated_names

UNCHECKED = ("item_id", "cluster_id", "source", "raw_verdict", "reason", "confidence")


def check(here: Context, boundary: str, overrides: Mapping[str, str]) -> dict[str, Any]:
    """Run a boundary's checkpoint and leave its page in `validations/`.

    Raises:
        CheckpointError: an error-level expectation failed and no override was given for it.
    """
    frame, facts = _frame(here, boundary)
    folder = here.run.path / "validations"
    result = run_checkpoint(
        boundary, frame, folder, context=facts, override=overrides.get(boundary)
    )
    require(result)
    found = f"{len(result.errors)} errors, {len(result.warnings)} warnings"
    return {"boundary": boundary, "summary": f"{found}, {result.rows} rows"}


def warnings(run: RunFolder) -> list[str]:
    """What a reader must know before the figures, a line each: checkpoints, extras, alarms."""
    found = [*run.facts().get("cautions", []), *changed_since(run.facts())]
    found += [
        f"checkpoint {result['boundary']!r}: {found['message']}"
        for result in checkpoints(run)
        for found in result["warnings"]
    ]
    found += run.facts().get("not_asked", [])
    found += versions.told(run.facts())
    found += (run.facts().get("drift") or {}).get("messages", [])
    found += _silent(run)
    for judge, extras in run.facts().get("without", {}).items():
        for extra, count in extras.items():
            found.append(
                f"judge {judge!r}: {count} answers came without `{extra}`, which its endpoint does "
                "not offer for this model"
            )
    simulated = simulated_names(run.facts())
    return [*found, *(_alarm(row, simulated) for row in alarming(run.table("estimates")))]


def _silent(run: RunFolder) -> list[str]:
    """The configured probes that neither asked nor found anything."""
    configured = list(json.loads(run.text("config.yaml"))["probes"])
    seen = {*run.table("plan")["probe"], *run.table("estimates")["probe"]}
    return [
        f"probe {name!r} asked nothing: no sample has the labels, texts, pictures or facts it needs"
        for name in configured
        if name not in seen
    ]


def _alarm(row: Mapping[str, Any], simulated: Collection[str]) -> str:
    who = f"judge {row['judge']!r}" + (" (simulated)" if row["judge"] in simulated else "")
    return f"{who}, {row['probe']} probe, {row['metric']} {row['value']:.3f}: {row['note']}"


def checkpoints(run: RunFolder) -> list[dict[str, Any]]:
    """The stored results of a run's checkpoints, in the order of the stages."""
    files = [run.path / "validations" / f"{boundary}.json" for boundary in BOUNDARIES]
    return [json.loads(path.read_text(encoding="utf-8")) for path in files if path.exists()]


def report(here: Context) -> str:
    """Write `report.html`; return its path."""
    return results.report(here, checkpoints(here.run))


def _frame(here: Context, boundary: str) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The table a checkpoint looks at, and what else its suite must know."""
    dataset = here.run.facts()["dataset"]
    scale = {"low": here.scale.low, "high": here.scale.high}
    match boundary:
        case "samples":
            frame = here.run.table("samples")
            facts = {name: dataset[name] for name in ("texts", "rejected", "rows")}
            return frame, {**scale, **facts, "collecting": bool(here.config.responders)}
        case "images":
            limits = {seat.limits for seat in here.seats.values()}
            return here.run.table("images"), {
                "limits": {name: here.prices.limits_of(name).model_dump() for name in limits},
                "images": sorted(here.images()),
            }
        case "responses":
            return take_responses(here), {}
        case "verdicts":
            frame = here.run.table("verdicts", without=UNCHECKED)
            return frame, {
                **scale,
                "model_versions": results.model_versions(here),
                "split_versions": here.config.split_versions,
            }
        case "claims":
            return here.run.table("claims"), {}
        case _:
            return here.run.table("estimates"), {}
