"""What probes ask about is chosen before anything is varied."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from data.datasets import load_dataset, sample_limit
from data.layout import DatasetConfig
from data.make.facts import ItemFacts, read_facts
from data.records import ImageRef, Label, Response, Sample, Scale
from tasks.config_file import parse_config
from tasks.probe_plan import changing_pictures, probed_variants
from tasks.probes import PROBES, Around, Variant
from tasks.probes.fresh import FreshProbe
from tasks.probes.kinds import Choosy

ROOT = Path(__file__).parents[2]
FROM_ITEMS = [name for name, probe in PROBES.items() if not isinstance(probe, FreshProbe)]
LABELS: dict[str, tuple[str | None, ...]] = {
    "score": ("2", "5", None), "pair": ("A", "C", None), "batch": ("BACD", "A=BC=D", None)
}  # fmt: skip


def odd(mode: Any, verdict: str | None, pictures: int, text: str) -> Sample:
    """A sample of what is seldom: no label, a tie, no picture or two, one sentence, equal texts."""
    size = {"score": 1, "pair": 2, "batch": 4}[mode]
    tail = [".", " So it is.", " Or is it?", " Yes."] if len(text) > 1 else [""] * 4
    name = f"{mode}-{verdict}-{pictures}-{len(text)}"
    return Sample(
        sample_id=f"odd/{mode}/{name}", item_id=name, cluster_id=name, mode=mode, source="odd",
        instruction="What is it?",
        images=tuple(ImageRef(path=f"{n}.png", sha256=f"{n}" * 64) for n in range(pictures)),
        responses=tuple(Response(author=f"r{n}", text=text + tail[n]) for n in range(size)),
        labels=() if verdict is None else (Label(annotator="x", verdict=verdict),),
    )  # fmt: skip


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    """Some of the demo set's samples and all the odd ones."""
    known = load_dataset(DatasetConfig(path=str(ROOT / "data/demo")), ROOT).samples
    return sample_limit(known, 60) + [
        odd(mode, verdict, pictures, text)
        for mode, verdicts in LABELS.items()
        for verdict in verdicts
        for pictures in (0, 1, 2)
        for text in ("x", "It is a dog")
    ]


@pytest.fixture(scope="module")
def facts() -> dict[str, ItemFacts]:
    return dict(read_facts(ROOT / "data/demo"))


def config(probe: str, **changes: Any) -> Any:
    return parse_config(
        {"name": "t", "dataset": {"path": "x"}, "judges": [{"name": "s", "client": "simulated"}],
         "probes": {probe: {}}} | changes
    )  # fmt: skip


def varied(probe: str, sample: Sample, around: Around) -> list[Variant]:
    found = PROBES[probe].vary(sample, around)
    return [v for v in found if v.question is None or around.settings != ("no-figure",)]


@pytest.mark.parametrize("setting", ["analyze", "no-figure"])
@pytest.mark.parametrize("probe", FROM_ITEMS)
def test_a_probe_applies_to_the_samples_that_it_varies(
    probe: str, setting: str, samples: Sequence[Sample], facts: dict[str, ItemFacts]
) -> None:
    own = config(probe, settings=[setting])
    around = Around(own.probes[probe], Scale(), samples, facts, own.settings)
    mine = [sample for sample in samples if sample.mode in PROBES[probe].modes]
    asks = [bool(varied(probe, sample, around)) for sample in mine]
    chosen = PROBES[probe]
    if isinstance(chosen, Choosy):
        assert [chosen.applies(sample, around) for sample in mine] == asks
    else:
        assert all(asks) or not any(asks)


@pytest.mark.parametrize("probe", FROM_ITEMS)
def test_a_limit_chooses_among_what_can_be_asked(
    probe: str, samples: Sequence[Sample], facts: dict[str, ItemFacts]
) -> None:
    own = config(probe, limit_probes=5)
    around = Around(own.probes[probe], Scale(), samples, facts, own.settings)
    found = [each.ask for each in probed_variants(own, samples, Scale(), facts)]
    expected = []
    for mode in PROBES[probe].modes:
        asked = {s.sample_id: varied(probe, s, around) for s in samples if s.mode == mode}
        able = [s for s in samples if asked.get(s.sample_id)]
        expected += [v for s in sample_limit(able, 5) for v in asked[s.sample_id]]
    assert found == expected


def test_nothing_is_varied_for_samples_that_the_limit_leaves_out(
    monkeypatch: pytest.MonkeyPatch, samples: Sequence[Sample], facts: dict[str, ItemFacts]
) -> None:
    asked: list[str] = []

    class Counting:
        name, modes = "counting", ("score",)

        def vary(self, sample: Sample, around: Around) -> tuple[Variant, ...]:
            asked.append(sample.sample_id)
            return (Variant(variant="x", sample=sample, presented=(0,)),)

    monkeypatch.setitem(PROBES, "counting", Counting())
    found = list(probed_variants(config("counting", limit_probes=3), samples, Scale(), facts))
    assert len(found) == len(asked) == 3


@pytest.mark.parametrize("probe", FROM_ITEMS)
def test_probes_that_change_pictures_say_so(
    probe: str, samples: Sequence[Sample], facts: dict[str, ItemFacts]
) -> None:
    own = config(probe)
    changes = any(each.ask.images for each in probed_variants(own, samples, Scale(), facts))
    assert bool(changing_pictures(own).probes) == changes
