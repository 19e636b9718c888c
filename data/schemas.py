"""The columns of every table that stages hand to each other.

Every column is described in `docs/tables.md`; a test keeps the two in step.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from polars import Schema

_STR, _INT, _NUM, _BOOL = pl.String(), pl.Int64(), pl.Float64(), pl.Boolean()

SAMPLES = Schema(
    {
        "sample_id": _STR,
        "item_id": _STR,
        "cluster_id": _STR,
        "mode": _STR,
        "source": _STR,
        "instruction": _STR,
        "images": pl.List(pl.Struct({"path": pl.String(), "sha256": pl.String()})),
        "responses": pl.List(pl.Struct({"author": pl.String(), "text": pl.String()})),
        "labels": pl.List(
            pl.Struct({"annotator": pl.String(), "verdict": pl.String(), "origin": pl.String()})
        ),
    }
)

REJECTED = Schema({"file": _STR, "line": _INT, "reason": _STR, "excerpt": _STR})

IMAGES = Schema(
    {
        "source_sha256": _STR,
        "path": _STR,
        "limits": _STR,
        "change": _STR,
        "sha256": _STR,
        "media_type": _STR,
        "width": _INT,
        "height": _INT,
        "bytes": _INT,
        "passed_through": _BOOL,
        "encoder": _STR,
        "note": _STR,
    }
)

PLAN = Schema(
    {
        "round": _INT,
        "shard": _STR,
        "request_key": _STR,
        "purpose": _STR,
        "sample_id": _STR,
        "item_id": _STR,
        "cluster_id": _STR,
        "mode": _STR,
        "source": _STR,
        "judge": _STR,
        "setting": _STR,
        "probe": _STR,
        "variant": _STR,
        "repeat": _INT,
        "epoch": _STR,
        "presented": pl.List(pl.Int64()),
        "images": pl.List(pl.String()),
        "labels": pl.List(pl.String()),
        "input_tokens": _INT,
        "max_output_tokens": _INT,
        "expected_usd": _NUM,
        "max_usd": _NUM,
    }
)

ANSWERS = Schema(
    {
        "request_key": _STR,
        "judge": _STR,
        "status": _STR,
        "text": _STR,
        "finish_reason": _STR,
        "model": _STR,
        "fingerprint": _STR,
        "input_tokens": _INT,
        "output_tokens": _INT,
        "reasoning_tokens": _INT,
        "latency_s": _NUM,
        "attempts": _INT,
        "usd": _NUM,
        "cached": _BOOL,
        "failure": _STR,
        "message": _STR,
        "created_at": _STR,
        "without": pl.List(pl.String()),
        "label_tokens": _STR,
    }
)

VERDICTS = Schema(
    {
        "sample_id": _STR,
        "item_id": _STR,
        "cluster_id": _STR,
        "mode": _STR,
        "source": _STR,
        "judge": _STR,
        "setting": _STR,
        "probe": _STR,
        "variant": _STR,
        "repeat": _INT,
        "epoch": _STR,
        "status": _STR,
        "verdict": _STR,
        "raw_verdict": _STR,
        "reason": _STR,
        "confidence": _NUM,
        "request_key": _STR,
    }
)

CLAIMS = Schema(
    {
        "sample_id": _STR,
        "item_id": _STR,
        "cluster_id": _STR,
        "mode": _STR,
        "source": _STR,
        "judge": _STR,
        "setting": _STR,
        "probe": _STR,
        "variant": _STR,
        "repeat": _INT,
        "number": _INT,
        "claim": _STR,
        "about": _STR,
        "kind": _STR,
        "quote": _STR,
        "found": _STR,
        "found_by": _STR,
        "wrong_verdict": _BOOL,
        "request_key": _STR,
    }
)

ESTIMATES = Schema(
    {
        "judge": _STR,
        "mode": _STR,
        "setting": _STR,
        "probe": _STR,
        "arm": _STR,
        "metric": _STR,
        "group": _STR,
        "value": _NUM,
        "low": _NUM,
        "high": _NUM,
        "level": _NUM,
        "method": _STR,
        "bound_low": _NUM,
        "bound_high": _NUM,
        "n": _INT,
        "n_missing": _INT,
        "clusters": _INT,
        "clustered": _BOOL,
        "repeat_rule": _STR,
        "note": _STR,
    }
)

DIFFERENCES = Schema(
    {
        "mode": _STR,
        "judge": _STR,
        "setting": _STR,
        "other": _STR,
        "other_setting": _STR,
        "metric": _STR,
        "primary": _BOOL,
        "value": _NUM,
        "low": _NUM,
        "high": _NUM,
        "level": _NUM,
        "bound_low": _NUM,
        "bound_high": _NUM,
        "p": _NUM,
        "p_adjusted": _NUM,
        "n": _INT,
        "share_lost": _NUM,
        "clusters": _INT,
        "clustered": _BOOL,
        "note": _STR,
    }
)

COMPARISON = Schema(
    {
        "against": _STR,
        "mode": _STR,
        "judge": _STR,
        "setting": _STR,
        "metric": _STR,
        "decides": _BOOL,
        "finding": _STR,
        "before": _NUM,
        "now": _NUM,
        "value": _NUM,
        "low": _NUM,
        "high": _NUM,
        "level": _NUM,
        "bound_low": _NUM,
        "bound_high": _NUM,
        "p": _NUM,
        "p_worse": _NUM,
        "p_adjusted": _NUM,
        "smallest": _NUM,
        "sees": _NUM,
        "n": _INT,
        "lost_before": _NUM,
        "lost_now": _NUM,
        "share_lost": _NUM,
        "clusters": _INT,
        "clustered": _BOOL,
        "note": _STR,
    }
)

HISTORY = Schema(
    {
        "run": _STR,
        "name": _STR,
        "night": _STR,
        "started": _STR,
        "status": _STR,
        "flow": _STR,
        "dataset": _STR,
        "limit": _INT,
        "judge": _STR,
        "simulated": _BOOL,
        "mode": _STR,
        "setting": _STR,
        "probe": _STR,
        "measure": _STR,
        "primary": _BOOL,
        "value": _NUM,
        "low": _NUM,
        "high": _NUM,
        "level": _NUM,
        "n": _INT,
        "n_missing": _INT,
        "clusters": _INT,
        "epoch": _STR,
        "model_versions": pl.List(pl.String()),
        "usd": _NUM,
        "calls": _INT,
        "anchors": _STR,
        "prints": _STR,
    }
)

TABLES: Mapping[str, Schema] = {
    "samples": SAMPLES,
    "fresh": SAMPLES,
    "rejected": REJECTED,
    "images": IMAGES,
    "plan": PLAN,
    "answers": ANSWERS,
    "verdicts": VERDICTS,
    "claims": CLAIMS,
    "estimates": ESTIMATES,
    "differences": DIFFERENCES,
    "comparison": COMPARISON,
    "anchors": SAMPLES,
    "history": HISTORY,
}
