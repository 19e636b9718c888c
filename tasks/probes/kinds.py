"""What a probe is: two pure functions, what to ask besides the base request and what it means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, runtime_checkable

from pydantic import JsonValue

from data.make.facts import ItemFacts
from data.records import AnswerMode, Label, Mode, Record, Sample, Scale
from tasks.config import BootstrapConfig, ProbeConfig
from tasks.probes.swaps import Swaps, swaps
from tasks.prompts.changes import AS_IT_IS, ImageChange, PromptChange

if TYPE_CHECKING:
    import polars as pl

NOTHING: dict[str, Any] = {}  # a default; pydantic copies it far faster than it calls a factory


class Variant(Record):
    """A question about a sample: the base one, or what a probe asks besides.

    `presented[i]` is the own index of the response shown at position i; `sample` may be changed,
    under its own id. `images` are changes made to each of its pictures in turn, `params` decoding
    parameters in place of the judge's. With a `question` nothing is judged: it is asked about the
    picture, to be answered by yes or no.

    `cues` and `told` are for simulated judges, which see no text: how strongly each response (own
    order) bears what a cue names, and further facts of their context.
    """

    variant: str
    sample: Sample
    presented: tuple[int, ...]
    repeats: tuple[int, ...] = (0,)
    prompt: PromptChange = AS_IT_IS
    images: tuple[ImageChange, ...] = ()
    params: dict[str, JsonValue] = NOTHING
    question: str | None = None
    cues: dict[str, tuple[float, ...]] = NOTHING
    told: dict[str, JsonValue] = NOTHING


def asked_again(sample: Sample, repeats: Sequence[int]) -> Variant:
    """The base question with further repeat indices; probes share the answers."""
    own = tuple(range(len(sample.responses)))
    return Variant.model_construct(
        variant="base", sample=sample, presented=own, repeats=tuple(repeats)
    )


@dataclass(frozen=True)
class Around:
    """What a probe may know besides the sample: its settings, the scale, the dataset, the facts.

    `facts` are what is known of each item's picture, where the dataset says so; `settings` are the
    run's prompt settings, the probes' own first.
    """

    config: ProbeConfig
    scale: Scale
    samples: Sequence[Sample]
    facts: Mapping[str, ItemFacts] = field(default_factory=dict)
    settings: tuple[str, ...] = ("analyze",)

    @property
    def shows_pictures(self) -> bool:
        """Whether any prompt setting shows pictures."""
        return set(self.settings) != {"no-figure"}

    @cached_property
    def labels(self) -> Mapping[tuple[str, str, tuple[str, ...]], tuple[Label, ...]]:
        """The labels of every sample by item, mode and the texts of its responses."""
        found: dict[tuple[str, str, tuple[str, ...]], tuple[Label, ...]] = {}
        for sample in self.samples:
            texts = tuple(response.text for response in sample.responses)
            found[sample.item_id, sample.mode, texts] = sample.labels
            if sample.mode == "pair":
                turned = tuple(_turned(label) for label in sample.labels)
                found.setdefault((sample.item_id, "pair", texts[::-1]), turned)
        return found

    @cached_property
    def swaps(self) -> Swaps:
        """Whose pictures stand in for whose."""
        return swaps(self.samples)

    @cached_property
    def scored(self) -> Mapping[str, Sequence[Sample]]:
        """The samples of scoring by item."""
        found: dict[str, list[Sample]] = {}
        for sample in self.samples:
            if sample.mode == "score" and sample.responses:
                found.setdefault(sample.item_id, []).append(sample)
        return found

    @cached_property
    def firsts(self) -> Mapping[str, str]:
        """The first sample of each item, for what is asked once of a picture."""
        found: dict[str, str] = {}
        for sample in self.samples:
            found.setdefault(sample.item_id, sample.sample_id)
        return found

    @cached_property
    def modes(self) -> frozenset[Mode]:
        """The modes that are judged in."""
        return frozenset(sample.mode for sample in self.samples)

    @cached_property
    def often(self) -> Mapping[str, int]:
        """In how many pictures each thing is, by its phrase."""
        return Counter(
            phrase
            for item in self.facts.values()
            for fact in item.facts
            if fact.type == "presence"
            for phrase in set(fact.present)
        )


def _turned(label: Label) -> Label:
    """A pair's label with the two responses the other way round."""
    turned = {"A": "B", "B": "A"}.get(label.verdict, label.verdict)
    return label.model_copy(update={"verdict": turned})


class Bill(NamedTuple):
    """What an answer is billed at, whoever paid for it; `None` where it is unknown."""

    usd: float | None
    tokens: float | None


@dataclass(frozen=True)
class Found:
    """What a probe's estimates stand on: the run's tables, and what was known when asking.

    `texts` has what was answered by request key, for probes that read more than the verdict;
    `audits` is what people say of judgements (`data/marks.py`), `bills` what each answer costs.
    """

    samples: pl.DataFrame
    verdicts: pl.DataFrame
    config: ProbeConfig
    scale: Scale
    bootstrap: BootstrapConfig
    facts: Mapping[str, ItemFacts] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    audits: Sequence[Mapping[str, Any]] = ()
    bills: Mapping[str, Bill] = field(default_factory=dict)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The samples as rows."""
        return self.samples.to_dicts()


Headline = tuple[str | None, str]  # arm and measure
Family = Literal["bias", "hallucination", "consistency", "remedy"]


class Answered(NamedTuple):
    """An answer to what a probe asked; `text` is `None` where there is none to read.

    `judge` is who was asked; before the answers are known every text is `None`.
    """

    judge: str
    variant: str
    repeat: int
    text: str | None


@runtime_checkable
class Follows(Protocol):
    """A probe that asks the verifier about what its questions were answered.

    `example` is an answer with one placeholder in it, for showing what would follow from answers.
    """

    example: Answered

    def follow(
        self, sample: Sample, answers: Sequence[Answered], around: Around
    ) -> tuple[Variant, ...]:
        """Questions about the picture, each named once per sample."""
        ...

    def most_followed(
        self, sample: Sample, answers: Sequence[Answered], around: Around
    ) -> tuple[Variant, ...]:
        """The most and longest questions that `follow` could ask once the answers are known."""
        ...


@runtime_checkable
class Choosy(Protocol):
    """A probe that has nothing to ask about some samples of its modes."""

    def applies(self, sample: Sample, around: Around) -> bool:
        """Whether `vary` finds anything to ask; cheap, because a limit chooses among those it does.

        A probe without it asks about every sample, or about none.
        """
        ...


@runtime_checkable
class Claiming(Protocol):
    """A probe that reads claims out of answers; they are stored, so that people can audit them."""

    def claims(self, found: Found) -> pl.DataFrame:
        """Columns of `data.schemas.CLAIMS`."""
        ...


class Probe(Protocol):
    """A probe of a judge; `modes` are those it can ask in, `family` its place on a judge's card.

    `options` are the fields of `ProbeConfig` that it reads, with `limit` if its plan does. Two more
    attributes say what a plan must know early: `params` names the decoding parameters that it sets,
    `changes_pictures` is true where any of its variants has `images`.
    """

    name: str
    family: Family
    options: tuple[str, ...]
    modes: tuple[Mode, ...]

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """What to ask about a sample besides its base request."""
        ...

    def estimate(self, found: Found) -> pl.DataFrame:
        """Estimates from the probe's rows and the base rows of the same samples."""
        ...

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """The estimates that stand for the probe on a judge's card."""
        ...
