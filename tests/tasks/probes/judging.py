"""Labelled samples and a judge of known doses, for tests of probes."""

from __future__ import annotations

import random
from collections.abc import Mapping

from data.records import LETTERS, Label, Response, Sample
from tasks.probes import Variant
from tests.tasks.probes.verdict_tables import Judge

TEXT = "The bar of Marden is the highest. It is green. It stands at 84."


def labelled(mode: str, number: int, text: str = TEXT) -> Sample:
    """A sample with a label of its own."""
    size = {"score": 1, "pair": 2, "batch": 4}[mode]
    rng = random.Random(number)
    letters = rng.sample(LETTERS[:size], size)
    verdict = {"score": str(rng.randint(2, 4)), "pair": letters[0]}.get(mode, "".join(letters))
    return Sample(
        sample_id=f"d/{mode}/{number}", item_id=f"i{number}", cluster_id=f"c{number}",
        mode=mode, source=None, instruction="Which is the highest?",
        responses=tuple(Response(author=f"r{own}", text=text) for own in range(size)),
        labels=(Label(annotator="x", verdict=verdict),),
    )  # fmt: skip


def dosed(doses: Mapping[str, float], right: float = 0.6) -> Judge:
    """A judge who is often right and whom cues move: by points, or with a probability."""

    def said(variant: Variant, rng: random.Random) -> str:
        label = variant.sample.labels[0].verdict
        pulls = [(doses.get(cue, 0.0), borne) for cue, borne in variant.cues.items()]
        if variant.sample.mode == "score":
            points = sum(dose * borne[0] for dose, borne in pulls)
            score = int(label) if rng.random() < right else rng.randint(2, 4)
            return str(score + int(points // 1) + (rng.random() < points % 1))
        size = len(variant.sample.responses)
        for dose, borne in pulls:
            if max(borne) > min(borne) and rng.random() < dose:
                taken = LETTERS[borne.index(max(borne))]
                rest = [letter for letter in LETTERS[:size] if letter != taken]
                return taken if size == 2 else "".join([taken, *rng.sample(rest, size - 1)])
        if rng.random() < right:
            return label
        return rng.choice("ABC") if size == 2 else "".join(rng.sample(LETTERS[:size], size))

    return said
