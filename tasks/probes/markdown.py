"""The markdown probe: is a response worth more in bold, bullets and a heading, word for word?"""

from __future__ import annotations

import re

import polars as pl

from data.records import MODES, AnswerMode, Mode, Sample
from tasks.probes.contrasts import Arm, contrasted, named, sides, targets
from tasks.probes.kinds import Around, Family, Found, Headline, Variant, asked_again
from tasks.probes.wordings import replaced, sentences

# What is taken off, one after the other; ordinal numbers of lists are words and stay. Spans are
# limited, so that hostile text costs no more than its length.
MARKS = (
    (re.compile(r"^[ \t]*(?:```|~~~)[^\n]*(?:\n|\Z)", re.MULTILINE), ""),  # fences of code
    (re.compile(r"^[ \t]*(?:[-*_][ \t]*){3,}(?:\n|\Z)", re.MULTILINE), ""),  # rules
    (re.compile(r"^[ \t]*(?:(?:#{1,6}|[-*+>])[ \t]+)+", re.MULTILINE), ""),  # headings, bullets
    (re.compile(r"!?\[([^\[\]\n]{1,300})\]\(([^)\s]{1,500})\)"), r"\1 (\2)"),  # links
    (
        re.compile(r"(?<![\w*])(\*{1,3})(?=[^\s*])([^\n]{0,300}?[^\s*])\1(?![\w*])"),
        r"\2",
    ),  # emphasis
    (re.compile(r"(?<!\w)(_{1,3})(?=[^\s_])([^\n]{0,300}?[^\s_])\1(?!\w)"), r"\2"),
    (re.compile(r"`([^`\n]{1,300})`"), r"\1"),  # code
)

FIRST_WORD = re.compile(r"(\S+)")
NESTED = 8  # marks inside marks that are taken off


def plain(text: str) -> str:
    """The text without Markdown; one without any stays as it is."""
    for _ in range(NESTED):
        before = text
        for mark, without in MARKS:
            text = mark.sub(without, text)
        if text == before:
            break
    return text


def rendered(text: str) -> str:
    """The words of the plain text with the first line as a heading and the rest as bullets.

    Lines are those of the text, or its sentences where it has but one. Each bullet's first word is
    bold; a single sentence gets no more than that.
    """
    lines = [line.strip() for line in plain(text).splitlines() if line.strip()]
    if len(lines) == 1:
        lines = sentences(lines[0])
    if len(lines) < 2:
        return "".join(_bold(line) for line in lines)
    return "\n".join([f"## {lines[0]}", "", *(f"- {_bold(line)}" for line in lines[1:])])


def _bold(line: str) -> str:
    return FIRST_WORD.sub(r"**\1**", line, count=1)


class Markdown:
    """One response plain, and the same words with markup."""

    name = "markdown"
    family: Family = "bias"
    options: tuple[str, ...] = ("limit", "draws")
    modes: tuple[Mode, ...] = MODES

    def applies(self, sample: Sample, around: Around) -> bool:
        """Whether a response stands out that can be set in Markdown."""
        return bool(targets(sample))

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """A score's response, or the worse and the better one, without and with markup."""
        draws = range(around.config.draws)
        size = len(sample.responses)
        found = [
            Variant.model_construct(
                variant=f"{side}/{form.__name__}",
                sample=replaced(sample, target, form(sample.responses[target].text)),
                presented=tuple(range(size)),
                repeats=tuple(draws),
                cues={"markdown": marked} if form is rendered else {},
            )
            for side, target in targets(sample)
            for marked in (tuple(float(own == target) for own in range(size)),)
            for form in (plain, rendered)
        ]
        return (asked_again(sample, draws[1:]), *found) if found else ()

    def arms(self, mode: Mode) -> list[Arm]:
        """Markup beside the same words without it, on every side."""
        return [
            Arm(f"{side}/rendered-plain", named(f"{side}/rendered"), named(f"{side}/plain"), to)
            for side, to in sides(mode).items()
        ]

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """The effect of Markdown on the worse response, or a score's own."""
        side = "own" if mode == "score" else "worse"
        return ((f"{side}/rendered-plain", "effect"),)

    def estimate(self, found: Found) -> pl.DataFrame:
        """What markup does to a response beside the same words without it."""
        return pl.concat(
            [contrasted(self.name, mode, found, self.arms(mode)) for mode in self.modes]
        )
