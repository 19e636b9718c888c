"""Letting a failed checkpoint pass: which one, and the reason that is kept."""

from __future__ import annotations

from data.errors import ConfigError


def reasons(override: str | None, why: str | None) -> dict[str, str]:
    """Why a checkpoint may be passed, by its name; empty where none is named.

    Raises:
        ConfigError: one is given without the other, or there is no such checkpoint.
    """
    why = (why or "").strip() or None
    if (override is None) != (why is None):
        raise ConfigError("--override CHECKPOINT and --why TEXT go together")
    if override is None or why is None:
        return {}
    from expectations.checkpoint import BOUNDARIES

    if override not in BOUNDARIES:
        raise ConfigError(f"there is no checkpoint {override!r}; known: {list(BOUNDARIES)!r}")
    return {override: why}
