from collections.abc import Sequence
from typing import Any

from data.schemas import DIFFERENCES, ESTIMATES, VERDICTS
from data.tables import table
from tasks.report.card import cards
from tasks.report.card_markdown import markdown
from tasks.report.card_records import Card

RUN = {
    "run_id": "r1", "started": "2026-01-01", "level": 0.95, "dataset": {"name": "d"},
    "judges": [{"name": "j", "model": "m", "simulated": True, "role": "judge"}],
}  # fmt: skip
SAID = [{"judge": "j", "status": s, "mode": "pair"} for s in ("chosen", "unparsed")]
ARMS = ["worse", "a|b <script>\n# x", *map(str, range(40))]
HEADLINES = {"bandwagon": ("bias", {("pair", arm, "effect") for arm in ARMS})}


def estimate(**changes: Any) -> dict[str, Any]:
    row = {
        "judge": "j", "mode": "pair", "setting": "s", "metric": "effect", "group": "pooled",
        "probe": "bandwagon", "arm": "worse", "value": 0.2, "low": 0.1, "high": 0.3, "level": 0.95,
        "method": "m", "n": 50, "n_missing": 0, "clusters": 50, "clustered": True,
        "repeat_rule": "r",
    }  # fmt: skip
    return row | changes


def card(
    *rows: dict[str, Any],
    differences: tuple[dict[str, Any], ...] = (),
    said: Sequence[dict[str, Any]] = SAID,
) -> Card:
    tables = {
        "estimates": table(rows, ESTIMATES),
        "differences": table(differences, DIFFERENCES),
        "verdicts": table(said, VERDICTS),
    }
    (made,) = cards(RUN, tables, HEADLINES, {"pair": "accuracy"}, {"j": {"pair": 1.5}})  # type: ignore[arg-type]
    return made


def test_an_effect_is_seen_where_its_interval_leaves_out_zero() -> None:
    made = card(estimate(), estimate(metric="excess_change", value=0.07))
    (found,) = made.findings
    assert (found.words, found.excess) == ("seen", 0.07)
    (found,) = card(estimate(low=-0.1)).findings
    assert found.words == "not seen; at most 0.300 either way"
    (found,) = card(estimate(clusters=4)).findings
    assert found.words == "4 images are too few to say"
    (found,) = card(estimate(value=None, low=None, high=None, note="not defined: none")).findings
    assert found.words == "not defined: none"


def test_one_of_many_that_is_barely_seen_is_not_called_seen() -> None:
    nothing = [estimate(arm=str(n), value=0.0, low=-0.1, high=0.1) for n in range(40)]
    barely = estimate(value=0.11, low=0.01, high=0.21)
    assert card(barely).findings[0].words == "seen"
    assert card(barely, *nothing).findings[0].words.startswith("seen alone")
    strong = estimate(value=0.5, low=0.4, high=0.6)
    assert card(strong, *nothing).findings[0].words == "seen"


def test_a_judge_stands_beside_the_best_baseline() -> None:
    ahead = {
        "judge": "j",
        "setting": "s",
        "mode": "pair",
        "other": "baseline:constant",
        "primary": True,
        "metric": "accuracy",
        "value": 0.01,
        "low": -0.05,
        "high": 0.07,
        "n": 50,
        "share_lost": 0.0,
    }
    rows = [
        estimate(probe=None, arm=None, metric="accuracy", value=0.5, low=0.4, high=0.6),
        estimate(probe=None, arm=None, metric="accuracy", value=0.49, judge="baseline:constant"),
    ]  # fmt: skip
    (trust,) = card(*rows, differences=(ahead,)).trust
    assert (trust.baseline, trust.baseline_value, trust.ahead) == ("constant", 0.49, 0.01)
    assert trust.words == "not told apart from the best baseline, which needs no judge"


def test_a_card_says_simulated_price_and_what_was_not_readable() -> None:
    text = markdown(card(estimate()))
    assert "# j (simulated: it looks at no picture)" in text
    assert "50.0% of its base answers" in text
    assert "1,000 judgements (pair): 1.50 USD" in text


def test_hostile_text_stays_text() -> None:
    text = markdown(card(estimate(arm="a|b <script>\n# x")))
    assert "a\\|b \\<script\\> \\# x" in text


def test_a_card_survives_its_json() -> None:
    made = card(estimate())
    assert Card.model_validate_json(made.model_dump_json()) == made


def test_missing_verdicts_that_could_be_an_effect_are_no_absence_of_one() -> None:
    few = {"n": 30, "n_missing": 70, "clusters": 30}
    nothing = estimate(value=0, low=-0.05, high=0.05, bound_low=-0.7, bound_high=0.8, **few)
    (found,) = card(nothing).findings
    assert found.words == (
        "not seen in what was answered; 70 of 100 missing, -0.700 to 0.800 if all were known"
    )
    (found,) = card(estimate(bound_low=-0.7, bound_high=0.8, **few)).findings
    assert found.words == (
        "seen in what was answered only; 70 of 100 missing, -0.700 to 0.800 if all were known"
    )
    assert (found.n_missing, found.bound_low, found.bound_high) == (70, -0.7, 0.8)
    (found,) = card(estimate(**few)).findings  # without limits
    assert found.words == (
        "seen in what was answered only; 70 of 100 missing, and what they could change is not known"
    )
    text = markdown(card(nothing))
    (found,) = card(estimate(n_missing=1, note="no limits for missing verdicts")).findings
    assert found.words == "seen"  # two in a hundred are little
    (found,) = card(estimate(note="no limits for missing verdicts")).findings
    assert found.words == "seen; some answers missing, and what they could change is not known"
    assert "| n | missing | |" in text
    assert "| 30 | 70 | not seen in what was answered; " in text


