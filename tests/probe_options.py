"""The table of each probe's options in `docs/configuration.md`; run as a program it writes it.

A probe says which options it reads; `read_by` finds it out, so that a test can hold both together:
its settings are watched while it draws items, varies samples of the demo set, and estimates from a
table without verdicts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from data.datasets import load_dataset
from data.layout import DatasetConfig
from data.make.facts import read_facts
from data.records import Sample, Scale
from data.samples import samples_table
from data.schemas import VERDICTS
from data.tables import table
from tasks.config import BootstrapConfig, ProbeConfig
from tasks.probes import PROBES, Around, Found, Probe
from tasks.probes.fresh import FreshProbe

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "configuration.md"
BEGIN, END = "<!-- options -->\n", "<!-- end of options -->"
OPTIONS = tuple(ProbeConfig.model_fields)


class Watched(ProbeConfig):
    """Settings that tell which of them are read."""

    def __getattribute__(self, name: str) -> Any:
        if name in OPTIONS:
            object.__getattribute__(self, "__dict__").setdefault("_read", set()).add(name)
        return super().__getattribute__(name)


class Audits(tuple[Mapping[str, Any], ...]):
    """Audits that tell whether anybody looks."""

    read = False

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        type(self).read = True
        return super().__iter__()


def read_by(probe: Probe) -> tuple[str, ...]:
    """The options that a probe reads, in the order of the configuration."""
    settings = Watched()
    samples = _samples()
    facts = read_facts(ROOT / "data/demo")
    around = Around(settings, Scale(), samples, facts)
    asked: list[Sample] = [sample for sample in samples if sample.mode in probe.modes]
    limited = False
    if isinstance(probe, FreshProbe):
        asked = [sample for each in probe.fresh(settings, 1) for sample in each.samples]
    for sample in asked:
        limited |= bool(probe.vary(sample, around))
    Audits.read = False
    probe.estimate(
        Found(
            samples_table(samples), table([], VERDICTS), settings, Scale(),
            BootstrapConfig(replicates=100), facts, audits=Audits(),
        )
    )  # fmt: skip
    read = set(settings.__dict__.get("_read", ()))
    read |= {"audits"} if Audits.read else set()
    read |= {"limit"} if limited else set()  # which the plan reads
    return tuple(name for name in OPTIONS if name in read)


def _samples() -> list[Sample]:
    """Everything about two items, one of them with a second picture."""
    every = load_dataset(DatasetConfig(path="data/demo"), ROOT).samples
    one, two = list(dict.fromkeys(sample.item_id for sample in every))[:2]
    second = every[0].images[0].model_copy(update={"sha256": "0" * 64})
    return [
        sample.model_copy(update={"images": (*sample.images, second), "instruction": "?"})
        if sample.item_id == two
        else sample
        for sample in every
        if sample.item_id in (one, two)
    ]


def rows() -> str:
    """The table in Markdown."""
    lines = ["| probe | family | modes | options |", "|---|---|---|---|"]
    for name, probe in PROBES.items():
        read = ", ".join(f"`{option}`" for option in probe.options) or "none"
        lines.append(f"| `{name}` | {probe.family} | {', '.join(probe.modes)} | {read} |")
    return "\n".join(lines) + "\n"


def page(text: str) -> str:
    """The page with its table as the code has it."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}{rows()}{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
