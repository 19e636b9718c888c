"""What differs between two runs, in words: configuration, prompts, versions; secrets never."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

HIDDEN = "(hidden)"
SECRET = re.compile(r"secret|passw|credential|authorization|bearer|api.?key$|(^|[._-])token$", re.I)
PLACES = re.compile(r"(^|\.)(path|prompts|cache|runs|audits)$")  # where a thing lies, not what
URL = re.compile(r"^[a-z][a-z0-9+.-]*://", re.I)
MOST = 200  # letters of a value
NOT_THERE = object()


def config_differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """A line per key that differs; where things lie is left out, list entries go by their name."""
    old, new = dict(_flat(before)), dict(_flat(now))
    return [
        f"{key}: {_shown(key, old.get(key, NOT_THERE))} -> {_shown(key, new.get(key, NOT_THERE))}"
        for key in dict.fromkeys((*old, *new))
        if old.get(key, NOT_THERE) != new.get(key, NOT_THERE) and not PLACES.search(key)
    ]


def text_differences(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, list[str]]:
    """The changed lines of every text that differs, `-` before and `+` now."""
    found = {}
    for name in sorted({*before, *now}):
        old, new = before.get(name, ""), now.get(name, "")
        if old != new:
            lines = difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm="")
            found[name] = [line for line in lines if not re.match(r"--- |\+\+\+ |@@ ", line)]
    return found


def fact_differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """A line per version, model version, commit or parser that differs."""
    found = []
    for name in ("commit", "epoch"):
        found += _moved(name, before.get(name), now.get(name))
    for name, of in (("versions", ""), ("model_versions", "model version of ")):
        old, new = before.get(name) or {}, now.get(name) or {}
        for key in sorted({*old, *new}):
            found += _moved(f"{of}{key}", old.get(key), new.get(key))
    one, other = (facts.get("fingerprints", {}).get("parser") for facts in (before, now))
    return [*found, "parser: its code differs"] if one != other else found


def _moved(name: str, old: Any, new: Any) -> list[str]:
    return [] if old == new else [f"{name}: {_plain(old)} -> {_plain(new)}"]


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return "+".join(map(str, value)) or "none"
    return "unknown" if value is None else str(value)


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Leaves by dotted key."""
    if isinstance(value, Mapping) and value:
        for name, each in value.items():
            yield from _flat(each, f"{key}.{name}" if key else str(name))
    elif _entries(value):
        for each in value:
            yield from _flat(each, f"{key}.{each['name']}")
    else:
        yield key, value


def _entries(value: Any) -> bool:
    """Whether a value is a list of named entries."""
    listed = isinstance(value, Sequence) and not isinstance(value, str) and len(value) > 0
    return listed and all(isinstance(each, Mapping) and "name" in each for each in value)


def _shown(key: str, value: Any) -> str:
    if value is NOT_THERE:
        return "(absent)"
    if SECRET.search(key.rsplit(".", 1)[-1]):
        return HIDDEN
    if isinstance(value, str) and URL.match(value):
        return repr(_bare(value))
    return repr(value) if len(repr(value)) <= MOST else f"{value!r:.{MOST}}…"


def _bare(address: str) -> str:
    """An address without what may be a secret in it: user, password and query."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        place = f"{host}:{parts.port}" if parts.port else host
    except ValueError:
        return HIDDEN
    return urlunsplit((parts.scheme, place, parts.path, "", ""))
