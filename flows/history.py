"""`judgeflow runs list | show | pin | unpin | prune`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from data.errors import ConfigError, HostError
from data.run_folder import RunFolder
from data.run_index import (
    IndexedRun,
    RunIndex,
    find_run,
    last_good_of_all,
    lines,
    pin,
    run_index,
    unpin,
    why_no_baseline,
)
from data.run_pruning import prunable, remove, sweep
from flows.terminal import say, show, table


def print_runs(root: Path, as_json: bool) -> None:
    """Print every run of a folder; what is no run there is named on stderr."""
    index = run_index(root)
    good = last_good_of_all(index.runs)
    rows = [_listed(run, good.get(run.path, [])) for run in index.runs]
    foreign = [{"folder": each.path.name, "why": each.why} for each in index.foreign]
    for each in foreign:
        say(f"{each['folder']} is no run: {each['why']}")
    show({"runs": rows, "foreign": foreign}, as_json, lambda _: _table(rows))


def print_run(root: Path, run: str, as_json: bool) -> None:
    """Print one run's story."""
    found = find_run(run, root)
    good = last_good_of_all(_beside(found).runs)
    facts = RunFolder(found.path).facts()
    told = _listed(found, good.get(found.path, [])) | {
        "path": str(found.path),
        "finished": found.record.finished,
        "error": found.record.error,
        "no_baseline": _no_baseline(found),
        "gate": facts.get("gate"),
        **{name: facts.get(name) for name in SHOWN},
    }
    show(told, as_json, lambda _: _story(told))


SHOWN = (
    "settings", "epoch", "commit", "versions", "model_versions", "coverage", "counts",
    "overrides", "limits", "checkpoints_failed", "cautions",
)  # fmt: skip


def pin_one(root: Path, run: str, why: str | None, as_json: bool) -> None:
    """Pin a run, and say whether it is a baseline now."""
    found = pin(find_run(run, root), why)
    good = last_good_of_all(_beside(found).runs).get(found.path, [])
    if good:
        said = f"{found.run_id} is kept, and is the last good run of {', '.join(good)}"
    elif not found.record.complete:
        said = f"{found.run_id} is kept; it is {found.record.status}, so never a baseline"
    elif not lines(found.record):
        said = f"{found.run_id} is kept; it has no labels, so it is no baseline"
    else:
        said = f"{found.run_id} is kept; newer runs are the last good ones of its judges"
    show({"run": found.run_id, "pinned": True, "last_good_for": good}, as_json, lambda _: said)


def unpin_one(root: Path, run: str, as_json: bool) -> None:
    """Take a pin back."""
    found = unpin(find_run(run, root))
    good = last_good_of_all(_beside(found).runs).get(found.path, [])
    told = {"run": found.run_id, "pinned": False, "last_good_for": good}
    show(told, as_json, lambda _: f"{found.run_id} is no longer pinned")


def prune(root: Path, keep: int | None, days: float | None, yes: bool, as_json: bool) -> None:
    """Delete runs that match all conditions, or name them.

    Raises:
        ConfigError: no condition is given.
    """
    if keep is None and days is None:
        raise ConfigError("give --keep N, --older-than DAYS, or both")
    index = run_index(root)
    chosen, kept = prunable(index.runs, keep, days, dt.datetime.now(dt.UTC))
    gone: list[str] = []
    if yes:
        sweep(root)
        for run in chosen:
            try:
                remove(run)
                gone.append(run.run_id)
            except HostError as error:
                kept[run.run_id] = str(error)
    names = [run.run_id for run in chosen if run.run_id not in kept]
    told = {"matching": names, "deleted": gone, "kept": kept}
    show(told, as_json, lambda _: _pruned(names, kept, yes))


def _beside(run: IndexedRun) -> RunIndex:
    return run_index(run.path.parent)


def _listed(run: IndexedRun, good_for: Sequence[str]) -> dict[str, Any]:
    record = run.record
    return {
        "run": run.run_id,
        "name": record.name,
        "started": record.started,
        "status": record.status,
        "flow": record.flow,
        "limit": record.limit,
        "dataset": record.dataset.name if record.dataset else None,
        "samples": record.dataset.samples if record.dataset else None,
        "judges": [
            {"judge": judge.name, "model": judge.model, "simulated": judge.simulated}
            | {f.mode: f.value for f in record.headlines if f.judge == judge.name}
            for judge in record.judges
            if judge.role == "judge"
        ],
        "primary": dict(record.primary),
        "usd": record.cost.usd,
        "unpriced_calls": record.cost.unpriced_calls,
        "gate": record.gate.status if record.gate else None,
        "pinned": run.pin is not None,
        "why_pinned": run.pin.why if run.pin else None,
        "last_good_for": list(good_for),
    }


