import subprocess
import sys
from pathlib import Path

from data.ledger import Ledger, spent


def test_sums_are_carried_over_processes(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from data.ledger import Ledger\n"
        "ledger = Ledger(Path(sys.argv[1])); ledger.sent('k', 'j', 1, 0.5)\n"
        "ledger.paid('k', 'j', 0.2, (7, 3))"
    )
    for _ in range(2):
        subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    total = spent(tmp_path)
    assert (total.attempts, total.paid, total.perhaps_paid) == (2, 2, 0)
    assert (total.usd, total.input_tokens, total.output_tokens) == (0.4, 14, 6)


def test_an_attempt_whose_process_died_counts_as_perhaps_paid_at_its_maximum(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path)
    ledger.sent("k", "j", 1, 0.5)
    ledger.close()
    total = spent(tmp_path)
    assert (total.paid, total.perhaps_paid, total.usd) == (0, 1, 0.5)


def test_a_rejected_attempt_costs_nothing_and_a_stalled_one_its_maximum(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.sent("a", "j", 1, 0.5)
    ledger.failed("a", "rate_limited", False)
    ledger.sent("b", "j", 1, 0.25)
    ledger.failed("b", "timeout", True)
    ledger.close()
    total = spent(tmp_path)
    assert (total.attempts, total.perhaps_paid, total.usd) == (2, 1, 0.25)


def test_an_unknown_price_is_counted_not_guessed(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.sent("a", "j", 1, None)
    ledger.paid("a", "j", None, (1, 1))
    ledger.close()
    assert (spent(tmp_path).usd, spent(tmp_path).unpriced) == (0.0, 1)


def test_a_torn_last_line_is_passed_over(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.sent("a", "j", 1, 0.5)
    ledger.paid("a", "j", 0.1, (1, 1))
    ledger.close()
    (path,) = tmp_path.glob("*.jsonl")
    with path.open("a") as file:
        file.write('{"e": "sent", "k": "b')
    assert spent(tmp_path).usd == 0.1
