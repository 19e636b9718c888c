from hypothesis import given
from hypothesis import strategies as st

from data.records import LETTERS, Chosen, Mode, Ranked, Scored
from tasks.presenting import shown_as, to_own
from tasks.verdicts import canonical

orders = st.integers(2, 6).flatmap(lambda k: st.permutations(range(k)))


def test_a_rotation_is_undone_and_not_applied_twice() -> None:
    presented = (1, 2, 0)  # shown A is own B, shown B is own C, shown C is own A
    assert to_own(Ranked(value="CAB"), presented) == Ranked(value="ABC")
    assert shown_as("batch", "ABC", presented) == "CAB"


def test_a_swapped_pair_is_read_in_own_order_and_a_tie_stays() -> None:
    assert to_own(Chosen(value="A"), (1, 0)) == Chosen(value="B")
    assert to_own(Chosen(value="B"), (1, 0)) == Chosen(value="A")
    assert to_own(Chosen(value="C"), (1, 0)) == Chosen(value="C")


def test_a_score_has_no_order() -> None:
    assert to_own(Scored(value=4), (0,)) == Scored(value=4)


@given(orders)
def test_showing_and_reading_back_is_the_identity(presented: list[int]) -> None:
    own = "".join(LETTERS[index] for index in sorted(presented, key=lambda i: (i * 7) % 5))
    shown = shown_as("batch", own, presented)
    assert canonical(to_own(Ranked(value=shown), presented)) == own


@given(st.sampled_from(["A", "B", "C"]), st.permutations(range(2)))
def test_pair_verdicts_survive_any_order(own: str, presented: list[int]) -> None:
    mode: Mode = "pair"
    shown = shown_as(mode, own, presented)
    assert canonical(to_own(Chosen.model_validate({"value": shown}), presented)) == own
