"""Random numbers that are the same on every machine."""

from __future__ import annotations

import numpy as np
from sectorbench.harness.randomness import Stream, wave


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


def test_a_wave_is_exact_at_its_quarters_and_near_a_sine_between():
    assert wave(np.array([0.0, 0.25, 0.5, 0.75, 1.0, -0.25])).tolist() == [0.0, -1.0, 0.0, 1.0, 0.0, 1.0]
    phase = np.linspace(-1, 2, 301)
    assert np.abs(wave(phase) + np.sin(2 * np.pi * phase)).max() < 0.06


def test_what_is_skipped_is_what_would_have_been_drawn():
    for n in (0, 1, 4, 11):
        stream = Stream("skip")
        stream.skip(n)
        assert stream.raw(5).tolist() == Stream("skip").raw(n + 5)[n:].tolist()
