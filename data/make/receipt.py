"""A till receipt: what was the total, and which line cost most?"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from data.make.canvas import FAINT, HEIGHT, WIDTH, Canvas
from data.make.claims import (
    Claim,
    Ghost,
    Picture,
    Slot,
    by_likeness,
    counted,
    ghost_slots,
    presence,
    wrong_count,
    wrong_number,
)
from data.make.facts import CountFact, DerivedFact, ObjectFact, PictureFact, ReadoutFact
from data.make.words import GROCERIES, SHOPS

_LEFT, _RIGHT, _LINE = 150, WIDTH - 150, 30
_ASKS = (
    "What is the total on this receipt, and which line costs the most? Explain with entries of "
    "the receipt.",
    "How much was spent in this shop and what was the most expensive line? Back the answer "
    "with what the receipt says.",
)
_PRICE = ("{0} cost {1}.", "the line for {0} comes to {1}.", "{1} was charged for {0}.")
_COUNT = ("the quantity of {0} is {1}.", "{1} of {0} were bought.", "for {0} the quantity is {1}.")
_PAID = ("Card", "Cash", "Voucher", "Phone")


@dataclass(frozen=True)
class _Receipt:
    shop: str
    date: str
    names: list[str]
    counts: list[int]
    cents: list[int]  # of a whole line
    paid: str
    absent: list[str]

    @property
    def dearest(self) -> int:
        return self.cents.index(max(self.cents))


def draw(rng: Random, difficulty: float) -> Picture:
    """A receipt with four to six lines, a total and a way of paying."""
    receipt = _receipt(rng)
    png, facts = _drawn(receipt)
    top = receipt.dearest
    slots = (
        Slot("total", "value", _euros(sum(receipt.cents))),
        Slot(f"line-{top}", "name", receipt.names[top]),
        Slot(f"price-{top}", "value", _euros(receipt.cents[top])),
    )
    lead = (
        "the total is {0}, and the most expensive line is {1} at {2}.",
        "{0} was spent in all; {1} cost the most, namely {2}.",
        "the receipt adds up to {0}, of which {1}, the dearest line, makes up {2}.",
    )
    prices = tuple(f"price-{i}" for i in range(len(receipt.names)))
    return Picture(
        png=png,
        instruction=rng.choice(_ASKS),
        answer=f"{slots[0].text}, {slots[1].text}",
        facts=(
            *facts,
            DerivedFact(id="dearest", how="highest", value=receipt.names[top], of=prices),
            presence([_phrase(n) for n in receipt.names], [_phrase(n) for n in receipt.absent]),
        ),
        lead=Claim(lead, slots),
        short=Claim(("{0}; {1}.", "{0}, and {1}.", "total {0}, dearest {1}."), slots),
        sides=_sides(rng, receipt, difficulty),
        ghosts=_ghosts(rng, receipt),
    )


def _receipt(rng: Random) -> _Receipt:
    goods = rng.sample(GROCERIES, rng.choice((4, 5, 6)))
    names = [name for name, _ in goods]
    counts = [rng.choice((1, 1, 2, 2, 3, 4)) for _ in goods]
    cents = [
        count * (price + 10 * rng.randint(-3, 3))
        for count, (_, price) in zip(counts, goods, strict=True)
    ]
    top = cents.index(max(cents))
    cents[top] += 10 * counts[top]  # one line is the dearest, also when two were equal
    date = f"2026-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
    absent = by_likeness([name for name, _ in GROCERIES], names)
    return _Receipt(rng.choice(SHOPS), date, names, counts, cents, rng.choice(_PAID), absent)


def _drawn(receipt: _Receipt) -> tuple[bytes, list[PictureFact]]:
    canvas = Canvas("#dde2e6")
    lines = len(receipt.names)
    height = 250 + lines * _LINE
    top = (HEIGHT - height) / 2
    canvas.rectangle((_LEFT - 24, top, _RIGHT + 24, top + height), "#fffefa", "#c4cacf")
    shop = canvas.text((WIDTH / 2, top + 34), receipt.shop, 22, "mm")
    date = canvas.text((WIDTH / 2, top + 62), receipt.date, 15, "mm", FAINT)
    facts: list[PictureFact] = [
        _read("shop", None, "shop", receipt.shop, receipt.shop, shop),
        _read("date", None, "date", receipt.date, receipt.date, date),
    ]
    y = top + 94
    canvas.dashes(_LEFT, _RIGHT, y)
    for i in range(lines):
        y += _LINE
        facts += _line(canvas, receipt, i, y - 8)
    y += _LINE - 16
    canvas.dashes(_LEFT, _RIGHT, y)
    total = sum(receipt.cents)
    canvas.text((_LEFT, y + 26), "Total", 19)
    box = canvas.text((_RIGHT, y + 26), f"{total / 100:.2f}", 19, "rm")
    facts.append(_read("total", None, "total", total / 100, f"{total / 100:.2f}", box))
    canvas.text((_LEFT, y + 58), "Paid by", 16)
    box = canvas.text((_RIGHT, y + 58), receipt.paid, 16, "rm")
    facts.append(_read("paid", None, "way of paying", receipt.paid, receipt.paid, box))
    canvas.text((WIDTH / 2, y + 96), "All prices in EUR. Thank you!", 14, "mm", FAINT)
    facts.append(CountFact(id="lines", of="lines", value=lines))
    return canvas.png(), facts


def _line(canvas: Canvas, receipt: _Receipt, i: int, y: float) -> list[PictureFact]:
    count, price = receipt.counts[i], receipt.cents[i] / 100
    number = canvas.text((_LEFT, y), f"{count} x", 16)
    canvas.text((_LEFT + 46, y), receipt.names[i], 16)
    box = canvas.text((_RIGHT, y), f"{price:.2f}", 16, "rm")
    whole = (_LEFT, round(y - _LINE / 2), _RIGHT, round(y + _LINE / 2))
    return [
        ObjectFact(id=f"line-{i}", noun="article", name=receipt.names[i], count=count, box=whole),
        _read(f"count-{i}", f"line-{i}", "quantity", count, f"{count} x", number),
        _read(f"price-{i}", f"line-{i}", "price", price, f"{price:.2f}", box),
    ]


def _read(
    key: str,
    of: str | None,
    quantity: str,
    value: float | str,
    text: str,
    box: tuple[int, int, int, int],
) -> ReadoutFact:
    unit = "EUR" if isinstance(value, float) else None
    return ReadoutFact(
        id=key, object=of, quantity=quantity, value=value, unit=unit, text=text, box=box
    )


def _euros(cents: float) -> str:
    return f"{cents / 100:.2f} EUR"


def _phrase(name: str) -> str:
    return f"a line for {name}"


def _sides(rng: Random, receipt: _Receipt, difficulty: float) -> tuple[Claim, ...]:
    claims = []
    highest = receipt.cents[receipt.dearest] - 1  # a wrong price must not contradict the lead
    for i, name in enumerate(receipt.names):
        line, true = Slot(f"line-{i}", "name", name), receipt.cents[i]
        if i != receipt.dearest:
            wrong = _euros(wrong_number(rng, true, difficulty, (20, highest), 10))
            claims.append(
                Claim(_PRICE, (line, Slot(f"price-{i}", "value", _euros(true), wrong, "price")))
            )
        units = counted(receipt.counts[i], "piece")
        false = counted(wrong_count(rng, receipt.counts[i], difficulty), "piece")
        if receipt.counts[i] > 1 and not false.startswith("1 "):
            claims.append(Claim(_COUNT, (line, Slot(f"count-{i}", "value", units, false, "count"))))
    paid = rng.choice([way for way in _PAID if way != receipt.paid]).lower()
    way = Slot("paid", "value", receipt.paid.lower(), paid, "text")
    claims.append(Claim(("it was paid by {0}.", "the customer paid by {0}."), (way,)))
    shops = Slot("shop", "value", receipt.shop, rng.choice(_others(receipt)), "text")
    claims.append(Claim(("the receipt is from {0}.", "{0} issued the receipt."), (shops,)))
    return tuple(claims)


def _others(receipt: _Receipt) -> list[str]:
    return [shop for shop in SHOPS if shop != receipt.shop]


def _ghosts(rng: Random, receipt: _Receipt) -> tuple[Ghost, ...]:
    ghosts = []
    for name in receipt.absent:
        cents = min(10 * rng.randint(9, 60) + 9, receipt.cents[receipt.dearest] - 1)
        claims = (
            Claim(_PRICE, ghost_slots(name, _euros(cents))),
            Claim(_COUNT, ghost_slots(name, counted(rng.randint(2, 4), "piece"))),
        )
        ghosts.append(Ghost("article", name, _phrase(name), claims))
    return tuple(ghosts)
