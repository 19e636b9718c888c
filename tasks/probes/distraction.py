"""The distraction probe: a fact that has nothing to do with the answer must not move a verdict."""

from __future__ import annotations

from tasks.probes.cues import CONTROL, Cue, Version
from tasks.probes.wordings import numbered

FACTS = numbered(
    "{name} was set up in an office beside a lake.",
    "The people who look after {name} have lunch at noon.",
    "{name} has a blue circle for a logo.",
    "{name} runs on computers in a red building.",
    "The team behind {name} keeps a cat in the hallway.",
    "{name} was switched on for the first time on a Tuesday.",
)

EMPTY = numbered(  # word for word as long, and nothing that the material does not show by itself
    "{name}'s response is given below in the words it used.",
    "The material further down in this prompt includes {name}'s response.",
    "{name} has a response in the material below.",
    "{name} is the author of a response below.",
    "The response written by {name} is part of the material.",
    "{name} gave the response that is shown here as its own.",
)

VERSIONS = (Version("fact", FACTS), Version(CONTROL, EMPTY, 0.0))
DISTRACTION = Cue("distraction", "remark", dict.fromkeys(("score", "pair", "batch"), VERSIONS))
