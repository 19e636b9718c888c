"""The first stages: make the run folder, load the samples, prepare the images."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from cache.location import is_shared
from cache.opening import promised
from data import schemas, tables
from data.anchors import read_card
from data.datasets import load_dataset, sample_limit, tolerated
from data.errors import DataError, HostError
from data.image_store import ImageStore
from data.make.facts import FACTS, read_facts
from data.marks import read_marks
from data.records import ImageRef, RejectedRow, Sample
from data.run_folder import RunFolder
from data.samples import Samples, samples_table
from tasks import cautions
from tasks.anchors.planning import anchor_variants
from tasks.config import RunConfig
from tasks.config_file import config_sha256
from tasks.doses import require_known_doses
from tasks.fingerprints import (
    commit,
    config_fingerprints,
    prompt_fingerprints,
    versions,
)
from tasks.gate.baseline import require_baseline
from tasks.gate.items import dataset_sha256, fingerprints
from tasks.images import Wanted, prepare_all
from tasks.prices import load_price_list
from tasks.probe_options import require_probes
from tasks.probe_plan import changing_pictures, not_asked, probed_variants
from tasks.probes import Variant
from tasks.prompts import PromptSet
from tasks.prompts.changes import OMITTED, change_key
from tasks.stages.anchors import anchors_of, frozen, keep_anchors
from tasks.stages.context import (
    Context,
    audits_of,
    config_text,
    describe_judges,
    resolved,
    seats_of,
)
from tasks.stages.fresh import draw_fresh, drawn


def create_run(
    config: RunConfig, base: Path, prices: Path, path: Path, night: str | None = None
) -> RunFolder:
    """A new run folder that holds all that decides the run; `base` resolves relative paths.

    `night` is the date that its anchors are asked on, today (UTC) by default.

    Raises:
        ConfigError: prompts, probes or judges are wrong.
        DataError, HostError: the folder is taken or cannot be written; there are no anchors.
    """
    require_probes(config)
    meaning, parts = config_sha256(config), config_fingerprints(config)
    config = resolved(config, base)
    require_known_doses(config)
    if config.anchors is not None:
        read_card(Path(config.anchors.path))
    prompts = PromptSet.load(None if config.prompts is None else Path(config.prompts))
    seats = seats_of(config, load_price_list(prices))
    _require_writable(config.image_folder if is_shared(config.cache) else Path(config.cache))
    require_baseline(config.gate.against, path.parent)
    files = {f"prompts/{name}": text for name, text in prompts.files.items()}
    files["providers.yaml"] = prices.read_text(encoding="utf-8")
    files["config.yaml"] = config_text(config)
    return RunFolder.create(
        path,
        files,
        name=config.name,
        night=night or dt.datetime.now(dt.UTC).date().isoformat(),
        status="running",
        judges=describe_judges(config, seats),
        settings=list(config.settings),
        modes=list(config.modes),
        not_asked=not_asked(config, seats),
        sanitise=config.sanitise,
        config_sha256=meaning,
        cautions=cautions.of_config(config),
        prompts_sha256=prompts.sha256,
        fingerprints={"config": parts, "prompts": prompt_fingerprints(prompts.files)},
        epoch=config.epoch,
        cache=promised(config.cache),
        commit=commit(),
        versions=versions(),
        seed=config.bootstrap.seed,
        level=config.bootstrap.level,
        replicates=config.bootstrap.replicates,
    )


def load_samples(here: Context) -> dict[str, Any]:
    """Store `samples` and `rejected`; a resumed run keeps those it started with."""
    run, config = here.run, here.config
    if "dataset" in run.facts():
        return dict(run.facts()["dataset"])
    loaded = load_dataset(config.dataset, Path("/"))
    every = samples_table(loaded.samples)
    samples: Sequence[Sample] = Samples(every.filter(pl.col("mode").is_in(config.modes)))
    if config.limit is not None:
        samples = sample_limit(samples, config.limit)
    if not samples:
        raise DataError(f"dataset {loaded.name!r} has no samples in modes {config.modes!r}")
    frame = samples_table(samples)
    run.store("samples", frame)
    run.store("rejected", tables.rejected_table(loaded.rejected))
    _keep_facts(here, loaded.root)
    if config.dataset.format != "table":
        draw_fresh(here)
    _keep_audits(here, frame["sample_id"])
    labels = frame["labels"].explode().struct.field("origin")
    origins = sorted(labels.drop_nulls().unique())
    facts = {
        "name": loaded.name,
        "rows": loaded.rows,
        "samples": len(samples),
        "rejected": len(loaded.rejected),
        "licence": loaded.licence_note,
        "label_origin": "+".join(origins) or None,
        "scale": loaded.scale.model_dump(),
        "root": str(loaded.root),
        "texts": config.dataset.format != "table",
        "limit": config.limit,
        "sha256": dataset_sha256(fingerprints(frame)),
    }
    known = run.facts()["cautions"]
    run.note(dataset=facts, cautions=[*known, *cautions.of_authors(config, _authors(frame))])
    keep_anchors(here)
    return facts


def _authors(samples: pl.DataFrame) -> set[str]:
    """Who wrote the samples' responses."""
    return set(samples["responses"].explode().struct.field("author").drop_nulls())


