"""The probes whose arms are contrasts, with the cue that a biased judge follows in each.

A line here gives a probe its proofs of coverage and false alarms (`test_recovery.py`) and its row
of the table of doses (`python -m tests.proof.matrix`). Probes of another kind are proved in files
of their own, with the same `recover`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from data.make.facts import ItemFacts
from data.records import MODES, ImageRef, Mode, Sample
from tasks.probes import CUES
from tasks.probes.ablation import Ablation
from tasks.probes.contrasts import Arm
from tasks.probes.cues import Cue
from tasks.probes.image_order import ImageOrder
from tasks.probes.image_place import ImagePlace
from tasks.probes.injection import Injection
from tasks.probes.length import Length
from tasks.probes.letters import Letters
from tasks.probes.markdown import Markdown
from tasks.probes.overlay import Overlay
from tasks.probes.rationale import ARM, Rationale
from tasks.probes.reference_score import ReferenceScore
from tasks.probes.rubric import Rubric
from tasks.probes.score_labels import ScoreLabels
from tasks.probes.transforms import Transforms
from tests.proof.pools import Pool, make_pool, plain_samples

SLOTS = 600
World = tuple[Sequence[Sample], Mapping[str, ItemFacts]]


def with_pictures(mode: Mode, slots: int = SLOTS) -> list[Sample]:
    """Plain samples of two sources with two pictures each, which no other has."""
    found = []
    for at, sample in enumerate(plain_samples(mode, slots, 3)):
        names = [f"{at + slots * nth:064x}" for nth in (1, 2)]
        images = tuple(ImageRef(path=f"{name}.png", sha256=name) for name in names)
        found.append(sample.model_copy(update={"images": images, "source": "st"[at % 2]}))
    return found


def pictured(mode: Mode) -> World:
    """Samples with pictures of which no facts are known."""
    return with_pictures(mode), {}


def without_places(mode: Mode) -> World:
    """Samples with pictures and no word of what is left or right."""
    found = []
    for sample in with_pictures(mode):
        texts = [response.text.replace("left", "still") for response in sample.responses]
        pairs = zip(sample.responses, texts, strict=True)
        said = tuple(response.model_copy(update={"text": text}) for response, text in pairs)
        found.append(sample.model_copy(update={"responses": said}))
    return found, {}


@dataclass(frozen=True)
class Case:
    """A probe in one mode: its arms, and the cue of `Variant.cues` that its dose makes work.

    `headline` is the arm that stands for the probe in the table; `world` gives samples and facts
    where plain texts will not do.
    """

    probe: str
    mode: Mode
    cue: str
    arms: Sequence[Arm]
    headline: str
    world: Callable[[Mode], World] = lambda mode: (plain_samples(mode, SLOTS, 3), {})

    def pool(self) -> Pool:
        """Everything the probe asks about the case's samples."""
        samples, facts = self.world(self.mode)
        return make_pool(self.probe, self.mode, samples, facts)


def cue_case(cue: Cue, mode: Mode) -> Case:
    """A cue without the effects of its single keys, which few samples of a run have."""
    arms = [arm for arm in cue.arms(mode) if not arm.only]
    return Case(cue.name, mode, cue.name, arms, cue.headline(mode))


def few(mode: Mode) -> World:
    """Fewer samples, for a probe that asks much about each."""
    return plain_samples(mode, 150, 3), {}


def items_of_two(mode: Mode) -> World:
    """Samples of which two and two are of one item."""
    plain = plain_samples(mode, 200)
    paired = [one.model_copy(update={"item_id": f"i{at // 2}"}) for at, one in enumerate(plain)]
    return paired, {}


CASES: tuple[Case, ...] = (
    Case("length", "score", "length", Length().arms("score"), "own/preamble"),
    Case("length", "pair", "length", Length().arms("pair"), "worse/preamble"),
    Case("length", "batch", "length", Length().arms("batch"), "worse/preamble"),
    *(cue_case(cue, mode) for cue in CUES for mode in MODES),
    Case("markdown", "score", "markdown", Markdown().arms("score"), "own/rendered-plain"),
    Case("markdown", "pair", "markdown", Markdown().arms("pair"), "worse/rendered-plain"),
    Case("markdown", "batch", "markdown", Markdown().arms("batch"), "worse/rendered-plain"),
    Case("ablation", "score", "blank", Ablation().arms("score"), "black", pictured),
    Case("ablation", "pair", "blank", Ablation().arms("pair"), "black", pictured),
    *(
        Case("overlay", mode, "drawn-instruction", Overlay().arms(mode), "instruction/16", pictured)
        for mode in Overlay.modes
    ),
    Case("image-order", "score", "image-order", ImageOrder().arms("score"), "turned", pictured),
    Case("image-place", "score", "image-first", ImagePlace().arms("score"), "first", pictured),
    Case("rubric", "score", "descending", Rubric().arms("score"), "descending"),
    Case("score-labels", "score", "grades", ScoreLabels().arms("score"), "grades"),
    Case("reference-score", "score", "reference-score", ReferenceScore().arms("score"),
         "score-5", items_of_two),
    Case("letters", "pair", "exchanged", Letters().arms("pair"), "exchanged"),
    *(Case("injection", mode, "injection", Injection().arms(mode), "worse/instruction", few)
      for mode in MODES),
    Case("rationale", "score", "evidence", Rationale().arms("score"), ARM, pictured),
)  # fmt: skip
# the same in the modes that are proved apart, in `test_further.py`
FURTHER: tuple[Case, ...] = tuple(
    case
    for mode in ("pair", "batch")
    for case in (
        Case("image-order", mode, "image-order", ImageOrder().arms(mode), "turned", without_places),
        Case("image-place", mode, "image-first", ImagePlace().arms(mode), "first", pictured),
        Case("rationale", mode, "evidence", Rationale().arms(mode), ARM, pictured),
    )
)
# in the table of doses only; proved in `test_imagery.py`, because it has 17 arms
LONG: tuple[Case, ...] = (
    Case("transforms", "score", "jpeg", Transforms().arms("score"), "jpeg/10", pictured),
)
