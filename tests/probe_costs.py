"""The table "What each probe costs" of `docs/probes.md`; `python -m tests.probe_costs` writes it.

Calls per sample and judge come from a quote of the bundled full configuration on the demo set, with
`LIMIT` samples per probe and mode; dollars from one of a made set of 300 items at the
configuration's own limits. A request that probes share counts for each of them among the calls,
and is paid in the first of them.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from data.make import make_dataset
from data.records import MODES
from flows.cli import main as judgeflow
from tasks.probes import PROBES

PAGE = Path(__file__).parents[1] / "docs" / "probes.md"
CONFIG = Path(__file__).parents[1] / "deployments" / "configs" / "full.yaml"
BEGIN, END = "<!-- costs -->", "<!-- end of costs -->"
LIMIT, ITEMS = 20, 300
MADE = {"items": ITEMS, "difficulty": "medium", "seed": 7, "name": "made"}
Line = Mapping[str, Any]


def quoted(*changes: str) -> list[Line]:
    """The lines of a quote of the full configuration with keys changed."""
    words = ["plan", str(CONFIG), "--json"]
    for change in changes:
        words += ["--set", change]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        judgeflow(words)
    lines: list[Line] = json.loads(said.getvalue())["lines"]
    return lines


def table(few: Iterable[Line], many: Iterable[Line]) -> str:
    """The Markdown table: calls per sample by mode from `few`, requests and USD from `many`."""
    titles = ["probe", *MODES, "`ask`", "`verify`, at most", f"requests, {ITEMS} items", "USD"]
    rows = ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
    few, many = list(few), list(many)
    for probe in (None, *PROBES):
        own = [line for line in few if line["probe"] == probe]
        cells = [_calls(own, mode, "judge", LIMIT) for mode in MODES] if probe else ["1"] * 3
        cells += [_calls(own, "ask", "ask", LIMIT), _calls(own, "ask", "verify", 3 * LIMIT)]
        paid = [line for line in many if line["probe"] == probe]
        sent = sum(line["requests"] - line["shared"] for line in paid)
        usd = sum(line["expected_usd"] for line in paid)
        name = "(base)" if probe is None else f"`{probe}`"
        rows.append(f"| {name} | {' | '.join(cells)} | {sent:,} | {usd:.2f} |")
    sent = sum(line["requests"] - line["shared"] for line in many)
    blank = " |" * (len(MODES) + 2)
    rows.append(f"| all |{blank} {sent:,} | {sum(x['expected_usd'] for x in many):.2f} |")
    return "\n".join(rows)


def _calls(lines: Iterable[Line], mode: str, purpose: str, samples: int) -> str:
    """Calls per sample that is asked about; empty where there are none."""
    own = [line for line in lines if (line["mode"], line["purpose"]) == (mode, purpose)]
    if not own:
        return ""
    return f"{sum(line['requests'] for line in own) / samples:.3g}"


def main() -> None:
    """Write the table into the page."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "made"
        make_dataset(made, **MADE)  # type: ignore[arg-type]
        cache = f"cache={folder}/cache"
        rows = table(quoted(cache, f"limit_probes={LIMIT}"), quoted(cache, f"dataset.path={made}"))
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{rows}\n{END}{after}", encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")


if __name__ == "__main__":
    main()
