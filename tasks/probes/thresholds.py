"""The thresholds probe: how large must an error be for the judge to see it?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import polars as pl
from pydantic import JsonValue

from data.make.graded import DIMENSIONS, graded_picture
from data.make.graded.kinds import Doubt, DoubtFact, GradedPicture
from data.records import AnswerMode, ImageRef, Label, Mode, Response, Sample
from tasks.config import ProbeConfig
from tasks.probes.fresh import FreshPicture, fresh_id
from tasks.probes.kinds import Around, Family, Found, Headline, Variant
from tasks.probes.threshold_estimates import estimates
from tasks.prompts.changes import PromptChange

PICTURES = 20  # of each dimension, where no limit is set
ORDERS = {"shown": (0, 1), "turned": (1, 0)}
BLIND = PromptChange(steps="no-figure")


class Thresholds:
    """Pairs of statements about drawn pictures, one right and one wrong by a known dose.

    Every pair is asked in both orders. The twin of a dose is dose 0, two wordings of the truth;
    the twin of the picture is the largest dose without it.
    """

    name = "thresholds"
    family: Family = "hallucination"
    options: tuple[str, ...] = ("limit", "seed")
    modes: tuple[Mode, ...] = ("pair",)

    def fresh(self, settings: ProbeConfig, most: int | None) -> Iterator[FreshPicture]:
        """So many pictures of each dimension, a smaller number being part of a larger one."""
        limits = [settings.limit or PICTURES, *([] if most is None else [most])]
        for number in range(min(limits)):
            for dimension in DIMENSIONS:
                yield _drawn(self.name, dimension, number, settings.seed)

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """The pair in both orders, at the largest dose also without the picture."""
        dimension, dose = dose_of(sample)
        told: dict[str, JsonValue] = {"dimension": dimension, "dose": dose}
        asked = [(f"{dimension}/{dose:g}", PromptChange())]
        if dose == DIMENSIONS[dimension].doses[-1]:
            asked.append((f"{dimension}/blind", BLIND))
        return tuple(
            Variant.model_construct(
                variant=f"{arm}/{order}",
                sample=sample,
                presented=presented,
                repeats=(0,),
                prompt=prompt,
                told=dict(told),
            )
            for arm, prompt in asked
            for order, presented in ORDERS.items()
        )

    def estimate(self, found: Found) -> pl.DataFrame:
        """The threshold of every dimension, the curve it comes from, and the twins."""
        return estimates(self.name, found)

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """The threshold of every dimension."""
        return tuple((dimension, "threshold_75") for dimension in DIMENSIONS)


def dose_of(sample: Sample) -> tuple[str, float]:
    """Dimension and dose of a drawn sample, from its id."""
    dimension, _, dose = sample.sample_id.rpartition("/")[2].split("-")
    return dimension, float(dose)


def _drawn(probe: str, dimension: str, number: int, seed: int) -> FreshPicture:
    picture = graded_picture(dimension, number, seed)
    key = f"{dimension}-{number:03}"
    sha256 = hashlib.sha256(picture.png).hexdigest()
    image = ImageRef(path=f"fresh/{probe}/{key}.png", sha256=sha256)
    unit = DIMENSIONS[dimension].unit
    return FreshPicture(
        path=image.path,
        content=picture.png,
        samples=tuple(
            _sample(probe, key, image, doubt, dose, number)
            for doubt, dose in _asked(picture, number)
        ),
        facts=tuple(
            DoubtFact(
                item_id=key,
                dimension=dimension,
                dose=doubt.dose,
                unit=unit,
                truth=doubt.truth,
                error=doubt.error,
                box=doubt.box,
            )
            for doubt in picture.doubts
        ),
    )


def _asked(picture: GradedPicture, number: int) -> list[tuple[Doubt, float]]:
    """Every doubt with its dose, and one of them, in turn, with none."""
    twin = picture.doubts[number % len(picture.doubts)]
    return [(twin, 0.0), *((doubt, doubt.dose) for doubt in picture.doubts)]


def _sample(
    probe: str, key: str, image: ImageRef, doubt: Doubt, dose: float, number: int
) -> Sample:
    """The right statement first in own order; at dose 0 the same in another wording."""
    right = doubt.statement(doubt.truth, number)
    wrong = (
        doubt.statement(doubt.error, number) if dose else doubt.statement(doubt.truth, number + 1)
    )
    return Sample(
        sample_id=fresh_id(probe, "pair", f"{key}-{dose:g}"),
        item_id=f"{probe}-{key}",
        cluster_id=image.sha256,
        mode="pair",
        source=key.partition("-")[0],
        instruction=doubt.instruction,
        images=(image,),
        responses=(Response(author="first", text=right), Response(author="second", text=wrong)),
        labels=(
            Label(annotator="construction", verdict="A" if dose else "C", origin="construction"),
        ),
    )
