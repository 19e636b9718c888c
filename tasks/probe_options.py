"""The options in a configuration that its probes read; any other is refused."""

from __future__ import annotations

from data.errors import ConfigError
from tasks.config import ProbeConfig, RunConfig
from tasks.probes import PROBES

PLAIN = ProbeConfig()


def require_probes(config: RunConfig) -> None:
    """Refuse a probe that does not exist, or an option that it does not read.

    One that is as it would be without being given has no effect, and stands in every stored
    configuration.

    Raises:
        ConfigError: naming the unknown probes and the known ones, or the probe and what it reads.
    """
    unknown = sorted(set(config.probes) - set(PROBES))
    if unknown:
        raise ConfigError(f"probes {unknown!r} are not defined; known: {sorted(PROBES)!r}")
    for name, settings in config.probes.items():
        for option, value in settings:
            if option not in PROBES[name].options and value != getattr(PLAIN, option):
                raise ConfigError(unread(name, option, value))


def unread(probe: str, option: str, value: object) -> str:
    """That a probe does not read an option, and which it reads."""
    reads = ", ".join(map(repr, PROBES[probe].options)) or "none"
    return f"probe {probe!r} does not read {option!r} ({value!r:.80}); it reads {reads}"
