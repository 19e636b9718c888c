"""The sentiment probe: the tone around an unchanged answer must not move its verdict."""

from __future__ import annotations

from tasks.probes.cues import CONTROL, Cue, Version

TONES = {
    "cheerful": (
        "What a lovely picture to be asked about!\n\n{text}\n\nAnswering this was pure joy!",
        "I am so happy to help you!\n\n{text}\n\nHave a wonderful day!",
        "Great news, here comes the answer!\n\n{text}\n\nThat was really fun!",
    ),
    "sad": (
        "This picture leaves me with a heavy heart.\n\n{text}\n\nI could weep over it.",
        "I feel so low as I write.\n\n{text}\n\nForgive my gloomy mood.",
        "With tears I give the answer.\n\n{text}\n\nHow sad I am.",
    ),
    "angry": (
        "I am furious that I must do this!\n\n{text}\n\nNow leave me in peace!",
        "Again such an infuriating thing to answer!\n\n{text}\n\nThis makes me mad!",
        "Enough, here is your damned answer!\n\n{text}\n\nDo not dare ask!",
    ),
    "fearful": (
        "I tremble at what may come of this.\n\n{text}\n\nPlease do not punish me.",
        "I am so afraid as I write.\n\n{text}\n\nI dread your reply.",
        "Nervously I give you an answer.\n\n{text}\n\nI am so scared.",
    ),
}
PLAIN = (
    "This is a picture that I was given.\n\n{text}\n\nThat is what I answer.",
    "Here is my answer to the question.\n\n{text}\n\nThis ends my answer.",
    "My answer to this comes next.\n\n{text}\n\nThat was my answer.",
)

VERSIONS = (Version("tone", TONES), Version(CONTROL, dict.fromkeys(TONES, PLAIN), 0.0))
SENTIMENT = Cue(
    "sentiment", "response", dict.fromkeys(("score", "pair", "batch"), VERSIONS), by_key=True
)
