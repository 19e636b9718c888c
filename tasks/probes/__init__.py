"""The registry of probes; nothing else in the system knows one by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tasks.probes.kinds import Probe, Variant
from tasks.probes.order import Order
from tasks.probes.repeats import Repeats

if TYPE_CHECKING:
    import polars as pl

    from tasks.config import BootstrapConfig, ProbeConfig

__all__ = ["PROBES", "Probe", "Variant", "estimate_probes"]

PROBES: dict[str, Probe] = {probe.name: probe for probe in (Order(), Repeats())}


def estimate_probes(
    samples: pl.DataFrame,
    verdicts: pl.DataFrame,
    probes: Mapping[str, ProbeConfig],
    bootstrap: BootstrapConfig,
) -> pl.DataFrame:
    """The estimates of every configured probe."""
    import polars as pl

    from data.tables import ESTIMATES, table

    frames = [PROBES[name].estimate(samples, verdicts, bootstrap) for name in probes]
    return pl.concat(frames) if frames else table([], ESTIMATES)
