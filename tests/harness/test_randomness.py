"""Random numbers that are the same on every machine."""

from __future__ import annotations

import numpy as np
from sectorbench.harness.randomness import Stream


def test_numbers_of_a_stream_are_the_same_tomorrow():
    # Golden values: raw Philox output, which numpy promises to keep.
    assert Stream("golden", 1).integers(0, 1000, 5).tolist() == [609, 249, 528, 483, 124]
    drawn = Stream("golden", 2).normal(200_000)
    assert abs(drawn.mean()) < 0.01 and abs(drawn.std() - 1) < 0.01
    assert np.abs(drawn).max() < 6


def test_halves_are_uniform_independent_and_never_at_the_ends():
    one, other = Stream("halves").halves(100_000)
    for part in (one, other):
        assert 0 < part.min() < part.max() < 1
        assert abs(part.mean() - 0.5) < 0.005
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.01
    longer, _ = Stream("halves").halves(200_000)
    np.testing.assert_array_equal(longer[:100_000], one)
