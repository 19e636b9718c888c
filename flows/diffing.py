"""`judgeflow runs diff`: what differs between two runs before any figure does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from data.errors import DataError
from data.run_folder import RunFolder
from data.run_index import find_run
from flows.terminal import show
from tasks.gate.described import config_differences, fact_differences, text_differences
from tasks.gate.items import common_items

LINES = 12  # of a prompt's change, on a terminal


def print_differences(root: Path, before: str, now: str, as_json: bool) -> None:
    """Print what differs in configuration, prompts, data and versions."""
    old, new = (RunFolder.open(find_run(each, root).path) for each in (before, now))
    told = {
        "before": old.run_id,
        "now": new.run_id,
        "config": config_differences(_config(old), _config(new)),
        "prompts": text_differences(_prompts(old), _prompts(new)),
        "data": _data(old, new),
        "versions": fact_differences(old.facts(), new.facts()),
    }
    show(told, as_json, lambda _: _text(told))


def _config(run: RunFolder) -> dict[str, Any]:
    try:
        loaded = yaml.safe_load(run.text("config.yaml"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        loaded = None
    if not isinstance(loaded, dict):
        raise DataError(f"the configuration of run {run.run_id!r} cannot be read")
    return loaded


def _prompts(run: RunFolder) -> dict[str, str]:
    files = sorted((run.path / "prompts").glob("*.txt"))
    return {path.name: path.read_text(encoding="utf-8", errors="replace") for path in files}


def _data(old: RunFolder, new: RunFolder) -> list[str]:
    """How the samples differ; runs that have not loaded any differ in nothing."""
    names = [(run.facts().get("dataset") or {}).get("name") for run in (old, new)]
    if names[0] != names[1]:
        return [f"dataset: {names[0]} -> {names[1]}"]
    if not (old.has("samples") and new.has("samples")):
        return []
    return common_items(old.table("samples"), new.table("samples")).moved


def _text(told: Mapping[str, Any]) -> str:
    lines = [f"{told['before']} -> {told['now']}"]
    for part in ("config", "data", "versions"):
        lines += [f"{part}: nothing differs"] if not told[part] else [f"{part}:"]
        lines += [f"  {each}" for each in told[part]]
    if not told["prompts"]:
        lines += ["prompts: nothing differs"]
    for name, changed in told["prompts"].items():
        lines += [f"prompt {name}:", *(f"  {line}" for line in changed[:LINES])]
        lines += [f"  (+{len(changed) - LINES} more lines)"] if len(changed) > LINES else []
    return "\n".join(lines)
