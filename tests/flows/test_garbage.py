import gc

import pytest

from flows.garbage import rarely_collecting


def test_the_collector_is_as_before_after_a_run_however_it_ends() -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    with pytest.raises(ValueError, match="ends"), rarely_collecting():
        assert gc.get_threshold() != before[0]
        assert gc.get_freeze_count() > before[1]
        raise ValueError("ends")
    assert (gc.get_threshold(), gc.get_freeze_count()) == before
