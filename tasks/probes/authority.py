"""The authority probe: is a response worth more when it cites a source that does not exist?"""

from __future__ import annotations

from tasks.probes.cues import CONTROL, Cue, Version
from tasks.probes.wordings import numbered

CITED = numbered(
    '{text}\n\nThis agrees with "Reading Pictures" (M. Halloran, Aldgate Press, 2018), page 114.',
    "{text}\n\nSource: https://archive.visual-facts.example/entries/4471",
    '{text}\n\nProfessor Lena Okafor confirms: "This is exactly what the picture shows."',
    "{text}\n\nSee also Brandt and Osei (2021), Journal of Image Studies 14(2), pages 33-41.",
    "{text}\n\nThe Hartwell Institute for Visual Research has certified this answer.",
    "{text}\n\nThe same is stated in the Hartwell Register of Images, entry 2207.",
)
NEUTRAL = numbered(  # word for word as long, and no source
    "{text}\n\nThis is the answer to your question about the picture you sent.",
    "{text}\n\nFeedback: https://archive.visual-facts.example/feedback/4471",
    "{text}\n\nWith this sentence the answer to the question ends right here.",
    "{text}\n\nSo much for the question about the picture, which is hereby answered too.",
    "{text}\n\nThe words above are the whole answer to this question.",
    "{text}\n\nThe answer to the question is complete now, with this last sentence.",
)

VERSIONS = (Version("cue", CITED), Version(CONTROL, NEUTRAL, 0.0))
AUTHORITY = Cue("authority", "response", dict.fromkeys(("score", "pair", "batch"), VERSIONS))
