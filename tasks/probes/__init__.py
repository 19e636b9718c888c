"""The registry of probes; nothing else in the system knows one by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tasks.probes.ablation import Ablation
from tasks.probes.authority import AUTHORITY
from tasks.probes.bandwagon import BANDWAGON
from tasks.probes.defects import Defects
from tasks.probes.distraction import DISTRACTION
from tasks.probes.identity import IDENTITY
from tasks.probes.image_order import ImageOrder
from tasks.probes.image_place import ImagePlace
from tasks.probes.injection import Injection
from tasks.probes.kinds import Around, Claiming, Found, Probe, Variant
from tasks.probes.length import Length
from tasks.probes.letters import Letters
from tasks.probes.markdown import Markdown
from tasks.probes.names import NAMES
from tasks.probes.order import Order
from tasks.probes.overlay import Overlay
from tasks.probes.paraphrase import Paraphrase
from tasks.probes.perception import Perception
from tasks.probes.rationale import Rationale
from tasks.probes.reference_score import ReferenceScore
from tasks.probes.refinement import REFINEMENT
from tasks.probes.remedies import Remedies
from tasks.probes.repeats import Repeats
from tasks.probes.rubric import Rubric
from tasks.probes.score_labels import ScoreLabels
from tasks.probes.self_preference import SelfPreference
from tasks.probes.self_verdict import SelfVerdict
from tasks.probes.sentiment import SENTIMENT
from tasks.probes.settings import Settings
from tasks.probes.temperature import Temperature
from tasks.probes.thresholds import Thresholds
from tasks.probes.transforms import Transforms
from tasks.probes.triangle import Triangle

if TYPE_CHECKING:
    import polars as pl

__all__ = ["PROBES", "Around", "Found", "Probe", "Variant", "claims_of", "estimate_probes"]

CUES = (BANDWAGON, AUTHORITY, DISTRACTION, NAMES, REFINEMENT, SENTIMENT, IDENTITY)
PROBES: dict[str, Probe] = {
    probe.name: probe
    for probe in (
        Order(),
        Length(),
        SelfPreference(),
        *CUES,
        Markdown(),
        Ablation(),
        Overlay(),
        Transforms(),
        ImageOrder(),
        ImagePlace(),
        Rubric(),
        ScoreLabels(),
        ReferenceScore(),
        Letters(),
        Injection(),
        Thresholds(),
        Rationale(),
        Perception(),
        Defects(),
        Paraphrase(),
        Temperature(),
        Settings(),
        SelfVerdict(),
        Triangle(),
        Remedies(),
        Repeats(),
    )
}


def claims_of(found: Mapping[str, Found]) -> pl.DataFrame:
    """The claims that probes read out of answers, from every probe that reads any."""
    import polars as pl

    from data.schemas import CLAIMS
    from data.tables import table

    probes = {name: PROBES[name] for name in found}
    frames = [p.claims(found[name]) for name, p in probes.items() if isinstance(p, Claiming)]
    return pl.concat(frames) if frames else table([], CLAIMS)


def estimate_probes(found: Mapping[str, Found]) -> pl.DataFrame:
    """The estimates of every probe by its name."""
    import polars as pl

    from data.schemas import ESTIMATES
    from data.tables import table

    frames = [PROBES[name].estimate(of_probe) for name, of_probe in found.items()]
    return pl.concat(frames) if frames else table([], ESTIMATES)
