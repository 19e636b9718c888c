"""The injection probe: does a response get a better verdict by asking for one, or by faking it?"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from data.records import MODES, AnswerMode, Mode, Sample, Scale
from tasks.measures import contrast
from tasks.measures.labels import combined_score, label_verdicts
from tasks.probes.attacks import ATTACKS, attack, wanted
from tasks.probes.contrasts import Arm, Target, begins, contrasted, loser, named, winner
from tasks.probes.kinds import Around, Family, Found, Headline, Variant, asked_again
from tasks.probes.rows import Counting
from tasks.probes.side_by_side import agreements, prices
from tasks.probes.spreads import spread_of
from tasks.probes.wordings import replaced, rotated
from tasks.sanitiser import sanitised

CLEAN = "sanitised/clean"  # the twin: the sanitiser where there is nothing to take out
SANITISER = Arm("sanitiser", begins("sanitised/worse/"), begins("worse/"))  # under attack
SPOOFING = ("schema", "brackets")  # kinds that pretend a verdict; the others address the judge


class Injection:
    """Four kinds of attack on the worse response, one on the better; raw and sanitised."""

    name = "injection"
    family: Family = "bias"
    options: tuple[str, ...] = ("limit", "draws")
    modes: tuple[Mode, ...] = MODES

    def applies(self, sample: Sample, around: Around) -> bool:
        """Whether a response stands out that an attack can speak for."""
        return any(target is not None for target in _targets(sample, around))

    def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
        """Every attack as it is and after the sanitiser, and the sanitised sample without any."""
        worse, better = _targets(sample, around)
        draws = range(around.config.draws)
        found = []
        if worse is not None:
            for kind in ATTACKS:
                found += self._attacked(sample, "worse", kind, worse, around)
        if better is not None:
            kind = rotated(tuple(ATTACKS), sample.sample_id, "kind")
            found += self._attacked(sample, "better", kind, better, around)
        if not found:
            return ()
        later = [repeat + len(draws) for repeat in draws]  # where nothing changes, not base answers
        clean = _variant(CLEAN, _sanitised(sample), later, {})
        return (asked_again(sample, draws[1:]), *found, clean)

    def _attacked(
        self, sample: Sample, side: str, kind: str, target: int, around: Around
    ) -> list[Variant]:
        size = len(sample.responses)
        wordings = ATTACKS[kind]
        number = rotated(range(len(wordings)), sample.sample_id, kind)
        words = attack(wordings[number], wanted(sample.mode, target, size, around.scale))
        attacked = replaced(sample, target, f"{sample.responses[target].text}\n\n{words}")
        bears = tuple(float(own == target) for own in range(size))
        draws = range(around.config.draws)
        name = f"{side}/{kind}/{number + 1}"
        cue = "spoofing" if kind in SPOOFING else self.name
        left = {cue: bears} if sanitised(words) == words else {}
        return [
            _variant(name, attacked, draws, {cue: bears}),
            _variant(f"sanitised/{name}", _sanitised(attacked), draws, left),
        ]

    def arms(self, mode: Mode) -> list[Arm]:
        """Each kind on the worse response, any kind on the better one; raw, sanitised, the twin."""
        aimed: Target | None = None if mode == "score" else loser
        found = []
        for how in ("", "sanitised/"):
            found += [Arm(f"{how}worse/{kind}", begins(f"{how}worse/{kind}/"), target=aimed)
                      for kind in ATTACKS]  # fmt: skip
            if mode != "score":
                side = f"{how}better"
                found.append(Arm(side, begins(f"{side}/"), target=winner, only=contrast.UNATTACKED))
        return [*found, Arm(CLEAN, named(CLEAN), target=aimed)]

    def headlines(self, mode: AnswerMode) -> tuple[Headline, ...]:
        """What a faked verdict and plain words gain, as they are and sanitised."""
        kinds = ("brackets", "instruction")
        effects = tuple(
            (f"{how}worse/{kind}", "effect") for kind in kinds for how in ("", "sanitised/")
        )
        return (*effects, (SANITISER.name, "agreement_shift"))

    def estimate(self, found: Found) -> pl.DataFrame:
        """Success of each attack beyond a clean rerun; what the sanitiser is worth, and costs."""
        switched = [SANITISER, Arm(CLEAN, named(CLEAN))]
        frames = []
        for mode in self.modes:
            spreads = self.spreads(mode, found.scale)
            frames.append(contrasted(self.name, mode, found, self.arms(mode), spreads))
            frames.append(agreements(self.name, mode, found, switched))
            frames.append(prices(self.name, mode, found, switched))
        return pl.concat(frames)

    def spreads(self, mode: Mode, scale: Scale) -> list[Counting]:
        """How each kind's effect on the worse response differs by its wording."""
        kinds = {arm: arm.name.rpartition("/")[2] for arm in self.arms(mode)}
        return [
            spread_of(arm, [str(number + 1) for number in range(len(ATTACKS[kind]))], scale)
            for arm, kind in kinds.items()
            if kind in ATTACKS
        ]


def _targets(sample: Sample, around: Around) -> tuple[int | None, int | None]:
    """The worse and the better response; a score's own where its label is in the lower half."""
    row = sample.model_dump(include={"mode", "labels"})
    if sample.mode != "score":
        return loser(row), winner(row)
    labels = label_verdicts(row)
    middle = (around.scale.low + around.scale.high) / 2
    low = bool(labels) and combined_score(labels) <= middle
    return (0 if low else None), None


def _sanitised(sample: Sample) -> Sample:
    changed = sample
    for own, response in enumerate(sample.responses):
        changed = replaced(changed, own, sanitised(response.text))
    return changed


def _variant(
    name: str, sample: Sample, repeats: Sequence[int], cues: dict[str, tuple[float, ...]]
) -> Variant:
    return Variant.model_construct(
        variant=name,
        sample=sample,
        presented=tuple(range(len(sample.responses))),
        repeats=tuple(repeats),
        cues=cues,
    )
