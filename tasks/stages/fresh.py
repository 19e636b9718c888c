"""Items that probes draw themselves: pictures, samples and facts, kept in the run's folder."""

from __future__ import annotations

from data.records import Sample
from data.samples import samples_table
from tasks.probes import PROBES
from tasks.probes.fresh import FreshProbe
from tasks.stages.context import Context


def draw_fresh(here: Context) -> int:
    """Store `fresh`, its pictures and facts; return how many samples the run's probes have drawn.

    A run keeps what it was started with: resuming or measuring it draws nothing.
    """
    samples: list[Sample] = []
    for name, settings in here.config.probes.items():
        probe = PROBES[name]
        if not isinstance(probe, FreshProbe):
            continue
        facts: list[str] = []
        for picture in probe.fresh(settings, here.config.limit_probes):
            here.run.write_bytes(picture.path, picture.content)
            samples += picture.samples
            facts += [fact.model_dump_json() + "\n" for fact in picture.facts]
        here.run.write_text(f"fresh/{name}/facts.jsonl", "".join(facts))
    if samples:
        here.run.store("fresh", samples_table(samples))
    return len(samples)


def drawn(here: Context) -> frozenset[str]:
    """The sha256 of the pictures that lie in the run's folder and not in the dataset's."""
    return frozenset(image.sha256 for sample in here.fresh() for image in sample.images)
