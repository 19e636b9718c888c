"""What a run shows of itself in Prefect: its name and tags, and its artifacts."""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_table_artifact,
)
from prefect.client.orchestration import get_client
from prefect.runtime import flow_run

from data.run_folder import RunFolder
from tasks.stages import checks
from tasks.stages.context import Context
from tasks.stages.gating import gate_summary, plain
from tasks.stages.money import told
from tasks.stages.summary import against, agreement_rows, simulated_names, summary

RUNS_URL = "JUDGEFLOW_RUNS_URL"  # where the runs' folder can be seen with a browser
LEADERBOARD = ("mode", "judge", "setting", "measure", "value", "interval", "n", "missing")


def name_flow_run(here: Context) -> None:
    """Call the flow run as the run's folder, and tag it with what one looks for."""
    known = flow_run.id
    if known is None:
        return
    tags = sorted({*flow_run.tags, *_tags(here)})
    with get_client(sync_client=True) as client:
        client.update_flow_run(known, name=here.run.run_id, tags=tags)


def _tags(here: Context) -> Iterable[str]:
    facts = here.run.facts()
    yield f"run:{here.run.run_id}"
    yield f"config:{here.config.name}"
    yield f"epoch:{here.config.epoch}"
    if "dataset" in facts:
        yield f"dataset:{facts['dataset']['name']}"
    if simulated_names(facts):
        yield "simulated"


def publish(here: Context, page: Path) -> None:
    """The artifacts of a run that was measured."""
    facts = here.run.facts()
    address = report_address(page)
    create_link_artifact(address, link_text="report", key="judgeflow-report")
    create_markdown_artifact(f"{summary(here)}\nReport: {address}\n", key="judgeflow-summary")
    rows = leaderboard(here)
    if rows:
        about = f"{facts['dataset']['name']}, run {here.run.run_id}"
        create_table_artifact(rows, key="judgeflow-leaderboard", description=about)
    publish_money(facts)
    publish_checkpoints(here.run)
    if facts.get("drift"):
        create_markdown_artifact(drift_summary(facts["drift"]), key="judgeflow-drift")


def publish_money(facts: Mapping[str, Any]) -> None:
    """The quote beside what was paid, by part."""
    rows = told(facts["cost"])
    if rows:
        create_table_artifact(rows, key="judgeflow-cost", description=against(facts))


def publish_gate(run: RunFolder) -> None:
    """What the gate says of the run."""
    create_markdown_artifact(gate_summary(run), key="judgeflow-gate")


def drift_summary(drift: Mapping[str, Any]) -> str:
    """The charts of the night in Markdown: what is wrong, where each stands, what is promised."""
    said = [f"**{plain(each)}**" for each in drift["messages"]]
    charts = [f"* {plain(each)}" for each in drift["lines"]]
    return "\n\n".join(
        [f"# Drift, night {drift['night']}", *said, "\n".join(charts), drift["promise"]]
    )


def publish_checkpoints(run: RunFolder) -> None:
    """What the checkpoints found: a row for each, and one for each finding."""
    found = checks.checkpoints(run)
    if found:
        create_table_artifact(checkpoint_rows(found), key="judgeflow-checkpoints")


def checkpoint_rows(results: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The results of checkpoints as rows for people."""
    rows = []
    for result in results:
        over = result["overridden"]
        state = "passed" if result["passed"] else "failed"
        row = {
            "checkpoint": result["boundary"],
            "result": state if over is None else f"{state}, overridden: {over['why']}",
            "looked at": f"{len(result['expectations'])} expectations of {result['rows']} rows",
            "finding": None,
        }
        findings = [(level, each) for level in ("errors", "warnings") for each in result[level]]
        rows += [
            {**row, "finding": f"{level[:-1]}: {each['message']}"} for level, each in findings
        ] or [row]
    return rows


def leaderboard(here: Context) -> list[dict[str, str]]:
    """The primary measure of every judge, setting and baseline, best first in each mode."""
    rows = []
    facts = here.run.facts()
    found = agreement_rows(here.run.table("estimates"), simulated_names(facts))
    for mode, judged in found.items():
        for row in judged:
            judge, setting, value, interval, *_ = row.values()
            shown = (mode, judge, setting, list(row)[2], value, interval, row["n"], row["missing"])
            rows.append(dict(zip(LEADERBOARD, shown, strict=True)))
    return rows


def report_address(page: Path) -> str:
    """Where a browser finds a run's page: below `JUDGEFLOW_RUNS_URL`, else on this machine."""
    above = os.environ.get(RUNS_URL)
    if not above:
        return page.as_uri()
    return f"{above.rstrip('/')}/{urllib.parse.quote(page.parent.name)}/{page.name}"
