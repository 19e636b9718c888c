"""What a number is a number of: population, aggregation, repeats, missing verdicts, clusters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MODES = {
    "score": "labelled scored responses", "pair": "labelled pairs", "batch": "labelled rankings",
    "ask": "pictures asked about",
}  # fmt: skip
GROUPS = {
    "source": "of source {}", "label": "labelled {}", "responder": "of responder {}",
    "bin": "in bin {} of confidence", "dose": "at dose {}",
}  # fmt: skip


def estimand(row: Mapping[str, Any]) -> str:
    """The line of one estimate, from its columns (`data.schemas.ESTIMATES`)."""
    kind, _, name = str(row["group"]).partition(":")
    asked = row["n"] + row["n_missing"]
    population = f"{asked} {MODES[row['mode']]}"
    if kind in GROUPS:
        population += " " + GROUPS[kind].format(name)
    over = "unweighted mean over sources" if kind == "macro" else "pooled over samples"
    missing = f"{row['n_missing']} without a readable verdict left out, bounded beside the value"
    unit = (
        f"{row['clusters']} images" if row["clustered"] else f"{row['clusters']} rows, unclustered"
    )
    return "; ".join([
        f"{row['metric']} of {population}", over, row["repeat_rule"],
        missing if row["n_missing"] else "none missing", f"resampled: {row['clusters']} {unit}",
    ])  # fmt: skip
