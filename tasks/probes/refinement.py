"""The refinement probe: is an answer worth more when it is shown as the revision of a draft?"""

from __future__ import annotations

from tasks.probes.cues import CONTROL, Cue, Version
from tasks.probes.wordings import numbered

HISTORY = numbered(
    "First draft:\n{draft}\n\nFinal answer, refined after a review:\n{text}",
    "This is where I began:\n{draft}\n\nAfter going over it again, I improved it so:\n{text}",
    "Version 1:\n{draft}\n\nVersion 2, after corrections:\n{text}",
    "My first attempt:\n{draft}\n\nI took the feedback to heart and revised it:\n{text}",
    "Draft:\n{draft}\n\nRevision:\n{text}",
    "Before the second look:\n{draft}\n\nAfter the second look:\n{text}",
)
EXCERPT = numbered(  # the same lines twice, and nothing refined
    "First lines:\n{draft}\n\nWhole answer, with these first lines:\n{text}",
    "This is how I begin:\n{draft}\n\nAnd here the answer, with that beginning, in full:\n{text}",
    "Part 1:\n{draft}\n\nParts 1 and 2:\n{text}",
    "My first lines:\n{draft}\n\nI now write the answer from start to end:\n{text}",
    "Beginning:\n{draft}\n\nWhole:\n{text}",
    "The beginning without end:\n{draft}\n\nThe beginning with end:\n{text}",
)

VERSIONS = (Version("history", HISTORY), Version(CONTROL, EXCERPT, 0.0))
REFINEMENT = Cue("refinement", "response", dict.fromkeys(("score", "pair", "batch"), VERSIONS))
