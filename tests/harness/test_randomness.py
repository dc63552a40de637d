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


def test_pairs_are_the_two_halves_of_a_raw_integer():
    raw, pairs = Stream("pairs").raw(1000), Stream("pairs").pairs(1000)
    np.testing.assert_array_equal(pairs[:, 0], raw & np.uint64(0xFFFFFFFF))
    np.testing.assert_array_equal(pairs[:, 1], raw >> np.uint64(32))
    assert abs(np.corrcoef(Stream("pairs").pairs(100_000).T)[0, 1]) < 0.01
