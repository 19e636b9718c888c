"""The ablation probe: does the verdict depend on the picture at all?"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence

import polars as pl

from data.records import AnswerMode, Mode, Sample
from tasks.blankness import says_blank
from tasks.measures import imagery, said_blank
from tasks.probes.contrasts import Arm, Row, begins, contrasted, named
from tasks.probes.kinds import Around, Family, Found, Headline, Variant, asked_again
from tasks.probes.pictures import pictured
from tasks.probes.rows import Cell, Counted, Counting, counted
from tasks.probes.swaps import Swap, cluster_of
from tasks.prompts.changes import AS_IT_IS, OMITTED, ImageChange, PromptChange

BLANKS: Mapping[str, tuple[ImageChange, ...]] = {
    "omitted": (ImageChange(do=OMITTED),),
    "black": (ImageChange(do="black"),),
    "grey": (ImageChange(do="grey"),),
    "noise": (ImageChange(do="noise"),),
}
TOLD, MISMATCHED, FOREIGN = "told", "mismatched", "foreign"
BLIND = PromptChange(steps="no-figure")
GONE = (imagery.LOST, imagery.LIFT, *imagery.DEVIATION)


class Ablation:
    """The same question without its picture, with a blank one, and with that of another item."""

    name = "ablation"
    family: Family = "hallucination"
    options: tuple[str, ...] = ("limit", "draws")
    modes: tuple[Mode, ...] = ("score", "pair")
    changes_pictures = True

    def applies(self, sample: Sample, around: Around) -> bool:
        """Whether there is a picture."""
        return bool(sample.images)

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """No picture, untold and told; black, grey and noise; another item's picture."""
        if not self.applies(sample, around):
            return ()
        draws = tuple(range(around.config.draws))
        again = tuple(range(len(draws), 2 * len(draws)))  # an arm may be the base itself
        asked = [asked_again(sample, draws[1:])]
        asked += [_blank(sample, name, again, images=images) for name, images in BLANKS.items()]
        asked.append(_blank(sample, TOLD, again, prompt=BLIND))
        cluster = cluster_of(sample)
        for name, partners in ((MISMATCHED, around.swaps.same), (FOREIGN, around.swaps.other)):
            if cluster in partners:
                asked.append(_mismatched(sample, name, again, partners[cluster]))
        return tuple(asked)

    def arms(self, mode: Mode) -> list[Arm]:
        """No picture and blank ones, then those of other items."""
        gone = [Arm(name, named(name)) for name in (*BLANKS, TOLD)]
        return [*gone, *(Arm(name, begins(f"{name}/")) for name in (MISMATCHED, FOREIGN))]

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """What the judge owes to its picture: without it, with a black one, with another's."""
        return (
            ("omitted", "agreement_lost"),
            ("black", "agreement_lost"),
            (MISMATCHED, "mismatch_auc"),
        )

    def estimate(self, found: Found) -> pl.DataFrame:
        """What is lost without the picture, and whether another one costs points."""
        views = {name: _regrouped(found, self.name, name) for name in (MISMATCHED, FOREIGN)}
        frames = []
        for mode in self.modes:
            *gone, mismatched, foreign = self.arms(mode)
            frames.append(contrasted(self.name, mode, found, gone))
            frames.append(pictured(self.name, mode, found, gone, GONE))
            frames.append(counted(self.name, mode, found, self._said(found, gone)))
            for arm in (mismatched, foreign):
                view = views[arm.name]
                frames.append(contrasted(self.name, mode, view, [arm]))
                frames.append(pictured(self.name, mode, view, [arm], (*GONE, imagery.AUC)))
        return pl.concat(frames)

    def _said(self, found: Found, arms: Sequence[Arm]) -> list[Counting]:
        """Whether answers say that nothing is to be seen, where the prompt does not say so too."""
        says = dict[str, bool]()
        return [
            Counting(_saying(found.texts, says, arm), said_blank.MEASURES, arm.name)
            for arm in arms
            if arm.name != TOLD
        ]


def _saying(
    texts: Mapping[str, str], says: dict[str, bool], arm: Arm
) -> Callable[[Row, Sequence[Cell]], Counted]:
    """What a sample's answers say with an arm's picture and with its own; `says` remembers them."""

    def said(cells: Iterable[Cell]) -> list[bool]:
        keys = [cell.request_key for cell in cells if cell.request_key in texts]
        says.update({key: says_blank(texts[key]) for key in keys if key and key not in says})
        return [says[key] for key in keys if key]

    def features(row: Row, cells: Sequence[Cell]) -> Counted:
        sides = [[c for c in cells if belongs(c.variant)] for belongs in (arm.treated, arm.control)]
        if not all(sides):
            return Counted(None, asked=False)
        blank, own = map(said, sides)
        if not blank or not own:
            return Counted(None, answered=False)
        return Counted(said_blank.features(blank, own))

    return features


def _blank(
    sample: Sample,
    name: str,
    draws: tuple[int, ...],
    images: tuple[ImageChange, ...] = (),
    prompt: PromptChange = AS_IT_IS,
) -> Variant:
    size = len(sample.responses)
    return Variant.model_construct(
        variant=name,
        sample=sample,
        presented=tuple(range(size)),
        repeats=draws,
        images=images,
        prompt=prompt,
        cues={"blank": (1.0,) * size},
        told={"picture": "blank"},
    )


def _mismatched(sample: Sample, name: str, draws: tuple[int, ...], swap: Swap) -> Variant:
    """The group's name stands in the variant's, so that groups can be resampled."""
    size = len(sample.responses)
    return Variant.model_construct(
        variant=f"{name}/{swap.group}",
        sample=sample.model_copy(update={"images": swap.images}),
        presented=tuple(range(size)),
        repeats=draws,
        cues={"mismatch": (1.0,) * size},
        told={"picture": "other"},
    )


def _regrouped(found: Found, probe: str, arm: str) -> Found:
    """What was found, with the pictures that changed places as one cluster.

    A group across sources belongs to none, so that its samples are resampled together.
    """
    asked = pl.col("variant").str.strip_prefix(f"{arm}/")
    mine = (pl.col("probe") == probe) & pl.col("variant").str.starts_with(f"{arm}/")
    groups = found.verdicts.filter(mine).select("sample_id", asked.alias("group")).unique()
    group = pl.when(pl.col("cluster_id").is_not_null()).then("group")
    source = pl.lit(None, pl.String) if arm == FOREIGN else pl.col("source")
    samples = found.samples.join(groups, on="sample_id", how="left", maintain_order="left")
    samples = samples.with_columns(
        pl.coalesce(group, "cluster_id").alias("cluster_id"), source.alias("source")
    )
    return dataclasses.replace(found, samples=samples.drop("group"))
