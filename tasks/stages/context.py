"""What a run's folder says about the run: configuration, seats, prompts, prices."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from cache.location import is_shared
from data.make.facts import FACTS, ItemFacts, read_facts
from data.records import ImageRef, Scale
from data.run_folder import RunFolder
from data.samples import Samples
from data.schemas import SAMPLES
from data.tables import table
from tasks.combining import combined_of
from tasks.config import ProbeConfig, RunConfig
from tasks.config_file import load_config
from tasks.engine_room import everybody
from tasks.judge_config import AnthropicJudge, Judge, OpenAIJudge
from tasks.judges import Seat, seat
from tasks.prices import PriceList, load_price_list
from tasks.prompts import PromptSet

IN_A_BATCH = 50_000  # requests, the most that OpenAI takes


@dataclass(frozen=True)
class Context:
    """The unchanging part of a run, read from its folder."""

    run: RunFolder
    config: RunConfig
    prices: PriceList
    prompts: PromptSet
    seats: dict[str, Seat]

    @property
    def scale(self) -> Scale:
        """The dataset's scale, as its loader found it."""
        return Scale.model_validate(self.run.facts()["dataset"]["scale"])

    @property
    def describer_of(self) -> dict[str, str]:
        """Who describes images for each judge: the configured describer, or the judge itself."""
        describer = self.config.describer
        judges = (*self.config.judges, *(cascade.strong for cascade in self.config.cascades))
        return {j.name: describer.name if describer else j.name for j in judges}

    def shard_size(self, judge: str) -> int:
        """How many requests of a judge run as one task: what a batch may hold, else as set."""
        return IN_A_BATCH if self.seats[judge].batched else self.config.shard_size

    @property
    def night(self) -> str:
        """The date (UTC) the run was begun on; its anchors are asked in the epoch of that name."""
        facts = self.run.facts()
        return str(facts.get("night") or facts["started"][:10])

    def samples(self) -> Samples:
        """The samples of the run."""
        return Samples(self.run.table("samples"))

    def fresh(self) -> Samples:
        """The samples that the run's probes have drawn."""
        return Samples(self.run.table("fresh") if self.run.has("fresh") else table([], SAMPLES))

    def facts(self) -> Mapping[str, ItemFacts]:
        """What is known of each item's picture; empty where the dataset does not say."""
        return read_facts(self.run.path) if (self.run.path / FACTS).exists() else {}

    def audits(self, probe: str) -> list[dict[str, Any]]:
        """What people say of the judgements that a probe looks at; empty without a table."""
        name = audits_of(probe)
        known: list[dict[str, Any]] = []
        return json.loads(self.run.text(name)) if (self.run.path / name).exists() else known

    def images(self) -> dict[str, ImageRef]:
        """The images that will be sent, by the sha256 of their files."""
        blind = set(self.config.settings) <= {"no-figure"}
        if blind and not (self.config.responders or self.config.probes):
            return {}
        names = ("anchors", "samples", "fresh")  # an image of the dataset is taken from there
        tables = [self.run.table(name) for name in names if self.run.has(name)]
        every = pl.concat([frame.select("images") for frame in tables])
        shown = every.select(pl.col("images").explode()).drop_nulls()
        found = (ImageRef.model_validate(row["images"]) for row in shown.iter_rows(named=True))
        return {image.sha256: image for image in found}


def audits_of(probe: str) -> str:
    """The file in which a run keeps the audits of a probe."""
    return f"audits-{probe}.json"


def context(path: str | Path) -> Context:
    """The context of the run at `path`; read anew when a resume has raised a limit."""
    run = RunFolder.open(Path(path))
    return _context(str(run.path), run.file("config.yaml").stat().st_mtime_ns)


