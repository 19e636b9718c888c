"""Two run folders side by side, from their tables and `run.json`: wherever they lie now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import polars as pl

from data.errors import DataError
from data.run_folder import RunFolder
from data.run_record import REGRESSION
from data.schemas import ANSWERS, VERDICTS
from tasks.config import BootstrapConfig, GateConfig
from tasks.config_file import load_config
from tasks.gate.causes import alike, causes
from tasks.gate.items import common_items
from tasks.gate.paired import run_differences, side_by_side
from tasks.gate.verdict import Comparison

ENDED = ("complete", REGRESSION, "incomplete")
NEEDED = ("sample_id", "judge", "mode", "setting", "probe", "variant", "repeat", "status")
UNREAD = tuple(set(VERDICTS) - {*NEEDED, "verdict", "request_key"})
UNREAD_ANSWERS = tuple(set(ANSWERS) - {"request_key", "status", "text"})


def compare_runs(
    before: RunFolder,
    now: RunFolder,
    gate: GateConfig | None = None,
    judges: Collection[str] | None = None,
    tests: int | None = None,
) -> Comparison:
    """The newer run minus the older one, on the items and judges that both have.

    `gate` is by default what the newer run is configured with; `judges` are those of interest, by
    default all; `tests` share the gate's promise, by default those of this comparison.

    Raises:
        DataError: the runs have nothing that can be compared.
    """
    old, new = before.facts(), now.facts()
    _require_same(before, old, now, new)
    gate = gate or load_config(now.path / "config.yaml").gate
    frames = [run.table("samples") for run in (before, now)]
    items = common_items(*frames)
    if not items.common:
        raise DataError(
            f"runs {before.run_id!r} and {now.run_id!r} have no sample in common: "
            + ", ".join(items.moved)
        )
    wanted = pl.col("sample_id").is_in(items.common)
    known = _judges(old, new, judges)
    said = [_base(run, known).filter(wanted) for run in (before, now)]
    pairs = side_by_side(frames[1].filter(wanted), said[0], said[1])
    table, shared = run_differences(pairs, new["settings"], gate, _bootstrap(new), tests)
    answers = [run.table("answers", without=UNREAD_ANSWERS) for run in (before, now)]
    found = alike((said[0], answers[0]), (said[1], answers[1]))
    of_judges = {
        name: causes(name, old, new, found[name], items.moved) for name in known if name in found
    }
    exact = [name for name, of in of_judges.items() if of.answers.exact and not of.answers.reread]
    return Comparison(
        before=before.run_id,
        now=now.run_id,
        table=_settled(table, exact).with_columns(against=pl.lit(before.run_id)),
        tests=shared,
        items=items,
        causes=of_judges,
        cautions=_cautions((before, old), (now, new), items.moved),
    )


def require_finished(run: RunFolder) -> RunFolder:
    """The run itself where it has ended with figures.

    Raises:
        DataError: it has not.
    """
    status = run.facts().get("status")
    if status not in ENDED or not run.has("verdicts"):
        raise DataError(
            f"run {run.run_id!r} is not finished ({status}); "
            f"`judgeflow resume {run.path}` finishes it"
        )
    return run


def _require_same(
    before: RunFolder, old: Mapping[str, Any], now: RunFolder, new: Mapping[str, Any]
) -> None:
    """Refuse runs of different things, in one line."""
    for what, key in (("dataset", "name"), ("scale", "scale")):
        one, other = ((facts.get("dataset") or {}).get(key) for facts in (old, new))
        if one != other:
            raise DataError(
                f"runs of another {what} cannot be compared: {before.run_id!r} has {one!r}, "
                f"{now.run_id!r} {other!r}"
            )


def _judges(
    old: Mapping[str, Any], new: Mapping[str, Any], wanted: Collection[str] | None
) -> list[str]:
    """The judges that both runs have, in the newer run's order."""
    had = {judge["name"] for judge in old["judges"]}
    both = [judge["name"] for judge in new["judges"] if judge["name"] in had]
    found = [name for name in both if wanted is None or name in wanted]
    if not found:
        names = [judge["name"] for judge in new["judges"]]
        raise DataError(f"the runs have no judge in common: {sorted(had)!r} and {names!r}")
    return found


def _base(run: RunFolder, judges: Collection[str]) -> pl.DataFrame:
    """The base verdicts of some judges."""
    rows = run.table("verdicts", without=UNREAD)
    return rows.filter(
        pl.col("probe").is_null()
        & (pl.col("variant") == "base")
        & pl.col("judge").is_in(list(judges))
    )


def _bootstrap(facts: Mapping[str, Any]) -> BootstrapConfig:
    return BootstrapConfig(replicates=facts["replicates"], level=facts["level"], seed=facts["seed"])


def _settled(table: pl.DataFrame, exact: Collection[str]) -> pl.DataFrame:
    """Where every answer is the same and read the same, missing verdicts cannot differ either."""
    same = pl.col("judge").is_in(list(exact)) & pl.col("value").is_not_null()
    return table.with_columns(
        pl.when(same).then(pl.col("value")).otherwise(pl.col(name)).alias(name)
        for name in ("bound_low", "bound_high")
    )


def _cautions(
    before: tuple[RunFolder, Mapping[str, Any]],
    now: tuple[RunFolder, Mapping[str, Any]],
    moved: Collection[str],
) -> tuple[str, ...]:
    """What a reader must know before the figures."""
    found = [
        f"run {run.run_id} is incomplete: its figures rest on the answers there are"
        for run, facts in (before, now)
        if facts.get("status") == "incomplete"
    ]
    if moved:
        found.append(f"only what is the same in both runs is compared: {', '.join(moved)}")
    (_, old), (_, new) = before, now
    one, other = ({judge["name"] for judge in facts["judges"]} for facts in (old, new))
    found += [f"judge {name!r} is in one of the two runs only" for name in sorted(one ^ other)]
    return tuple(found)
