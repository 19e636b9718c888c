"""Prompts: templates as data (`paper/`, or a folder of the user's own), rendered strictly."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cache.keys import canonical_json
from data.errors import ConfigError
from data.records import LETTERS, MODES, Mode, Scale
from tasks.config import SETTINGS
from tasks.prompts.changes import AS_IT_IS, RUBRICS, PromptChange

if TYPE_CHECKING:
    from jinja2 import Template

BUNDLED = Path(__file__).parent / "paper"
FILES = (
    "role.txt",
    "images_shown.txt",
    "images_hidden.txt",
    "images_described.txt",
    *(f"steps_{setting}.txt" for setting in SETTINGS),
    *(f"method_{mode}.txt" for mode in MODES),
    "notice.txt",
    "input.txt",
    "describe.txt",
    "respond.txt",
)
FOR_PROBES = (
    "ask.txt",
    "reference.txt",
    "steps_evidence.txt",
)  # those of our own where a folder has none
FIVE = ("Poor", "Fair", "Average", "Good", "Excellent")
FIGURE, REFERENCE, CLAIMS = "FigureAnalysis", "Reference", "Claims"
KEYS = {
    "figure-first": (FIGURE,),
    "answer-first": (REFERENCE,),
    "figure-and-answer": (FIGURE, REFERENCE),
    "evidence": (CLAIMS,),
}
IMAGES = {"no-figure": "images_hidden.txt", "vision-expert": "images_described.txt"}
MARKER = re.compile(r"^(\s*)===", re.MULTILINE)


def answer_keys(setting: str) -> tuple[str, ...]:
    """The keys of the JSON object that a judge is asked to answer with; the verdict is last."""
    return (*KEYS.get(setting, ()), "Analysis", "Judgement")


class PromptSet:
    """The templates of one folder, compiled once."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = dict(files)
        self.sha256 = hashlib.sha256(canonical_json(self.files).encode()).hexdigest()
        self._templates = _compiled(files)

    @classmethod
    def load(cls, folder: Path | None = None) -> PromptSet:
        """The templates of a folder; the bundled ones if none is given.

        Raises:
            ConfigError: a file is missing, unreadable, not a template, or uses an unknown name.
        """
        folder = folder or BUNDLED
        missing = [name for name in FILES if not (folder / name).is_file()]
        if missing:
            raise ConfigError(f"prompt folder {str(folder)!r} lacks {missing!r}")
        try:
            files = {name: (folder / name).read_text(encoding="utf-8") for name in FILES}
            for name in FOR_PROBES:
                own = folder / name
                found = own if own.is_file() else BUNDLED / name
                files[name] = found.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"prompt folder {str(folder)!r} cannot be read: {error}") from error
        prompts = cls(files)
        prompts._try_all()
        return prompts

    def judge_text(
        self,
        mode: Mode,
        setting: str,
        *,
        instruction: str,
        responses: Sequence[str],
        scale: Scale,
        description: str | None = None,
        change: PromptChange = AS_IT_IS,
    ) -> str:
        """The text of a judging request, responses in the order shown."""
        letters = change.labels[:2] if mode == "pair" and change.labels else LETTERS
        shown = [
            {"letter": letter, "text": _fenced(text)}
            for letter, text in zip(letters, responses, strict=False)
        ]
        head = self._head(mode, setting, len(responses), scale, change)
        remark = f"{change.remark}\n\n" if change.remark else ""
        reference = ""
        if change.reference:
            reference = self._render("reference.txt", reference=_fenced(change.reference))
        return f"{head}{remark}{reference}" + self._render(
            "input.txt",
            instruction=_fenced(instruction),
            responses=shown,
            description=None if description is None else _fenced(description),
        )

    def ask_text(self, question: str) -> str:
        """The text of a question about the picture that is answered by yes or no."""
        return self._render("ask.txt", question=_fenced(question))

    def describe_text(self, instruction: str) -> str:
        """The text that asks for an image description."""
        return self._render("describe.txt", instruction=_fenced(instruction))

    def respond_text(self, instruction: str) -> str:
        """The text that asks a candidate model to follow the instruction."""
        return self._render("respond.txt", instruction=instruction)

    @functools.lru_cache(maxsize=256)  # noqa: B019 - a handful of prompt sets live per process
    def _head(
        self, mode: Mode, setting: str, count: int, scale: Scale, change: PromptChange
    ) -> str:
        """All that stands before the material; equal for every sample of a shape."""
        steps, wording = change.steps or setting, change.wording
        images = self._render(IMAGES.get(steps, "images_shown.txt")).strip()
        labels = change.labels or (tuple("ABC") if mode == "pair" else ())
        method = self._worded(
            f"method_{mode}.txt",
            wording,
            low=labels[0] if labels else scale.low,
            high=labels[-1] if labels else scale.high,
            rubric=rubric(scale, change),
            count=count,
            letters=", ".join(LETTERS[:count]),
            names=labels,
        )
        keys = ", ".join(f'"{key}"' for key in answer_keys(steps))
        asked = form(mode, count, scale, change.labels)
        parts = (
            self._worded("role.txt", wording, images=images),
            self._worded(f"steps_{steps}.txt", wording),
            method,
            self._worded("notice.txt", wording, keys=keys, form=asked),
        )
        return "\n".join(part.strip() + "\n" for part in parts) + "\n"

    def _worded(self, name: str, wording: str | None, **values: Any) -> str:
        """A template in another wording, where there is one."""
        other = name.replace(".txt", f".{wording}.txt")
        return self._render(other if other in self._templates else name, **values)

    def _render(self, name: str, **values: Any) -> str:
        from jinja2 import TemplateError

        try:
            return self._templates[name].render(**values)
        except (TemplateError, TypeError) as error:
            raise ConfigError(f"prompt template {name!r}: {error}") from error

    def _try_all(self) -> None:
        """Render every template once, so that a mistake is found before anything is spent."""
        for mode in MODES:
            for setting in SETTINGS:
                self.judge_text(
                    mode, setting, instruction="i", responses=["r", "s"], scale=Scale(),
                    description="d" if setting == "vision-expert" else None,
                )  # fmt: skip
        self.judge_text(
            "score", SETTINGS[0], instruction="i", responses=["r"], scale=Scale(),
            change=PromptChange(steps="evidence", reference="r"),
        )  # fmt: skip
        self.describe_text("i")
        self.respond_text("i")
        self.ask_text("q")


