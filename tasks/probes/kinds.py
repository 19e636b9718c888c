"""What a probe is: two pure functions, what to ask besides the base request and what it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from pydantic import Field, JsonValue

from data.make.facts import ItemFacts
from data.records import Label, Mode, Record, Sample, Scale
from tasks.config import BootstrapConfig, ProbeConfig
from tasks.prompts.changes import AS_IT_IS, ImageChange, PromptChange

if TYPE_CHECKING:
    import polars as pl


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
    params: dict[str, JsonValue] = Field(default_factory=dict)
    question: str | None = None
    cues: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    told: dict[str, JsonValue] = Field(default_factory=dict)


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

    `texts` has what was answered by request key, for probes that read more than the verdict, and
    `bills` what each answer costs.
    """

    samples: pl.DataFrame
    verdicts: pl.DataFrame
    config: ProbeConfig
    scale: Scale
    bootstrap: BootstrapConfig
    facts: Mapping[str, ItemFacts] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    bills: Mapping[str, Bill] = field(default_factory=dict)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The samples as rows."""
        return self.samples.to_dicts()


Family = Literal["bias", "hallucination", "consistency", "remedy"]


class Probe(Protocol):
    """A probe of a judge; `modes` are those it can ask in.

    `headlines` are the measures that stand for it on the judge's card, under its `family`.
    """

    name: str
    family: Family
    modes: tuple[Mode, ...]
    headlines: tuple[str, ...]

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """What to ask about a sample besides its base request."""
        ...

    def estimate(self, found: Found) -> pl.DataFrame:
        """Estimates from the probe's rows and the base rows of the same samples."""
        ...