def prepare_images(here: Context) -> dict[str, int]:
    """Store `images`: every image as each judge's endpoint will see it.

    Samples whose image cannot be used are set aside under the dataset's rule for bad rows.

    Raises:
        DataError: too many images cannot be used; nothing is sent then.
    """
    references = here.images()
    wanted = _wanted(here, references) if references else []
    places = _places(here)
    root = Path(here.run.facts()["dataset"]["root"])
    parts = [
        (place, [want for want in wanted if places.get(want[0].sha256, root) == place])
        for place in dict.fromkeys([root, *places.values()])
    ]
    store = ImageStore(here.config.image_folder)
    rows: list[dict[str, Any]] = []
    refused: dict[str, str] = {}
    for limits in sorted({seat.limits for seat in here.seats.values()}) if references else ():
        for folder, some in parts:
            prepared, bad = prepare_all(some, folder, here.prices.limits_of(limits), store)
            rows += [image.model_dump() for image in prepared]
            refused |= {image.sha256: f"for {limits}: {reason}" for image, reason in bad}
    if refused:
        _set_aside(here, here.samples(), refused)
    here.run.store("images", tables.table(rows, schemas.IMAGES))
    return {"images": len(references), "prepared": len(rows), "refused": len(refused)}


def prepare_images_again(here: Context) -> dict[str, int]:
    """Prepare the images of a run anew, such as those that were lost from the store.

    Raises:
        DataError: what is planned to be sent would be another image by now.
    """
    before = here.run.table("images") if here.run.has("images") else None
    counts = prepare_images(here)
    columns = ["source_sha256", "limits", "change", "sha256"]
    if before is None or not here.run.facts().get("planned"):
        return counts
    other = before.join(here.run.table("images"), on=columns, how="anti", nulls_equal=True)
    if other.height:
        here.run.store("images", before)
        raise DataError(
            f"{other.height} images would be sent as other bytes than this run has planned, such "
            f"as that of {other['path'][0]!r}; start a new run for them"
        )
    return counts


def _wanted(here: Context, references: Mapping[str, ImageRef]) -> list[Wanted]:
    """Every image as it is, and as the configured probes change it."""
    wanted: dict[tuple[str, str], Wanted] = {(i.sha256, ""): (i, ()) for i in references.values()}
    asked: list[Variant] = []
    changing = changing_pictures(here.config)
    if changing.probes:
        samples = [sample for sample in here.samples() if sample.responses]
        found = probed_variants(changing, samples, here.scale, here.facts(), here.fresh())
        asked += [ask for _, ask in found]
    if anchors := anchors_of(here):
        asked += anchor_variants(anchors, here.scale)
    for ask in asked:
        if not any(change.do == OMITTED for change in ask.images):
            key = change_key(ask.images)
            for image in ask.sample.images:
                shown = references.get(image.sha256, image)
                wanted.setdefault((image.sha256, key), (shown, ask.images))
    return list(wanted.values())


def _places(here: Context) -> dict[str, Path]:
    """Where pictures lie that are not the dataset's: by their sha256, the run's or the anchors'."""
    places: dict[str, Path] = {}
    if samples := frozen(here):
        root = Path(here.run.facts()["anchors"]["root"])
        shown = here.run.table("samples")["images"].explode().struct.field("sha256")
        own, every = set(shown), {image.sha256 for s in samples for image in s.images}
        places = dict.fromkeys(every - own, root)
    return places | dict.fromkeys(drawn(here), here.run.path)


def _keep_facts(here: Context, root: Path) -> None:
    """Copy what the dataset says of its pictures, so that probes can be measured again."""
    if here.config.probes and (root / FACTS).is_file():
        read_facts(root)
        here.run.write_text(FACTS, (root / FACTS).read_text(encoding="utf-8"))


def _keep_audits(here: Context, samples: pl.Series) -> None:
    """Copy what people say of judgements, so that the run can be measured again."""
    for name, probe in here.config.probes.items():
        if probe.audits is None:
            continue
        marks = read_marks(Path(probe.audits))
        if not {mark["sample"] for mark in marks} & set(samples):
            raise DataError(
                f"probe {name!r}: no sample of {probe.audits!r} is in the run, the first is "
                f"{marks[0]['sample']!r}; the run's begin with {samples[0]!r}"
            )
        here.run.write_text(audits_of(name), json.dumps(marks))


def _set_aside(here: Context, samples: Sequence[Sample], refused: Mapping[str, str]) -> None:
    """Move samples with a refused image to `rejected`, or stop where they are too many."""
    bad = {s.sample_id: i for s in samples for i in s.images if i.sha256 in refused}
    rule = here.config.dataset
    kept_for_good = {i.sha256 for s in frozen(here) for i in s.images}
    if not bad or kept_for_good & set(refused):
        what = "a picture of the anchors or of a probe's own cannot be sent"
        raise DataError(f"{what} {min(refused.values())}")
    first = next(iter(bad.values()))
    what = f"{len(bad)} of {len(samples)} samples show an image that cannot be used, first "
    what += f"{first.path!r}: {refused[first.sha256]}"
    if not tolerated(rule, len(bad), len(samples)):
        raise DataError(f"{what}; mend the images or raise dataset.max_bad_share")
    rejected = [
        RejectedRow(file=image.path, line=0, reason=refused[image.sha256], excerpt=sample_id)
        for sample_id, image in bad.items()
    ]
    known = here.run.table("rejected")
    here.run.store("rejected", known.vstack(tables.rejected_table(rejected)).unique())
    kept = [sample for sample in samples if sample.sample_id not in bad]
    here.run.store("samples", samples_table(kept))
    dataset = here.run.facts()["dataset"]
    here.run.note(dataset={**dataset, "samples": len(kept), "rejected": len(known) + len(bad)})


def _require_writable(cache: Path) -> None:
    try:
        cache.mkdir(parents=True, exist_ok=True)
        probe = cache / f".writable-{os.getpid()}"
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        raise HostError(
            f"cache folder {str(cache)!r} cannot be written: {error.strerror}; free space, make "
            "it writable, or name another folder as `cache`"
        ) from error