@functools.lru_cache(maxsize=4)
def _context(path: str, changed_ns: int) -> Context:
    run = RunFolder.open(Path(path))
    config = load_config(run.path / "config.yaml")
    prices = load_price_list(run.path / "providers.yaml")
    prompts = PromptSet.load(run.path / "prompts")
    return Context(run, config, prices, prompts, seats_of(config, prices))


def seats_of(config: RunConfig, prices: PriceList) -> dict[str, Seat]:
    """The seat of everybody who is asked anything, by name."""
    return {judge.name: seat(judge, prices) for judge in everybody(config)}


def resolved(config: RunConfig, base: Path) -> RunConfig:
    """The configuration with every path absolute: inputs from `base`, outputs from here."""
    dataset = config.dataset.model_copy(
        update={
            "path": _absolute(config.dataset.path, base),
            "join": tuple(
                join.model_copy(update={"path": _absolute(join.path, base)})
                for join in config.dataset.join
            ),
        }
    )
    update: dict[str, Any] = {
        "dataset": dataset,
        "judges": tuple(_judge(judge, base) for judge in config.judges),
        "responders": tuple(_judge(judge, base) for judge in config.responders),
        "describer": config.describer and _judge(config.describer, base),
        "verifier": config.verifier and _judge(config.verifier, base),
        "cascades": tuple(
            cascade.model_copy(update={"strong": _judge(cascade.strong, base)})
            for cascade in config.cascades
        ),
        "probes": {name: _probe(probe, base) for name, probe in config.probes.items()},
        "prompts": None if config.prompts is None else _absolute(config.prompts, base),
        "anchors": config.anchors
        and config.anchors.model_copy(update={"path": _absolute(config.anchors.path, base)}),
        "cache": config.cache if is_shared(config.cache) else str(Path(config.cache).resolve()),
        "runs": str(Path(config.runs).resolve()),
    }
    return config.model_copy(update=update)


def describe_judges(config: RunConfig, seats: Mapping[str, Seat]) -> list[dict[str, Any]]:
    """What a reader must know about each judge: model, endpoint, whether it is simulated."""
    asked: list[dict[str, Any]] = [
        {
            "name": name,
            "client": judge.client,
            "model": seats[name].model,
            "endpoint": seats[name].endpoint,
            "simulated": _is_simulated(judge),
            "baseline": False,
            "price_known": seats[name].free or seats[name].price is not None,
            "role": "judge" if name in {j.name for j in config.judges} else "helper",
        }
        for name, judge in ((judge.name, judge) for judge in everybody(config))
    ]
    return [*asked, *_combined(config, {one["name"]: one for one in asked})]


def _combined(
    config: RunConfig, asked: Mapping[str, Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """What a reader must know of each judge that is made of others."""
    for name, parts in combined_of(config).items():
        of = [asked[part] for part in parts]
        yield {
            "name": name,
            "client": "combined",
            "model": " > ".join(one["model"] for one in of),
            "endpoint": "",
            "simulated": any(one["simulated"] for one in of),
            "baseline": False,
            "price_known": all(one["price_known"] for one in of),
            "role": "judge",
            "parts": list(parts),
        }


def config_text(config: RunConfig) -> str:
    """The configuration as YAML (JSON is YAML) for the run folder."""
    return json.dumps(config.model_dump(mode="json"), indent=2) + "\n"


def _judge(judge: Judge, base: Path) -> Judge:
    if isinstance(judge, OpenAIJudge | AnthropicJudge) or not hasattr(judge, "path"):
        return judge
    return judge.model_copy(update={"path": _absolute(judge.path, base)})


def _probe(probe: ProbeConfig, base: Path) -> ProbeConfig:
    if probe.audits is None:
        return probe
    return probe.model_copy(update={"audits": _absolute(probe.audits, base)})


def _is_simulated(judge: Judge) -> bool:
    original = getattr(judge, "of", None)
    return judge.client == "simulated" or getattr(original, "client", None) == "simulated"


def _absolute(path: str, base: Path) -> str:
    return str((base / path).resolve())
