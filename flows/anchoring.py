"""Anchors and history on the command line: chosen, looked at, accepted, made anew. No call."""

from __future__ import annotations

import datetime as dt
import getpass
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from data import history
from data.anchors import AnchorCard, anchors_sha256, read_anchors, read_card
from data.errors import ConfigError, DataError
from flows.terminal import show, table
from tasks.anchors.choosing import anchors_of, freeze
from tasks.anchors.planning import live_judges
from tasks.config import RunConfig
from tasks.config_file import load_config
from tasks.drift.charting import chart
from tasks.drift.records import Accepted, Chart, Series
from tasks.stages import drifting
from tasks.stages.context import resolved
from tasks.stages.history import rebuild

COLUMNS = [
    "night",
    "run",
    "flow",
    "limit",
    "judge",
    "mode",
    "setting",
    "measure",
    "value",
    "low",
    "high",
    "n",
    "usd",
]


def print_chosen(config: Path, overrides: Sequence[str], as_json: bool) -> None:
    """Freeze a configuration's anchors and print what was chosen."""
    loaded = _loaded(config, overrides)
    wanted = anchors_of(loaded, str(config))
    card = freeze(loaded, wanted)
    kinds = [canary.kind for canary in card.canaries]
    shown = {
        "anchors": wanted.path,
        **card.model_dump(exclude={"canaries", "format"}),
        "canaries": {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)},
    }
    show(shown, as_json, lambda s: _chosen_text(s, card))


def _chosen_text(shown: dict[str, Any], card: AnchorCard) -> str:
    lines = [f"{card.chosen} anchors of {card.labelled} labelled samples in {shown['anchors']}"]
    if card.chosen < card.wanted:
        lines.append(f"{card.wanted} were wanted; there are no more with labels and responses")
    counts = ", ".join(f"{n} {kind}" for kind, n in shown["canaries"].items()) or "none"
    lines.append(f"canaries: {counts}")
    if card.lacking:
        lines.append(f"no sample allows canaries of kind {', '.join(card.lacking)}")
    return "\n".join(lines)


def print_status(config: Path, overrides: Sequence[str], as_json: bool) -> None:
    """Print every judge's chart as it stands, and the promise."""
    loaded = _loaded(config, overrides)
    statistic, sha = _identity(loaded, config)
    card = read_card(Path(anchors_of(loaded, str(config)).path))
    charts = _charts(loaded, statistic, sha)
    rule = drifting.known_rule(loaded.drift, live_judges(loaded))
    last = {each.judge: each.points[-1].night for each in charts if each.points}
    shown = {
        "anchors": card.chosen,
        "canaries": len(card.canaries),
        "statistic": statistic,
        "promise": drifting.promise(rule),
        "judges": [
            {
                **each.model_dump(exclude={"points"}),
                "nights": len(each.points),
                "last_night": last.get(each.judge),
                "says": drifting.line(each),
            }
            for each in charts
        ],
    }
    show(shown, as_json, _status_text)


def _status_text(shown: dict[str, Any]) -> str:
    lines = [f"{shown['anchors']} anchors, {shown['canaries']} canaries, {shown['statistic']}"]
    for judge in shown["judges"]:
        since = f", since {judge['since']} by {judge['size']:+.3f}" if judge["since"] else ""
        lines.append(f"{judge['says']}{since}")
    return "\n".join([*lines, shown["promise"]])


def print_accepted(
    config: Path,
    overrides: Sequence[str],
    as_json: bool,
    *,
    judges: Sequence[str],
    why: str,
    learn: bool,
) -> None:
    """Write a person's decision down and print where the charts stand with it.

    Raises:
        ConfigError: a judge is not watched, none signals and none is named, or there is no night.
    """
    loaded = _loaded(config, overrides)
    statistic, sha = _identity(loaded, config)
    charts = {each.judge: each for each in _charts(loaded, statistic, sha)}
    chosen = list(judges) or [name for name, each in charts.items() if each.state == "signal"]
    unknown = sorted(set(chosen) - set(charts))
    if unknown or not chosen:
        said = f"{unknown!r} are not watched" if unknown else "no judge signals; name one (--judge)"
        raise ConfigError(f"{said}; watched: {sorted(charts)!r}")
    root = Path(loaded.runs)
    with history.locked(root, drifting.LOCK):
        series = drifting.read_series(root)
        for name in chosen:
            key = drifting.key_of(loaded.name, name, statistic, sha)
            series[key] = _accepted(series.get(key, Series()), charts[name], why, learn)
        drifting.store_series(root, series)
    after = [drifting.line(each) for each in _charts(loaded, statistic, sha)]
    show({"accepted": chosen, "charts": after}, as_json, lambda s: "\n".join(s["charts"]))