def rubric(scale: Scale, change: PromptChange = AS_IT_IS) -> list[str]:
    """A line per score of a five-point scale, else the meaning of its ends."""
    levels = change.labels or [str(n) for n in range(scale.low, scale.high + 1)]
    words: dict[str, str] = dict(zip(levels, FIVE, strict=False))
    if len(levels) != len(FIVE):
        words = {levels[0]: "the worst a response can be", levels[-1]: "the best it can be"}
    lines = [f"{level}: {word}" for level, word in words.items()]
    if change.rubric in RUBRICS and len(lines) == len(FIVE):
        return [lines[at] for at in RUBRICS[change.rubric]]
    return lines[::-1] if change.rubric == "descending" else lines


def form(mode: Mode, count: int, scale: Scale, labels: Sequence[str] = ()) -> str:
    """How the judgement is to be written; placeholders are no verdicts."""
    match mode:
        case "score" if labels:
            return f"[[SCORE]], where SCORE is one of {', '.join(labels)}, lowest first"
        case "pair" if labels:
            return f"[[LABEL]], where LABEL is {labels[0]}, {labels[1]} or {labels[2]}"
        case "score":
            return f"[[SCORE]], where SCORE is a whole number from {scale.low} to {scale.high}"
        case "pair":
            return "[[LETTER]], where LETTER is A, B or C"
        case _:
            slots = ", ".join("[[LETTER]]" for _ in range(count))
            return f"{slots}, best first, each of {', '.join(LETTERS[:count])} once"


def _fenced(text: str) -> str:
    """Material that cannot forge a marker line: one at the start of a line is set off by `|`."""
    return MARKER.sub(r"\1|===", text)


def _compiled(files: Mapping[str, str]) -> dict[str, Template]:
    from jinja2 import StrictUndefined, TemplateSyntaxError
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)
    templates = {}
    for name, text in files.items():
        try:
            templates[name] = environment.from_string(text)
        except TemplateSyntaxError as error:
            raise ConfigError(f"prompt template {name!r}, line {error.lineno}: {error}") from error
    return templates
