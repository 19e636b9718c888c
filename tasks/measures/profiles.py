"""What others do with unreadable verdicts, as named profiles, to show how far headlines move.

`paper` drops them, as the benchmark does and as every figure here does unless it says otherwise.
The others put a verdict where none was read: `tie` (the middle of the scale in scoring), `wrong`
(as far from the label as can be), `coin` (a draw fixed by the sample) and `minus-one` (-1 kept as
a score, a tie in pairs). Rankings have no tie and are dropped there. `flex-judge` has a whole set
of rules of its own (`flex_judge.py`).
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from data.rankings import letters_of
from data.records import READABLE, TIE, Mode, Scale
from tasks.config import BootstrapConfig
from tasks.measures.estimates import Family, agreement
from tasks.measures.evidence import EVIDENCE
from tasks.measures.flex_judge import NAME, flex_judge
from tasks.measures.kinds import Measure
from tasks.measures.labels import combined_choice, combined_score, label_verdicts

READ_AS = {"score": "scored", "pair": "chosen", "batch": "ranked"}
Rule = Callable[[Mapping[str, Any], Scale], str | None]


def _tie(sample: Mapping[str, Any], scale: Scale) -> str | None:
    middle = f"{(scale.low + scale.high) / 2:g}"
    return {"score": middle, "pair": TIE, "batch": None}[sample["mode"]]


def _wrong(sample: Mapping[str, Any], scale: Scale) -> str | None:
    labels = label_verdicts(sample)
    if sample["mode"] == "score":
        label = combined_score(labels)
        return str(scale.low if label - scale.low > scale.high - label else scale.high)
    if sample["mode"] == "pair":
        return {"A": "B", "B": "A", TIE: "A"}[combined_choice(labels)]
    return letters_of(labels[0])[::-1]


def _coin(sample: Mapping[str, Any], scale: Scale) -> str | None:
    draw = random.Random(hashlib.sha256(sample["sample_id"].encode()).digest())
    if sample["mode"] == "score":
        return str(draw.randint(int(scale.low), int(scale.high)))
    if sample["mode"] == "pair":
        return draw.choice("AB")
    letters = sorted(letters_of(label_verdicts(sample)[0]))
    return "".join(draw.sample(letters, len(letters)))


def _minus_one(sample: Mapping[str, Any], scale: Scale) -> str | None:
    return {"score": "-1", "pair": TIE, "batch": None}[sample["mode"]]


PROFILES: dict[str, Rule | None] = {
    "paper": None,
    "tie": _tie,
    "wrong": _wrong,
    "coin": _coin,
    "minus-one": _minus_one,
}


def treated(
    samples: pl.DataFrame, verdicts: pl.DataFrame, profile: str, scale: Scale
) -> pl.DataFrame:
    """The verdict table with a profile's verdict where none is readable.

    Args:
        samples: columns of `data.schemas.SAMPLES`.
        verdicts: columns of `data.schemas.VERDICTS`.
        profile: a name in `PROFILES`.
        scale: the dataset's scale.
    """
    rule = PROFILES[profile]
    if rule is None:
        return verdicts
    stands: dict[str, str] = {}
    for sample in samples.iter_rows(named=True):
        said = rule(sample, scale) if sample["labels"] else None
        if said is not None:
            stands[sample["sample_id"]] = said
    filled = pl.col("sample_id").replace_strict(stands, default=None, return_dtype=pl.String)
    missing = ~pl.col("status").is_in(list(READABLE)) & filled.is_not_null()
    status = pl.col("mode").replace_strict(READ_AS, return_dtype=pl.String)
    return verdicts.with_columns(
        pl.when(missing).then(filled).otherwise(pl.col("verdict")).alias("verdict"),
        pl.when(missing).then(status).otherwise(pl.col("status")).alias("status"),
    )


def headlines(
    samples: pl.DataFrame,
    verdicts: pl.DataFrame,
    primary: Mapping[Mode, Measure],
    scale: Scale,
    bootstrap: BootstrapConfig,
) -> pl.DataFrame:
    """Each subject's pooled primary measure under every profile: a column per profile.

    The last columns are `flex-judge`'s own measure and its figure, a mean over sources.
    """
    chosen = {mode: (Family(EVIDENCE[mode], (m,)),) for mode, m in primary.items()}
    frames = []
    for profile in PROFILES:
        found = agreement(samples, treated(samples, verdicts, profile, scale), chosen, bootstrap)
        pooled = found.filter(pl.col("group") == "pooled")
        frames.append(pooled.with_columns(pl.lit(profile).alias("profile")))
    key = ["mode", "judge", "setting"]
    wide = pl.concat(frames).pivot("profile", index=[*key, "metric"], values="value")
    flexed = flex_judge(samples, verdicts).rename({"metric": "its metric", "value": NAME})
    return wide.join(flexed, on=key, how="left", maintain_order="left")
