"""The last stages: verdicts, estimates, the report and the run's summary."""

from __future__ import annotations

import re
from typing import Any

import polars as pl

from data.errors import DataError
from data.history import read_history
from data.ledger import spent
from data.made_judges import MADE, VERSION
from data.records import MODES, READABLE, AnswerMode
from data.row_rules import one_line
from data.run_folder import RunFolder
from data.schemas import VERDICTS
from tasks import versions
from tasks.anchors import PROBE as ANCHORS
from tasks.baselines import baseline_verdicts
from tasks.combining import combined_verdicts, judging, waiting
from tasks.fingerprints import parser_fingerprint
from tasks.measures import PARTS, better, definitions, paired_differences, primary
from tasks.measures.memo import remembering
from tasks.panels import panel_verdicts
from tasks.probes import PROBES, Found, claims_of, estimate_probes
from tasks.probes.fresh import FreshProbe, rows_of_probe
from tasks.probes.kinds import Family
from tasks.report import ReportInputs, write_report
from tasks.report.card import Heading, cards
from tasks.report.card_markdown import markdown
from tasks.report.card_records import Card
from tasks.stages.answered import Bills, Texts
from tasks.stages.context import Context
from tasks.stages.drifting import drift_of
from tasks.stages.history import root_of
from tasks.stages.money import usd_per_1000
from tasks.verdicts import verdicts

UNMEASURED = ("instruction", "images")


def collect_verdicts(here: Context) -> dict[str, int]:
    """Store `answers` and `verdicts`, also of combined judges, panels and baselines.

    Returns how many of those who were asked have each status.
    """
    answers = here.run.answers().unique("request_key", keep="last", maintain_order=True)
    here.run.store("answers", answers)
    judged = verdicts(here.run.table("plan"), answers, here.scale)
    samples = here.run.table("samples", without=UNMEASURED)
    baselines = baseline_verdicts(samples, here.config.bootstrap.seed)
    combined = combined_verdicts(here.config, judged)
    reported = model_versions(here)
    split = reported if here.config.split_versions else {}
    made = (combined, versions.split_verdicts(judged, answers, split))
    nobody = (panel_verdicts(judged), baselines)
    rows = [each.select(list(VERDICTS)) for each in (judged, *made, *nobody)]
    here.run.store("verdicts", pl.concat(rows))
    counts = {str(status): int(n) for status, n in judged["status"].value_counts().iter_rows()}
    known = here.run.facts().get("fingerprints", {})
    here.run.note(
        counts=_counts(here, counts, waiting(combined)),
        judges=versions.described(here.run.facts()["judges"], split),
        model_versions=reported | {name: [of[1]] for name, of in versions.mixed(split).items()},
        without=did_without(here),
        fingerprints={**known, "parser": parser_fingerprint()},
    )
    return counts


def measure(here: Context) -> pl.DataFrame:
    """Store `estimates` of base rows, baselines and probes, and `differences`; return the first."""
    samples = here.run.table("samples", without=UNMEASURED)
    unread = ("raw_verdict", "reason", *(() if here.config.probes else ("request_key",)))
    judged = here.run.table("verdicts", without=unread)
    resampling = here.config.bootstrap
    with remembering():
        frames = [part(samples, judged, resampling) for part in PARTS]
        if here.config.probes:
            found = _found(here, samples, judged)
            frames.append(estimate_probes(found))
            claims = claims_of(found)
            if claims.height:
                here.run.store("claims", claims)
        differences = paired_differences(samples, judged, resampling)
    estimates = pl.concat(frames)
    here.run.store("estimates", estimates)
    here.run.store("differences", differences)
    here.run.note(**_primaries(here, estimates))
    return estimates


def _primaries(here: Context, estimates: pl.DataFrame) -> dict[str, Any]:
    """The primary measure of each mode that was measured, and every judge's figure in it."""
    base = estimates.filter(pl.col("probe").is_null() & (pl.col("group") == "pooled"))
    split = pl.col("judge").str.starts_with(VERSION)
    measured = {mode: name for mode, name in primary().items() if mode in set(base["mode"])}
    rows = base.filter(
        pl.col("metric").is_in(list(measured.values()))
        & (pl.col("judge").is_in(judging(here.config)) | split)
        & pl.col("setting").is_in([here.config.settings[0], "recorded"])
    )
    return {
        "primary": measured,
        "headlines": rows.select("judge", "mode", "metric", "value").to_dicts(),
    }


def _found(here: Context, samples: pl.DataFrame, judged: pl.DataFrame) -> dict[str, Found]:
    """What each configured probe's estimates stand on."""
    facts, scale, texts = here.facts(), here.scale, Texts(here.run)
    bills = Bills(here)
    found = {}
    for name, settings in here.config.probes.items():
        own = samples
        if isinstance(PROBES[name], FreshProbe):
            own = rows_of_probe(here.fresh().frame, name)
        found[name] = Found(
            own,
            judged,
            settings,
            scale,
            here.config.bootstrap,
            facts,
            texts,
            here.audits(name),
            bills,
        )
    return found


