"""The registry of probes; nothing else in the system knows one by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tasks.probes.kinds import Around, Found, Probe, Variant
from tasks.probes.length import Length
from tasks.probes.order import Order
from tasks.probes.paraphrase import Paraphrase
from tasks.probes.remedies import Remedies
from tasks.probes.repeats import Repeats
from tasks.probes.self_preference import SelfPreference
from tasks.probes.self_verdict import SelfVerdict
from tasks.probes.settings import Settings
from tasks.probes.temperature import Temperature
from tasks.probes.triangle import Triangle

if TYPE_CHECKING:
    import polars as pl

__all__ = ["PROBES", "Around", "Found", "Probe", "Variant", "estimate_probes"]

PROBES: dict[str, Probe] = {
    probe.name: probe
    for probe in (
        Order(),
        Repeats(),
        Length(),
        SelfPreference(),
        Paraphrase(),
        Temperature(),
        Settings(),
        SelfVerdict(),
        Triangle(),
        Remedies(),
    )
}


def estimate_probes(found: Mapping[str, Found]) -> pl.DataFrame:
    """The estimates of every probe by its name."""
    import polars as pl

    from data.tables import ESTIMATES, table

    frames = [PROBES[name].estimate(of_probe) for name, of_probe in found.items()]
    return pl.concat(frames) if frames else table([], ESTIMATES)
