"""A judge card as a Markdown page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tasks.report.card import TITLES
from tasks.report.card_records import Card, Finding, Trust
from tasks.report.words import span


def markdown(card: Card) -> str:
    """The card as a Markdown page."""
    kind = " (simulated: it looks at no picture)" if card.simulated else ""
    lines = [
        f"# {_plain(card.judge)}{kind}",
        "",
        f"Model {_plain(card.model)}; run {_plain(card.run)} of {card.started}, dataset "
        f"{_plain(card.dataset)}, labels: {card.labels}. Intervals hold {card.level:.0%}.",
        *(line for caution in card.cautions for line in ("", f"**{_plain(caution)}.**")),
        "",
        "## What it can be trusted with",
        "",
        "| mode | setting | measure | value | interval | n | missing | best baseline | |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in card.trust:
        best = "–" if row.baseline is None else f"{row.baseline} {_number(row.baseline_value)}"
        lines.append(
            f"| {row.mode} | {row.setting} | {row.metric} | {_number(row.value)} | {_span(row)} "
            f"| {row.n} | {row.n_missing} | {best} | {_plain(row.words)} |"
        )
    for family, title in TITLES.items():
        lines += _section(title, [each for each in card.findings if each.family == family])
    return "\n".join([*lines, "", *_foot(card), ""])


def _section(title: str, findings: Sequence[Finding]) -> list[str]:
    if not findings:
        return []
    head = [
        "",
        f"## {title}",
        "",
        "| probe | arm | mode | measure | value | interval | changed beyond noise | n | missing "
        "| |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    rows = [
        f"| {row.probe} | {_plain(row.arm or '')} | {row.mode} | {row.metric} "
        f"| {_number(row.value)} | {_span(row)} | {_number(row.excess)} | {row.n} "
        f"| {row.n_missing} | {_plain(row.words)} |"
        for row in findings
    ]
    return head + rows


def _foot(card: Card) -> Iterator[str]:
    if card.unreadable is not None:
        yield f"{card.unreadable:.1%} of its base answers held no readable verdict."
    for mode, usd in card.usd_per_1000.items():
        price = "of unknown price" if usd is None else f"{usd:.2f} USD at listed prices"
        yield f"1,000 judgements ({mode}): {price}."


def _span(row: Trust | Finding) -> str:
    shown = span(row.low, row.high)
    return shown if row.clustered or shown == "–" else f"{shown} (unclustered)"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _plain(text: str) -> str:
    """Text from the data that cannot break out of a table or start markup."""
    flat = " ".join(text.split())
    for mark in "\\|*_`<>[]#":
        flat = flat.replace(mark, f"\\{mark}")
    return flat