def _no_baseline(run: IndexedRun) -> dict[str, str]:
    """By judge, why the run is none's last good one."""
    reasons = {judge: why_no_baseline(run, judge) for judge in lines(run.record)}
    return {judge: why for judge, why in reasons.items() if why}


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    """A line per run and judge; a run's own columns stand in its first one."""
    if not rows:
        return "no runs"
    measures = list(dict.fromkeys(mode for row in rows for mode in row["primary"]))
    heads = {mode: f"{mode} {row['primary'][mode]}" for row in rows for mode in row["primary"]}
    shown: list[dict[str, Any]] = []
    for row in rows:
        mark = [word for word, is_so in (("pinned", row["pinned"]),) if is_so]
        own = {
            "run": row["run"], "flow": row["flow"], "status": row["status"],
            "dataset": row["dataset"], "limit": row["limit"],
            "usd": row["usd"], "gate": row["gate"], "kept": " ".join(mark) or None,
        }  # fmt: skip
        for judge in row["judges"]:
            name = judge["judge"]
            shown.append(
                own
                | {"judge": name + (" (simulated)" if judge["simulated"] else "")}
                | {heads[mode]: judge.get(mode) for mode in measures}
                | {"last good": "yes" if name in row["last_good_for"] else None}
            )
            own = dict.fromkeys(own, "")
    figures = [heads[mode] for mode in measures]
    told = ["run", "flow", "status", "dataset", "limit", "judge"]
    return table(shown, [*told, *figures, "usd", "gate", "kept", "last good"])


def _story(told: Mapping[str, Any]) -> str:
    gate = told["gate"] or {}
    kept = "pinned" + (f": {told['why_pinned']}" if told["why_pinned"] else "")
    lines = [
        f"run {told['run']} ({told['name']}): {told['status']}",
        f"  {told['error']}" if told["error"] and told["error"] != gate.get("said") else None,
        f"started {told['started']}, finished {told['finished'] or 'not yet'}",
        f"{told['flow']} on {_amount(told)}; settings {told['settings']}",
        *(_judge_line(judge, told) for judge in told["judges"]),
        f"cost {told['usd']:.4f} USD, {told['unpriced_calls']} calls of unknown price",
        _gate_line(gate) if gate else "gate: none",
        *(f"  {note}" for note in gate.get("notes", ())),
        kept if told["pinned"] else None,
        *(f"last good run of {judge}" for judge in told["last_good_for"]),
        *(f"no baseline for {judge}: {why}" for judge, why in told["no_baseline"].items()),
        *(f"override of {name}: {why}" for name, why in (told["overrides"] or {}).items()),
        *(f"limit raised: {each}" for each in told["limits"] or ()),
        *(f"caution: {each}" for each in told["cautions"] or ()),
        f"commit {told['commit'] or 'unknown'}; folder {told['path']}",
    ]
    return "\n".join(each for each in lines if each)


def _gate_line(gate: Mapping[str, Any]) -> str:
    """The gate's line, which may begin with its status already."""
    status, said = gate["status"], gate["said"]
    return f"gate: {said}" if said.startswith(f"{status}: ") else f"gate ({status}): {said}"


def _amount(told: Mapping[str, Any]) -> str:
    limit = "" if told["limit"] is None else f" (limit {told['limit']})"
    return f"dataset {told['dataset']}, {told['samples']} samples{limit}"


def _judge_line(judge: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    name = judge["judge"]
    reported = "+".join((told["model_versions"] or {}).get(name, [])) or judge["model"] or "-"
    figures = ", ".join(
        f"{mode} {metric} " + ("not defined" if judge.get(mode) is None else f"{judge[mode]:.4f}")
        for mode, metric in told["primary"].items()
    )
    mark = " (simulated)" if judge["simulated"] else ""
    covered = (told["coverage"] or {}).get(name)
    share = "" if covered is None else f"; coverage {covered:.1%}"
    return f"judge {name}{mark}, model {reported}: {figures or 'no labels'}{share}"


def _pruned(names: Sequence[str], kept: Mapping[str, str], yes: bool) -> str:
    what = "deleted" if yes else "would be deleted; --yes does it"
    lines = [*names, *(f"{run} is kept: {why}" for run, why in kept.items())]
    return "\n".join([*lines, f"{len(names)} runs {what}"])
