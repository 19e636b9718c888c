"""The registry of probes; nothing else in the system knows one by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tasks.probes.authority import AUTHORITY
from tasks.probes.bandwagon import BANDWAGON
from tasks.probes.defects import Defects
from tasks.probes.distraction import DISTRACTION
from tasks.probes.identity import IDENTITY
from tasks.probes.kinds import Around, Found, Probe, Variant
from tasks.probes.length import Length
from tasks.probes.markdown import Markdown
from tasks.probes.names import NAMES
from tasks.probes.order import Order
from tasks.probes.perception import Perception
from tasks.probes.refinement import REFINEMENT
from tasks.probes.repeats import Repeats
from tasks.probes.self_preference import SelfPreference
from tasks.probes.sentiment import SENTIMENT

if TYPE_CHECKING:
    import polars as pl

__all__ = ["PROBES", "Around", "Found", "Probe", "Variant", "estimate_probes"]

CUES = (BANDWAGON, AUTHORITY, DISTRACTION, NAMES, REFINEMENT, SENTIMENT, IDENTITY)
PROBES: dict[str, Probe] = {
    probe.name: probe
    for probe in (
        Order(),
        Length(),
        SelfPreference(),
        *CUES,
        Markdown(),
        Repeats(),
        Perception(),
        Defects(),
    )
}


def estimate_probes(found: Mapping[str, Found]) -> pl.DataFrame:
    """The estimates of every probe by its name."""
    import polars as pl

    from data.tables import ESTIMATES, table

    frames = [PROBES[name].estimate(of_probe) for name, of_probe in found.items()]
    return pl.concat(frames) if frames else table([], ESTIMATES)
