from typing import Any

from data.tables import DIFFERENCES, ESTIMATES, VERDICTS, table
from tasks.report.card import cards
from tasks.report.card_markdown import markdown
from tasks.report.card_records import Card

RUN = {
    "run_id": "r1", "started": "2026-01-01", "level": 0.95, "dataset": {"name": "d"},
    "judges": [{"name": "j", "model": "m", "simulated": True, "role": "judge"}],
}  # fmt: skip
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


def card(*rows: dict[str, Any], differences: tuple[dict[str, Any], ...] = ()) -> Card:
    said = [{"judge": "j", "status": s, "mode": "pair"} for s in ("chosen", "unparsed")]
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
