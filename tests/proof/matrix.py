"""The table of probes and doses in `docs/probes.md`: `python -m tests.proof.matrix`.

Each cell is the mean of a probe's headline over simulated runs of a judge with one dose. Away from
its own dose a probe should show nothing; where it does, the two are confounded,
and the page says so.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.proof import judges
from tests.proof.cases import CASES, LONG, Case
from tests.proof.recovery import Judge, recover

PAGE = Path(__file__).parents[2] / "docs/probes.md"
BEGIN, END = "<!-- matrix -->", "<!-- end of matrix -->"
RUNS, SIZE, DOSE = 100, 200, 0.3


def doses() -> dict[str, Judge]:
    """A judge for each dose: none, longer texts, the first place, noise, and every cue."""
    plain: Judge = judges.follows({})
    cues = dict.fromkeys(case.cue for case in (*CASES, *LONG))
    return {
        "none": plain,
        "longer texts": judges.lengthy(DOSE),
        "first place": judges.first_come(DOSE),
        "uneven noise": judges.unevenly_noisy(plain),
        **{cue: judges.follows({cue: DOSE}) for cue in cues if cue != "length"},
    }


def table() -> str:
    """The Markdown table; headlines beyond three standard errors of their mean are bold."""
    columns = doses()
    lines = [
        f"| probe, mode, arm | {' | '.join(columns)} |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for case in (*CASES, *LONG):
        cells = [_cell(case, judge) for judge in columns.values()]
        lines.append(f"| {case.probe}, {case.mode}, {case.headline} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(case: Case, judge: Judge) -> str:
    found = recover(case.pool(), judge, RUNS, SIZE, replicates=100)
    metric = "effect" if (case.headline, "effect") in found.runs else "excess_change"
    values = found.runs[case.headline, metric][:, 0]
    mean, error = float(values.mean()), float(values.std()) / len(values) ** 0.5
    text = f"{mean:+.3f}"
    return f"**{text}**" if abs(mean) > 3 * error else text


def main() -> None:
    """Write the table into the page."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}", encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")


if __name__ == "__main__":
    main()
