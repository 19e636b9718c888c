"""The distraction probe: a fact that has nothing to do with the answer must not move a verdict."""

from __future__ import annotations

from tasks.probes.cues import Cue, Version
from tasks.probes.wordings import numbered

FACTS = numbered(
    "{name} was set up in an office beside a lake.",
    "The people who look after {name} have lunch at noon.",
    "{name} has a blue circle for a logo.",
    "{name} runs on computers in a red building.",
    "The team behind {name} keeps a cat in the hallway.",
    "{name} was switched on for the first time on a Tuesday.",
)

VERSIONS = (Version("fact", FACTS),)
DISTRACTION = Cue("distraction", "remark", dict.fromkeys(("score", "pair", "batch"), VERSIONS))
