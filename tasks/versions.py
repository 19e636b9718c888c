"""A judge whose endpoint answered in several model versions, as a judge of each (`split_versions`).

They stand beside the judge itself, whose own figures pool the versions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from data.made_judges import VERSION
from data.schemas import VERDICTS


def version_of(judge: str, model: str) -> str:
    """The name under which a judge's verdicts of one model version stand."""
    return f"{VERSION}{judge}@{model}"


def mixed(versions: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, str]]:
    """The judge and the model version of every name that mixed versions make."""
    return {
        version_of(judge, model): (judge, model)
        for judge, models in versions.items()
        if len(models) > 1
        for model in models
    }


def split_verdicts(
    judged: pl.DataFrame, answers: pl.DataFrame, versions: Mapping[str, Sequence[str]]
) -> pl.DataFrame:
    """The base verdicts of judges with mixed versions once more, each under its version's name.

    Args:
        judged: verdict rows of everybody who was asked.
        answers: columns `request_key` and `model`. Without a reported model a verdict has no
            version, and stands under the judge's own name only.
        versions: the reported model versions of each judge.
    """
    rows = [(name, judge, model) for name, (judge, model) in mixed(versions).items()]
    schema = dict.fromkeys(("name", "judge", "model"), pl.String)
    names = pl.DataFrame(rows, schema=schema, orient="row")
    base = judged.filter(pl.col("probe").is_null() & (pl.col("variant") == "base"))
    reported = answers.select("request_key", "model")
    own = base.join(reported, on="request_key", maintain_order="left")
    own = own.join(names, on=["judge", "model"], maintain_order="left")
    return own.with_columns(judge="name").select(list(VERDICTS))


def described(
    judges: Iterable[Mapping[str, Any]], versions: Mapping[str, Sequence[str]]
) -> list[dict[str, Any]]:
    """What a reader must know of every judge, with those that mixed versions make at the end."""
    known = [dict(judge) for judge in judges if not judge["name"].startswith(VERSION)]
    by_name = {judge["name"]: judge for judge in known}
    made = (
        {**by_name[judge], "name": name, "model": model, "parts": [judge]}
        for name, (judge, model) in mixed(versions).items()
    )
    return [*known, *made]


def told(facts: Mapping[str, Any]) -> list[str]:
    """What a reader must know of the judges whose versions were split, a line each."""
    made: dict[str, list[str]] = {}
    for judge in facts["judges"]:
        if judge["name"].startswith(VERSION):
            made.setdefault(judge["parts"][0], []).append(judge["name"])
    return [
        f"judge {judge!r} answered in {len(names)} model versions, which its own figures pool: "
        f"read {' and '.join(names)}"
        for judge, names in made.items()
    ]
