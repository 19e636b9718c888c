"""What of ours can move a figure, in `run.json`: prompts, configuration, parser, versions.

Pace, prices, limits and paths are no part of it: they change how a run goes, not what is asked.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cache.keys import canonical_json
from tasks.config import RunConfig

HERE = Path(__file__).parent
PACKAGES = ("judgeflow", "prefect", "openai", "anthropic", "polars", "pillow", "great-expectations")
READERS = (  # what stands between an answer and a verdict
    "opinions.py",
    "parsing.py",
    "presenting.py",
    "verdict_forms.py",
    "verdicts.py",
)
OF_A_JUDGE = (
    "client",
    "model",
    "base_url",
    "params",
    "structured",
    "max_output_tokens",
    "logprobs",
    "max_tokens_param",
    "limits",
    "simulation",
    "columns",
    "where_judge",
    "missing",
    "of",
)
SECTIONS = ("modes", "settings", "sanitise", "repeats", "images", "limit")
OF_A_DATASET = ("format", "name", "scale", "on_bad_rows", "mode", "columns")


def config_fingerprints(config: RunConfig) -> dict[str, str]:
    """A hash for each part of a configuration that can move a figure of base rows.

    Each judge's entry is a part of its own, named `judge NAME`.
    """
    plain = config.model_dump(mode="json")
    parts: dict[str, Any] = {name: plain[name] for name in SECTIONS}
    parts["dataset"] = {name: plain["dataset"][name] for name in OF_A_DATASET}
    parts |= {f"judge {entry['name']}": _asked(entry) for entry in plain["judges"]}
    if config.both_orders:
        parts["both_orders"] = True
    parts |= {
        f"cascade {one['name']}": {**one, "strong": _asked(one["strong"])}
        for one in plain["cascades"]
    }
    parts["responders"] = [_asked(entry) for entry in plain["responders"]]
    parts["describer"] = plain["describer"] and _asked(plain["describer"])
    return {name: sha256(canonical_json(part)) for name, part in parts.items()}


def prompt_fingerprints(files: Mapping[str, str]) -> dict[str, str]:
    """A hash for each template."""
    return {name: sha256(text) for name, text in sorted(files.items())}


@functools.cache
def parser_fingerprint() -> str:
    """A hash of the code that turns answers into verdicts."""
    return sha256("\0".join((HERE / name).read_text(encoding="utf-8") for name in READERS))


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that can change a result."""
    found = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {"python": platform.python_version(), **found}


def commit() -> str | None:
    """The commit of the checkout judgeflow runs from, with `+` if it has changes."""
    here = Path(__file__).parents[1]
    if not (here / ".git").exists():
        return None
    try:
        head, dirty = (
            subprocess.run(
                ["git", "-C", str(here), *words], capture_output=True, text=True, timeout=10
            ).stdout.strip()
            for words in (("rev-parse", "HEAD"), ("status", "--porcelain", "-uno"))
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{head}{'+' if dirty else ''}" if head else None


def sha256(text: str) -> str:
    """The hash of a text, 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _asked(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: entry.get(name) for name in OF_A_JUDGE}