def _accepted(series: Series, made: Chart, why: str, learn: bool) -> Series:
    """The series from the night after its newest one on."""
    if not made.points:
        raise ConfigError(f"judge {made.judge!r} has no night yet; there is nothing to accept")
    if not learn and series.baseline is None:
        raise ConfigError(f"judge {made.judge!r} has no baseline yet that could be kept")
    decision = Accepted(
        after=made.points[-1].night,
        learn=learn,
        why=why,
        who=getpass.getuser(),
        at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    )
    baseline = None if learn else series.baseline
    return Series(baseline=baseline, accepted=(*series.accepted, decision))


def print_rebuilt(runs: Path, as_json: bool) -> None:
    """Make the history of a folder of runs anew and print what it holds."""
    made, left = rebuild(runs)
    shown = {"rows": made.height, "runs": made["run"].n_unique(), "left_out": left}
    said = [f"{shown['rows']} rows of {shown['runs']} runs in {runs / history.FILE}"]
    said += [f"left out: {name}: {why}" for name, why in left.items()]
    show(shown, as_json, lambda _: "\n".join(said))


def print_history(runs: Path, judge: str | None, every: bool, as_json: bool) -> None:
    """Print the figures of a folder of runs by night.

    Raises:
        DataError: there is no such folder, or no such judge in its history.
    """
    if not runs.is_dir():
        raise DataError(f"there is no folder {str(runs)!r}; name that of the runs with --runs")
    rows = history.read_history(runs)
    if judge is not None:
        known = rows["judge"].unique().sort().to_list()
        rows = rows.filter(pl.col("judge") == judge)
        if rows.is_empty():
            raise DataError(
                f"the history of {str(runs)!r} has no judge {judge!r}; known: {known!r}"
            )
    if not every:
        rows = rows.filter("primary")
    shown = rows.to_dicts()
    show(shown, as_json, lambda s: _history_text(s) or f"there is no history in {runs}")


def _history_text(rows: list[dict[str, Any]]) -> str:
    """The rows as a table, simulated judges named so; empty for none."""
    named = [r | {"judge": f"{r['judge']} (simulated)"} if r["simulated"] else r for r in rows]
    return table(named, COLUMNS) if named else ""


def _loaded(config: Path, overrides: Sequence[str]) -> RunConfig:
    return resolved(load_config(config, overrides), config.resolve().parent)


def _identity(config: RunConfig, path: Path) -> tuple[str, str]:
    """The statistic that is charted, and the digest of the frozen samples it is of."""
    wanted = anchors_of(config, str(path))
    samples = read_anchors(Path(wanted.path)).samples
    kept = [sample for sample in samples if sample.mode in config.modes]
    return wanted.statistic, anchors_sha256(kept)


def _charts(config: RunConfig, statistic: str, sha: str) -> list[Chart]:
    """The charts of every live judge as the history has them."""
    root, judges = Path(config.runs), live_judges(config)
    rows = drifting.anchor_rows(history.read_history(root), config.name, sha)
    series, rule = drifting.read_series(root), drifting.known_rule(config.drift, judges)
    simulated = {each.name for each in config.judges if each.client == "simulated"}
    found = []
    for judge in judges:
        own = series.get(drifting.key_of(config.name, judge, statistic, sha), Series())
        nights = drifting.nights_of(rows, judge, statistic)
        made = chart(judge, statistic, own, nights, rule)
        found.append(made.model_copy(update={"simulated": judge in simulated}))
    return found
