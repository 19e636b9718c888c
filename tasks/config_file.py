"""Reads a configuration: a YAML file, `a.b=c` overrides, one clear line where it is wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from data.errors import ConfigError
from tasks.config import RunConfig


def load_config(path: Path, overrides: Sequence[str] = ()) -> RunConfig:
    """The configuration in a YAML file, with `a.b=c` overrides applied before it is checked.

    Raises:
        ConfigError: naming the file, the key, the value and what is allowed.
    """
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"configuration {str(path)!r} does not exist") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"configuration {str(path)!r} cannot be read: {reason}") from error
    if not isinstance(loaded, dict):
        raise ConfigError(f"configuration {str(path)!r} must be a mapping, not {loaded!r:.60}")
    for override in overrides:
        _override(loaded, override)
    return parse_config(loaded, where=str(path))


def parse_config(loaded: dict[str, Any], where: str = "configuration") -> RunConfig:
    """The checked configuration of a plain mapping."""
    try:
        return RunConfig.model_validate(loaded)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "(top level)"
        more = f" (+{error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise ConfigError(f"{where}: {key}: {_said(first)}{more}") from error


def _said(error: ErrorDetails) -> str:
    match error["type"], error["loc"], error["input"]:
        case "extra_forbidden", ("probes", str(probe), str(option)), value:
            from tasks.probe_options import unread  # probes are much to import
            from tasks.probes import PROBES

            if probe in PROBES:
                return unread(probe, option, value)
        case (("missing" | "value_error"), _, _):
            return error["msg"].removeprefix("Value error, ")
    return f"{error['msg']}, got {error['input']!r:.80}"


def config_sha256(config: RunConfig) -> str:
    """A hash of the configuration's meaning: the order of its keys does not matter."""
    text = json.dumps(config.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _override(config: dict[str, Any], override: str) -> None:
    """Set one dotted key; list entries are addressed by their index or their `name`."""
    key, equals, value = override.partition("=")
    if not equals or not key:
        raise ConfigError(f"--set takes KEY=VALUE, got {override!r}")
    *parents, last = key.split(".")
    target: Any = config
    for part in parents:
        target = _child(target, part, override)
    try:
        parsed = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {override!r}: the value is not YAML") from error
    if isinstance(target, list):
        _child(target, last, override)  # must exist
        target[_index(target, last)] = parsed
    elif isinstance(target, dict):
        target[last] = parsed
    else:
        raise ConfigError(f"--set {override!r}: {'.'.join(parents)!r} holds no keys")


def _child(target: Any, part: str, override: str) -> Any:
    if isinstance(target, dict):
        child = target.setdefault(part, {})
        if child is None:
            child = target[part] = {}
        return child
    if isinstance(target, list) and _index(target, part) >= 0:
        return target[_index(target, part)]
    raise ConfigError(f"--set {override!r}: there is no {part!r}")


def _index(items: list[Any], part: str) -> int:
    if part.isdigit() and int(part) < len(items):
        return int(part)
    names = [item.get("name") if isinstance(item, dict) else None for item in items]
    return names.index(part) if part in names else -1
