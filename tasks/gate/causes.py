"""Whose doing a difference may be: our change, the provider's, or noise.

A request's key holds all that can change its answer, so equal keys mean that nothing of ours
reached the judge; and where the answers are equal too, only our reading of them can have moved a
verdict, without any noise. Where requests differ, the fingerprints in `run.json` say what of ours
differs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from data.run_record import parts_of

ROW = ["sample_id", "judge", "setting", "repeat"]
SHOWN = ("role.txt", "notice.txt", "input.txt")
Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Answers:
    """How many base rows both runs have, and of these how many were asked and answered alike.

    `reread` are those with the same answer and another verdict.
    """

    rows: int
    same_request: int
    same_answer: int
    reread: int

    @property
    def exact(self) -> bool:
        """Whether every answer is the same, so that a difference can only be our reading."""
        return self.rows == self.same_answer


@dataclass(frozen=True)
class Causes:
    """What differs for a judge: by our doing, by the provider's, and in the answers."""

    answers: Answers
    ours: tuple[str, ...]
    theirs: tuple[str, ...]

    @property
    def said(self) -> str:
        """What a person can make of it."""
        answers = self.answers
        ours = f"our change: {', '.join(self.ours)}" if self.ours else ""
        theirs = f"their change: {', '.join(self.theirs)}" if self.theirs else ""
        if answers.exact and answers.reread:
            return f"{ours}; all {answers.rows} answers are the same, so nothing of it is noise"
        if answers.exact:
            return ours or "every answer is the same, and read the same"
        if ours and theirs:
            return f"{ours}; {theirs}; a run with one of the two alone tells them apart"
        if ours or theirs:
            return ours or theirs
        return (
            "nothing of ours differs and the model reports the same version: noise, or a change "
            "that the provider does not report"
        )

    def told(self) -> dict[str, Any]:
        """As a plain value."""
        return {
            "ours": list(self.ours),
            "theirs": list(self.theirs),
            "answers": asdict(self.answers),
            "said": self.said,
        }


def alike(
    before: tuple[pl.DataFrame, pl.DataFrame], now: tuple[pl.DataFrame, pl.DataFrame]
) -> dict[str, Answers]:
    """By judge, how the base rows of two runs were asked, answered and read.

    Args:
        before: the older run's base verdicts of the common samples and its answers, columns of
            `data.schemas.VERDICTS` and `ANSWERS`.
        now: the newer run's.
    """
    both = _read(*now).join(_read(*before), on=ROW, suffix="_before")
    request = pl.col("request_key") == pl.col("request_key_before")
    answer = request & pl.col("text").eq_missing(pl.col("text_before"))
    read = pl.col("status").eq_missing(pl.col("status_before")) & pl.col("verdict").eq_missing(
        pl.col("verdict_before")
    )
    counted = both.group_by("judge").agg(
        pl.len().alias("rows"),
        request.sum().alias("same_request"),
        answer.sum().alias("same_answer"),
        (answer & ~read).sum().alias("reread"),
    )
    return {
        str(row.pop("judge")): Answers(**{name: int(count) for name, count in row.items()})
        for row in counted.to_dicts()
    }


def causes(
    judge: str, before: Facts, now: Facts, answers: Answers, moved: Sequence[str] = ()
) -> Causes:
    """What differs for a judge between two runs; `moved` says what did in the dataset."""
    ours = [f"data ({', '.join(moved)})"] if moved else []
    of = _made_of(judge, now)
    if answers.same_request < answers.rows:
        ours += _asked_differently(of, before, now, known=bool(moved))
    if answers.reread or answers.same_answer < answers.rows:
        ours += _read_differently(before, now, answers)
    return Causes(answers, tuple(ours), tuple(_theirs(of, before, now)))


def _made_of(judge: str, facts: Facts) -> tuple[str, ...]:
    """The judge, and those that it is made of."""
    return judge, *parts_of(facts).get(judge, ())


def _read(verdicts: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """Base rows with their answer; with all of them where a verdict stands on several."""
    texts = answers.filter(pl.col("status") == "answered").select("request_key", "text")
    rows = verdicts.select(*ROW, "request_key", "status", "verdict").drop_nulls("request_key")
    several = pl.col("request_key").str.contains(" ")
    keys = rows.filter(several).select("request_key").unique()
    each = keys.with_columns(pl.col("request_key").str.split(" ").alias("key")).explode("key")
    texted = texts.rename({"request_key": "key"})
    said = each.join(texted, on="key", how="left", maintain_order="left")
    joined = said.group_by("request_key").agg(pl.col("text").fill_null("").str.join("\0"))
    return rows.join(pl.concat([texts, joined]), on="request_key", how="left")


def _asked_differently(
    judges: Collection[str], before: Facts, now: Facts, known: bool
) -> list[str]:
    """What of ours makes requests differ, in words; the code where nothing `known` does."""
    parts = _changed(before, now, "config", lambda part: _of_judges(part, judges))
    files = _changed(before, now, "prompts", lambda name: _of_base_rows(name, now))
    found = [f"configuration ({', '.join(parts)})"] if parts else []
    found += [f"prompts ({', '.join(files)})"] if files else []
    if found or known or before.get("epoch") != now.get("epoch"):
        return found
    return [f"code (requests are made differently; {_commits(before, now)})"]


def _read_differently(before: Facts, now: Facts, answers: Answers) -> list[str]:
    one, other = (facts.get("fingerprints", {}).get("parser") for facts in (before, now))
    if one != other:
        read = f"{answers.reread} verdicts read differently" if answers.reread else "it has changed"
        return [f"parser ({read}; {_commits(before, now)})"]
    if answers.reread:
        return [f"code ({answers.reread} verdicts read differently; {_commits(before, now)})"]
    return []


def _theirs(judges: Collection[str], before: Facts, now: Facts) -> list[str]:
    """What the provider reports otherwise, and what a run's anchors say of the judges."""
    found = []
    for judge in judges:
        old, new = (facts.get("model_versions", {}).get(judge, []) for facts in (before, now))
        if old and new != old:
            found.append(f"model version {'+'.join(old)} -> {'+'.join(new)}")
        moved = (now.get("drift") or {}).get("moved", {}).get(judge)
        if moved:
            found.append(f"dated anchors answered differently ({moved})")
    return found


def _changed(before: Facts, now: Facts, part: str, counts: Any) -> list[str]:
    old, new = (facts.get("fingerprints", {}).get(part, {}) for facts in (before, now))
    return sorted(n for n in {*old, *new} if old.get(n) != new.get(n) and counts(n))


def _of_judges(part: str, judges: Collection[str]) -> bool:
    """Whether a part of the configuration is one of the judges' own, or everybody's."""
    kind, _, name = part.partition(" ")
    if kind == "judge":
        return name in judges
    if kind == "cascade":
        return f"cascade:{name}" in judges
    return part != "both_orders" or any(judge.startswith("both-orders:") for judge in judges)


def _of_base_rows(name: str, facts: Facts) -> bool:
    """Whether a template is part of what base rows ask in a run."""
    used = {*SHOWN, *(f"method_{mode}.txt" for mode in facts.get("modes", ()))}
    used |= {f"steps_{setting}.txt" for setting in facts.get("settings", ())}
    return name in used or name.startswith("images_") or name in ("describe.txt", "respond.txt")


def _commits(before: Facts, now: Facts) -> str:
    old, new = ((facts.get("commit") or "unknown")[:9] for facts in (before, now))
    return f"commit {old} -> {new}"