def report(here: Context, checkpoints: list[dict[str, Any]]) -> str:
    """Write `report.html` from the run's tables; return its path."""
    run = here.run
    path = run.path / "report.html"
    inputs = ReportInputs(
        run=run.facts(),
        config_yaml=run.text("config.yaml"),
        prompts=here.prompts.files,
        samples=run.table("samples"),
        verdicts=run.table("verdicts"),
        estimates=run.table("estimates"),
        differences=run.table("differences"),
        rejected=run.table("rejected"),
        checkpoints=checkpoints,
        primary=primary(),
        better=better(),
        definitions=definitions(),
        cards=judge_cards(here),
        headlines={name: headings for name, (_, headings) in _headlines().items()},
        comparison=run.table("comparison") if run.has("comparison") else None,
        history=_history(run),
        drift=drift_of(run),
    )
    write_report(path, inputs)
    for card in inputs.cards:
        name = file_name(card.judge)
        run.write_text(f"cards/{name}.md", markdown(card))
        run.write_text(f"cards/{name}.json", card.model_dump_json(indent=1))
    return str(path)


def file_name(judge: str) -> str:
    """A judge's name as a file's; a colon is no part of one everywhere, and endpoints name models.

    >>> file_name("version:j@org/model")
    'version=j@org%2Fmodel'
    """
    return re.sub(r"[^\w.@=-]", lambda odd: f"%{ord(odd[0]):02X}", judge.replace(":", "="))[:200]


def _history(run: RunFolder) -> pl.DataFrame | None:
    """The history beside a run; a page does without one that cannot be read."""
    try:
        return read_history(root_of(run))
    except DataError:
        return None


def judge_cards(here: Context) -> list[Card]:
    """A card for every judge of the run."""
    tables = {name: here.run.table(name) for name in ("estimates", "differences", "verdicts")}
    return cards(here.run.facts(), tables, _headlines(), primary(), usd_per_1000(here))


def _headlines() -> dict[str, tuple[Family, set[Heading]]]:
    """The family of each probe, and the estimates that stand for it."""
    modes: tuple[AnswerMode, ...] = (*MODES, "ask")
    return {
        name: (probe.family, {(mode, *head) for mode in modes for head in probe.headlines(mode)})
        for name, probe in PROBES.items()
    }


def coverage(here: Context) -> dict[str, float]:
    """Share of readable verdicts among the base rows of each judge."""
    judged = here.run.table("verdicts").filter(
        pl.col("probe").is_null()
        & ~pl.col("judge").str.contains(MADE)
        & ~pl.col("judge").str.starts_with(VERSION)
    )
    shares = judged.group_by("judge", maintain_order=True).agg(
        pl.col("status").is_in(READABLE).mean().alias("share")
    )
    return {str(judge): float(share) for judge, share in shares.iter_rows()}


def why_open(here: Context) -> str:
    """Why requests have no answer: how often each kind of failure, and one message."""
    answers = here.run.table("answers").filter(pl.col("status") == "open")
    if answers.is_empty():
        return "not asked"
    counts = answers["failure"].value_counts(sort=True).rows()
    kinds = ", ".join(f"{kind} {count}" for kind, count in counts)
    return f"{kinds}; such as: {one_line(str(answers['message'].drop_nulls().first()))}"


def model_versions(here: Context) -> dict[str, list[str]]:
    """The model versions each judge's endpoint reported in the run's epoch, not in its anchors'."""
    own = (pl.col("purpose") == "judge") & pl.col("probe").ne_missing(ANCHORS)
    plan = here.run.table("plan").filter(own)
    asked = plan.select("judge", "request_key").unique()
    reported = asked.join(
        here.run.table("answers").select("request_key", "model"), on="request_key"
    ).drop_nulls("model")
    found = reported.group_by("judge").agg(pl.col("model").unique().sort()).sort("judge")
    return {str(judge): list(models) for judge, models in found.iter_rows()}


def did_without(here: Context) -> dict[str, dict[str, int]]:
    """How many answers of each judge had to do without what their requests asked for."""
    answers = here.run.table("answers").select("judge", pl.col("without").alias("extra"))
    counted = answers.explode("extra").drop_nulls().group_by("judge", "extra").len()
    found: dict[str, dict[str, int]] = {}
    for judge, extra, count in counted.sort("judge", "extra").iter_rows():
        found.setdefault(judge, {})[extra] = count
    return found


def _counts(here: Context, by_status: dict[str, int], waits: int) -> dict[str, Any]:
    answers, plan = here.run.table("answers"), here.run.table("plan")
    paid = spent(here.run.path / "ledger")
    asked = plan["request_key"].drop_nulls().n_unique()
    return {
        "planned": asked,
        "rows": plan.height,
        "cached": int(answers.filter(pl.col("status") == "answered")["cached"].sum()),
        "sent": paid.attempts,
        "paid": paid.paid,
        "perhaps_paid": paid.perhaps_paid,
        "failed": int((answers["status"] == "failed").sum()),
        "open": waits + asked - int(answers["status"].is_in(["answered", "failed"]).sum()),
        "unparsed": by_status.get("unparsed", 0),
        "refused": by_status.get("refused", 0),
        "verdicts": {status: by_status[status] for status in sorted(by_status)},
    }
