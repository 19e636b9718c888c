"""Doses of simulated judges that no probe knows are refused."""

from pathlib import Path
from typing import Any

import pytest

from data.datasets import load_dataset
from data.errors import ConfigError
from data.layout import DatasetConfig
from data.make.facts import ItemFacts, read_facts
from data.records import ImageRef, Response, Scale
from tasks.config import SETTINGS, ProbeConfig
from tasks.config_file import parse_config
from tasks.doses import KNOWN, require_known_doses
from tasks.probes import PROBES, Around
from tasks.probes.fresh import FreshProbe

OTHER = {"item_id": "other", "facts": [{"type": "presence", "present": ["a dog"], "absent": []}]}
ROOT = Path(__file__).parents[2]


def config(**simulation: Any) -> Any:
    judge = {"name": "sim", "client": "simulated", "simulation": simulation}
    return parse_config({"name": "t", "dataset": {"path": "x"}, "judges": [judge]})


@pytest.mark.parametrize(
    ("dose", "wrong", "right"),
    [
        ("effects", "autority", "authority"), ("acuity", "values", "value"),
        ("defect_blindness", "color", "colour"), ("prompts", "breif", "brief"),
    ],
)  # fmt: skip
def test_a_misspelt_dose_is_refused_with_the_known_ones(dose: str, wrong: str, right: str) -> None:
    require_known_doses(config(**{dose: {right: 0.5}}))
    with pytest.raises(ConfigError) as refused:
        require_known_doses(config(**{dose: {wrong: 0.5}}))
    assert f"judge 'sim': simulation.{dose} has [{wrong!r}]" in str(refused.value)
    assert f"{right!r}" in str(refused.value).partition("known: ")[2]


def test_the_known_effects_and_prompts_are_those_that_variants_have() -> None:
    known = load_dataset(DatasetConfig(path=str(ROOT / "data/demo")), ROOT).samples
    facts = {**read_facts(ROOT / "data/demo"), "other": ItemFacts.model_validate(OTHER)}
    pictures = tuple(ImageRef(path=f"{n}.png", sha256=f"{n}" * 64) for n in (1, 2))
    told = {"images": pictures, "instruction": "What is it?", "item_id": "other"}
    said = {"responses": (Response(author="r", text="It is a dog."),)}
    odd = known[0].model_copy(update=told | said)  # the demo set has nothing like it
    samples = [odd, *known]
    cues, prompts = set(), set()
    for settings in (SETTINGS, SETTINGS[1:]):
        around = Around(ProbeConfig(), Scale(), samples, facts, settings)
        for probe in PROBES.values():
            if isinstance(probe, FreshProbe):
                continue
            for sample in samples:
                if sample.mode in probe.modes:
                    for variant in probe.vary(sample, around):
                        cues |= set(variant.cues)
                        prompts |= {variant.told["prompt"]} if "prompt" in variant.told else set()
    assert cues == set(KNOWN["effects"])
    assert prompts == set(KNOWN["prompts"])
