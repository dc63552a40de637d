"""Replicate weights: their promised moments, the same bits everywhere, drawn once while they can be kept."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from sectorbench.harness.statistics import weights
from sectorbench.harness.statistics.weights import WeightDraws, WeightKey, replicate_weights

KEY = WeightKey("area/task@1", "default", "0" * 64)
OTHER = WeightKey("area/task@2", "default", "0" * 64)


def whole(chunks):
    return np.concatenate(list(chunks))


def test_weights_have_the_moments_of_the_ordinary_bootstrap():
    raw = whole(replicate_weights(KEY, 500, 2000))
    assert raw.min() > 0
    np.testing.assert_allclose(raw.mean(axis=1), 1)
    # The first three moments of Poisson(1) are 1, 2, 5; normalising by the mean of 500 moves them by under 1 %.
    assert (raw**2).mean() == pytest.approx(2, rel=0.01)
    assert (raw**3).mean() == pytest.approx(5, rel=0.02)


def test_weights_do_not_depend_on_the_chunks_nor_on_the_model(monkeypatch):
    once = whole(replicate_weights(KEY, 50, 100))
    np.testing.assert_array_equal(whole(replicate_weights(KEY, 50, 100)), once)
    assert not np.array_equal(whole(replicate_weights(OTHER, 50, 100)), once)
    monkeypatch.setattr(weights, "_CHUNK_VALUES", 500)
    np.testing.assert_array_equal(whole(replicate_weights(KEY, 50, 100)), once)


def test_published_intervals_rest_on_these_bits():
    digest = hashlib.sha256(whole(replicate_weights(KEY, 1500, 2000)).tobytes()).hexdigest()
    assert digest[:16] == "36f8393140e1c3b9"


def test_kept_weights_are_drawn_once_for_all_who_ask(monkeypatch):
    drawn = []
    real = weights.replicate_weights
    monkeypatch.setattr(weights, "replicate_weights", lambda *asked: drawn.append(asked) or real(*asked))
    draws = WeightDraws()
    draws.draw_ahead(KEY, 30, 40)
    first, second = draws.chunks(KEY, 30, 40), draws.chunks(KEY, 30, 40)
    np.testing.assert_array_equal(whole(first), whole(real(KEY, 30, 40)))
    np.testing.assert_array_equal(whole(first), whole(second))
    assert drawn == [(KEY, 30, 40)]
    with pytest.raises(ValueError, match="read-only"):
        next(iter(first))[0, 0] = 1
    assert not np.array_equal(whole(draws.chunks(OTHER, 30, 40)), whole(first))


def test_weights_that_take_too_much_are_not_kept():
    draws = WeightDraws(kept_bytes=8 * 30 * 40)
    draws.draw_ahead(KEY, 31, 40)  # larger than all that may be kept: nothing happens
    assert not isinstance(draws.chunks(KEY, 31, 40), list)
    np.testing.assert_array_equal(whole(draws.chunks(KEY, 31, 40)), whole(replicate_weights(KEY, 31, 40)))
    kept = draws.chunks(KEY, 30, 40)
    assert draws.chunks(KEY, 30, 40) is kept
    draws.chunks(OTHER, 20, 40)  # the oldest makes room
    assert draws.chunks(KEY, 30, 40) is not kept


def test_who_waits_for_weights_is_told_why_they_cannot_be_drawn(monkeypatch):
    def fail(*asked):
        raise MemoryError("no room")

    monkeypatch.setattr(weights, "replicate_weights", fail)
    draws = WeightDraws()
    with pytest.raises(MemoryError):
        draws.chunks(KEY, 30, 40)
    monkeypatch.undo()
    np.testing.assert_array_equal(whole(draws.chunks(KEY, 30, 40)), whole(replicate_weights(KEY, 30, 40)))


@pytest.mark.parametrize("first", [1, 2, 3, 40])
def test_weights_from_the_middle_are_those_of_the_whole(first):
    np.testing.assert_array_equal(
        whole(replicate_weights(KEY, 7, 60, first=first)), whole(replicate_weights(KEY, 7, 60))[first:]
    )
