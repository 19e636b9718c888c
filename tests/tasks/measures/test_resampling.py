"""Ends of intervals are those of a known library, and kept draws are the same draws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.config import BootstrapConfig
from tasks.measures import resampling
from tasks.measures.resampling import Stratum, blocks, quantile


@given(
    st.lists(st.floats(-5, 5), min_size=1, max_size=60),
    st.floats(0, 1),
)
def test_ends_are_numpys_to_the_bit(draws: list[float], share: float) -> None:
    expected = np.quantile(draws, share, method="weibull")
    assert quantile(np.sort(draws), share) == expected


def test_kept_draws_are_what_would_be_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = [
        Stratum(name, np.arange(size), np.arange(size), size, True)
        for name, size in (("s", 30), ("t", 9), ("u", 3))
    ]
    config = BootstrapConfig(replicates=200, seed=5)
    kept = [next(blocks(layers, 4, config)) for _ in range(2)]
    monkeypatch.setattr(resampling, "KEPT_CELLS", 0)
    anew = next(blocks(layers, 4, config))
    for first, second, other in zip(*kept, anew, strict=True):
        assert np.array_equal(first, second)
        assert np.array_equal(first, other)
    assert sum(other.sum() for other in anew) == 200 * 42
