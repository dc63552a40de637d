"""Choices from scores: integers alone, ties to the lowest job, shares as the weights say."""

import math

import numpy as np
import pytest
from sectorbench.tasks.scheduling.simulator.selection import (
    WEIGHT_STEPS,
    pick_greedy,
    pick_sampled,
    score_numbers,
    weight_table,
)

OFFSETS = np.array([0, 3, 4])


def test_weights_are_exponentials_and_end_with_zero():
    table = weight_table()
    assert table[0] == WEIGHT_STEPS and table[-1] == 0 and table[-2] == 1
    assert (np.diff(table) <= 0).all()
    for d in (1, 1024, 5000):
        assert table[d] == math.floor(WEIGHT_STEPS * math.exp(-d / 1024))


def test_greedy_takes_the_highest_and_the_first_of_equals():
    assert pick_greedy(np.array([1, 5, 5, -2]), OFFSETS).tolist() == [1, 0]


def test_sampled_choice_by_hand():
    # Scores 0 and -ln 2 (710 steps, weight 131,0xx) beside one far below: shares 2/3, 1/3 and 0.
    numbers = np.array([0, -710, -20_000, 7])
    first_share = 2**32 * WEIGHT_STEPS / (WEIGHT_STEPS + int(weight_table()[710]))
    draws = [(int(first_share) - 2, 0), (int(first_share) + 2, 1), (2**32 - 1, 1)]
    for draw, wanted in draws:
        assert pick_sampled(numbers, OFFSETS, np.array([draw, 2**32 - 1])).tolist() == [wanted, 0]


def test_sampled_shares_are_those_of_a_softmax():
    draws = np.random.default_rng(0).integers(0, 2**32, 20_000)
    numbers = np.tile(score_numbers(np.array([0.3, -0.5, 1.1], np.float32), temperature=1.0), len(draws))
    offsets = np.arange(0, 3 * len(draws) + 1, 3)
    shares = np.bincount(pick_sampled(numbers, offsets, draws), minlength=3) / len(draws)
    softmax = np.exp([0.3, -0.5, 1.1]) / np.exp([0.3, -0.5, 1.1]).sum()
    assert np.abs(shares - softmax).max() < 0.015


def test_temperature_divides_scores_and_values_that_are_not_finite_are_refused():
    assert score_numbers(np.array([1.0, -0.25], np.float32), temperature=0.5).tolist() == [2048, -512]
    with pytest.raises(ValueError, match="1 of 2 scores are not finite"):
        score_numbers(np.array([np.nan, 1], np.float32), temperature=1.0)
