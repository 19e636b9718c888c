"""Samples, verdict tables and pooled estimates for tests of probes."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from data.records import Sample, Scale
from data.tables import VERDICTS, samples_table, table
from tasks.config import BootstrapConfig, ProbeConfig
from tasks.probes import PROBES, Around, Found, estimate_probes

QUICK = BootstrapConfig(replicates=200)
STATUS = {"score": "scored", "pair": "chosen", "batch": "ranked"}
Verdicts = Mapping[str, Sequence[str | None]]  # by variant, the draws of one sample


def sample(
    mode: str, texts: Sequence[str], label: str | None = None, number: int = 1, item: str = "i"
) -> Sample:
    responses = [{"author": f"r{at}", "text": text} for at, text in enumerate(texts)]
    labels = [] if label is None else [{"annotator": "a", "verdict": label}]
    return Sample.model_validate(
        {"sample_id": f"d/{mode}/{number}", "item_id": item, "cluster_id": f"c{number}",
         "mode": mode, "source": None, "instruction": "?", "responses": responses,
         "labels": labels}
    )  # fmt: skip


def around(samples: Sequence[Sample] = (), **settings: Any) -> Around:
    return Around(ProbeConfig(**settings), Scale(), samples)


def judged(probe: str, samples: Sequence[Sample], given: Sequence[Verdicts]) -> pl.DataFrame:
    """A verdict table; the first base draw is the base row, the others are the probe's."""
    rows = [
        {"sample_id": one.sample_id, "mode": one.mode, "judge": "j", "setting": "s",
         "probe": None if (variant, repeat) == ("base", 0) else probe, "variant": variant,
         "repeat": repeat, "status": STATUS[one.mode] if verdict else "unparsed",
         "verdict": verdict}
        for one, verdicts in zip(samples, given, strict=True)
        for variant, draws in verdicts.items()
        for repeat, verdict in enumerate(draws)
    ]  # fmt: skip
    return table(rows, VERDICTS)


def pooled(
    probe: str, samples: Sequence[Sample], given: Sequence[Verdicts]
) -> dict[tuple[str | None, str], dict[str, Any]]:
    """The pooled estimates of a probe by arm and metric."""
    verdicts = judged(probe, samples, given)
    found = Found(samples_table(samples), verdicts, ProbeConfig(), Scale(), QUICK)
    rows = estimate_probes({probe: found}).filter(pl.col("group") == "pooled")
    return {(row["arm"], row["metric"]): row for row in rows.iter_rows(named=True)}


def asked(
    probe: str, one: Sample, others: Sequence[Sample] = (), **settings: Any
) -> dict[str, Any]:
    """What a probe asks of a sample, by the variants' names."""
    found = PROBES[probe].vary(one, around([one, *others], **settings))
    return {variant.variant: variant for variant in found}


def holds(row: Mapping[str, Any], truth: float) -> bool:
    """Whether a truth lies within 3.3 standard errors; one in a thousand does not by chance."""
    return bool(abs(row["value"] - truth) <= 3.3 / 1.96 * (row["high"] - row["low"]) / 2)