def test_missing_verdicts_that_change_nothing_take_nothing_away() -> None:
    few = {"n": 99, "n_missing": 1, "clusters": 99}
    (found,) = card(estimate(bound_low=0.19, bound_high=0.21, **few)).findings
    assert found.words == "seen"
    (found,) = card(estimate(value=0, low=-0.1, bound_low=-0.01, bound_high=0.01, **few)).findings
    assert found.words == "not seen; at most 0.310 either way"  # what is missing at its worst
    (found,) = card(
        estimate(value=0, low=-0.1, bound_low=-0.06, bound_high=0, n_missing=9)
    ).findings
    assert found.words.startswith("not seen in what was answered; 9 of 59 missing")  # inside it
    (found,) = card(estimate(bound_low=0.15, bound_high=0.9, n_missing=9)).findings
    assert found.words == "seen; 9 of 59 missing, 0.150 to 0.900 if all were known"


def test_an_interval_that_missing_verdicts_could_move_over_zero_is_not_simply_seen() -> None:
    (found,) = card(estimate(low=0.01, bound_low=0.185, bound_high=0.215, n_missing=1)).findings
    assert found.words.startswith("seen in what was answered only; 1 of 51 missing")
    (found,) = card(estimate(bound_low=-0.1, bound_high=0.4)).findings  # single draws, no sample
    assert found.words.startswith("seen in what was answered only; some answers missing")


def test_being_ahead_of_a_baseline_is_in_what_was_answered_where_much_is_missing() -> None:
    base = estimate(
        probe=None, arm=None, metric="accuracy", value=0.9, low=0.8, high=1.0, n=30, n_missing=70
    )
    other = {
        "judge": "j", "setting": "s", "mode": "pair", "other": "baseline:constant",
        "primary": True, "metric": "accuracy", "value": 0.4, "low": 0.3, "high": 0.5,
        "bound_low": -0.2, "bound_high": 0.6, "n": 30, "share_lost": 0.7,
    }  # fmt: skip
    (trust,) = card(base, differences=(other,)).trust
    assert trust.words == (
        "better than the best baseline in what was answered; 70 of 100 missing, -0.200 to 0.600 if "
        "all were known"
    )
    (trust,) = card(base | {"value": None, "low": None, "note": "not defined: no variation"}).trust
    assert trust.words == "not defined: no variation"


def test_a_card_says_where_rows_stand_for_images() -> None:
    base = estimate(probe=None, arm=None, metric="accuracy", clustered=False)
    text = markdown(card(base, estimate(clustered=False, low=0.15)))
    assert "0.100 to 0.300 (unclustered)" in text
    assert "0.150 to 0.300 (unclustered)" in text
    assert "unclustered" not in markdown(card(estimate()))
    (found,) = card(estimate(clusters=4, clustered=False)).findings
    assert found.words == "4 rows are too few to say"


def test_a_judge_that_hardly_ever_says_anything_else_is_told_so_and_another_is_not() -> None:
    def saying(others: int) -> list[dict[str, Any]]:
        row = {"judge": "j", "mode": "pair", "setting": "s", "status": "chosen", "repeat": 0}
        return [row | {"verdict": "B" if at < others else "A"} for at in range(100)]

    still = estimate(value=0, low=-0.1, high=0.1)
    made = card(still, said=saying(5))
    assert made.findings[0].words.endswith("; it says the same about everything")
    assert "**pair, s: it says A about 95 of 100 samples. That it repeats itself" in markdown(made)
    made = card(still, said=saying(6))
    assert (made.cautions, made.findings[0].words) == ((), "not seen; at most 0.100 either way")
    assert card(estimate(), said=saying(0)).findings[0].words == "seen"


def test_change_in_no_direction_is_told_only_where_noise_does_not_explain_it() -> None:
    still = estimate(value=0, low=-0.1, high=0.1)
    (found,) = card(still, estimate(metric="excess_change", value=0.4, low=0.3, high=0.5)).findings
    assert found.words == (
        "not seen; at most 0.100 either way; no direction, but 40% of readable verdicts change "
        "with it beyond repeats"
    )
    (found,) = card(still, estimate(metric="excess_change", value=0.1, low=0.01)).findings
    assert "no direction" not in found.words
    nothing = [
        each
        for n in range(40)
        for each in (
            still | {"arm": str(n)},
            still | {"arm": str(n), "metric": "excess_change"},
        )
    ]
    barely = estimate(metric="excess_change", value=0.13, low=0.03, high=0.23)
    assert "no direction" in card(still, barely).findings[0].words
    assert "no direction" not in card(still, barely, *nothing).findings[0].words
