"""What the doses of simulated judges may be called: the cues, arms and types that probes know."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from data.errors import ConfigError
from data.make.graded import DIMENSIONS
from tasks.config import MORE_STEPS, SETTINGS, RunConfig
from tasks.judge_config import SimulatedJudge
from tasks.probes import CUES
from tasks.probes.cues import ADDED
from tasks.probes.letters import LABELS as LETTERS
from tasks.probes.planting import DEFECTS
from tasks.probes.score_labels import LABELS as SCORES
from tasks.probes.transforms import HARMLESS, LADDERS
from tasks.prompts import WORDINGS

OF_PICTURES = (
    "blank", "mismatch", "drawn-caption", "drawn-keywords", "drawn-verdict", "drawn-instruction",
    "image-order", "image-first", *HARMLESS, *LADDERS,
)  # fmt: skip
OF_TEXTS = (ADDED, "length", "markdown", "injection", "spoofing", *(cue.name for cue in CUES))
OF_PROMPTS = (
    "descending", "shuffled", "plain", "reference-score", *SCORES, *LETTERS, *WORDINGS, "evidence",
    *SETTINGS,
)  # fmt: skip
KNOWN: Mapping[str, Collection[str]] = {
    "effects": frozenset((*OF_TEXTS, *OF_PICTURES, *OF_PROMPTS)),
    "acuity": frozenset(DIMENSIONS),
    "defect_blindness": frozenset(DEFECTS),
    "prompts": frozenset((*WORDINGS, *SETTINGS, *MORE_STEPS)),
}


def require_known_doses(config: RunConfig) -> None:
    """Refuse a dose that no probe could ever bring out, because nothing is called so.

    Raises:
        ConfigError: naming the unknown names and the known ones.
    """
    for judge in (*config.judges, *config.responders, *config.single):
        if not isinstance(judge, SimulatedJudge):
            continue
        for dose, known in KNOWN.items():
            unknown = sorted(set(getattr(judge.simulation, dose)) - set(known))
            if unknown:
                raise ConfigError(
                    f"judge {judge.name!r}: simulation.{dose} has {unknown!r}, which no probe "
                    f"knows; known: {sorted(known)!r}"
                )
